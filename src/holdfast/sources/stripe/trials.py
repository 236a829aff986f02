"""Whether a trial began with a card, where Stripe's objects show it. Where they do not, nothing is said."""

from __future__ import annotations

from typing import Any

from holdfast.sources.stripe.evidence import Evidence
from holdfast.sources.stripe.states import life_of, trials_of

DAY = 86_400
NONE_NEEDED = {"cancel", "pause"}
"""What is to become of a trial that ends without a card, where one may begin without it."""


def trial_rows(evidence: Evidence) -> list[dict[str, Any]]:
    """The trials of a subscription of which it is known whether they began with a card."""
    state = evidence.present.state
    found = []
    for begin, end in trials_of(evidence, life_of(evidence)):
        card = began_with_card(evidence, begin, end)
        if card is not None:
            found.append(
                {
                    "account_id": state["customer"], "trial_id": evidence.subscription_id, "started_at": begin,
                    "ends_at": end, "card_required": card, "plan_id": _plan(evidence),
                }
            )  # fmt: skip
    return found


def began_with_card(evidence: Evidence, begin: int, end: int) -> bool | None:
    """True where the subscription had a card in the first day of the trial, false where none was needed and none was
    there, or where Stripe paused it after the trial for the lack of one; null where nothing shows it.

    `create_invoice`, which is what Stripe does unless told otherwise, says nothing: trials with and without a card
    have it. Nor does a subscription without a card of its own: the customer may have one.
    """
    every = sorted(evidence.observations, key=lambda one: one.at)
    at_start = [one.state.get("trial") for one in every if begin - DAY <= one.at <= begin + DAY]
    told = [one for one in at_start if one is not None]
    if any(one["card"] for one in told):
        return True
    if any(one["missing_card"] in NONE_NEEDED for one in told):
        return False
    paid = any(line.amount > 0 and line.start < end for line in evidence.lines)
    paused = any(one.at >= end and one.state["status"] == "paused" for one in every)
    return False if paused and not paid and _is_latest(evidence, begin) else None


def _is_latest(evidence: Evidence, begin: int) -> bool:
    return max(start for start, _ in trials_of(evidence, life_of(evidence))) == begin


def _plan(evidence: Evidence) -> str | None:
    items = evidence.present.state["items"]
    return items[0]["price"] if len(items) == 1 else None
