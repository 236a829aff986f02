"""Subscriptions that Stripe no longer has: what the lake says of them is withdrawn, and stays known as of before."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.lake import Lake
from holdfast.sources.stripe.client import NotThere, Page, StripeApi
from holdfast.sources.stripe.columns import SOURCE
from holdfast.sources.stripe.intake import Intake

TERMS = "subscription_terms"
NAMED_IN = {TERMS: "subscription_id", "cancellations": "subscription_id", "trials": "trial_id"}
"""Tables with facts of single subscriptions, and the column that says of which."""
ID = re.compile(r"[A-Za-z0-9_-]+")


class Listing:
    """The subscriptions that Stripe lists, and whether the list was read from its start to its end."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.begun = self.ended = False

    def add(self, page: Page, *, from_start: bool) -> None:
        self.begun = self.begun or from_start
        self.ended = page.after is None
        self.held |= {str(one["id"]) for one in page.objects}

    def withdraw_gone(self, intake: Intake, api: StripeApi, progress: Callable[[str, int], None]) -> None:
        """Withdraw the subscriptions that the list does not hold; none where it was not read whole, or shows another
        account.
        """
        known = in_lake(intake.lake)
        if not (self.begun and self.ended):
            intake.report.note(
                "the list of subscriptions was not read in one go: what Stripe no longer has was not looked for"
            )
        elif known and not known & self.held:
            intake.report.note(
                f"Stripe has none of the {len(known):,} subscriptions that are stored, as if the key were that of"
                " another account: nothing is withdrawn"
            )
        else:
            gone = [
                one for count, one in enumerate(sorted(known - self.held), 1) if _is_gone(api, one, count, progress)
            ]
            withdraw(intake, gone)


def in_lake(lake: Lake) -> set[str]:
    """The subscriptions of this source that stand in the lake."""
    rows = lake.standing(TERMS, ["subscription_id", "source"])
    return set(rows.filter(pc.equal(rows["source"], SOURCE))["subscription_id"].unique().to_pylist())


def _is_gone(api: StripeApi, subscription: str, count: int, progress: Callable[[str, int], None]) -> bool:
    """Whether it cannot be asked for by its id either: what moves while a list is read may be in none of its pages."""
    progress("subscriptions that the list does not hold", count)
    if not ID.fullmatch(subscription):
        return True
    try:
        api.one(f"/v1/subscriptions/{subscription}")
    except NotThere:
        return True
    return False


def withdraw(intake: Intake, subscriptions: list[str]) -> None:
    """End what is known of those subscriptions, and forget the evidence: it would bring them back."""
    if not subscriptions:
        return
    for table, name in NAMED_IN.items():
        rows = intake.lake.standing(table, ["row_key", name, "source"])
        ours = pc.and_(pc.equal(rows["source"], SOURCE), pc.is_in(rows[name], pa.array(subscriptions, pa.string())))
        if intake.lake.withdraw(table, rows.filter(ours)["row_key"], intake.known_at):
            intake.report.touched.add(table)
    with intake.mirror.transaction():
        intake.mirror.forget(subscriptions)
    intake.report.withdrawn = len(subscriptions)
