"""What is due of one account: what comes up, what is owed, and what has gone wrong and is not put right yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from holdfast.facts.money import MICROS
from holdfast.workspace.account import AccountFacts, Row
from holdfast.workspace.story import Entry, is_open
from holdfast.workspace.terms import said

SOON_DAYS = 90


def _(sentence: str) -> str:
    return sentence


def due(facts: AccountFacts) -> list[Entry]:
    """What is due, in order of days; what is late comes first by itself."""
    found = [*_invoices(facts), *_failed(facts), *_leaving(facts), *_trial(facts), *_renewals(facts)]
    return sorted(found, key=lambda entry: entry.day)


def _renewals(facts: AccountFacts) -> Iterator[Entry]:
    """The items that renew, those of one day and currency as one."""
    leaving = {row["subscription_id"] for row in _asked(facts)}
    sums: dict[tuple[date, str], int] = {}
    plans: dict[tuple[date, str], list[str]] = {}
    for row in facts.renewals:
        if row["subscription_id"] in leaving:
            continue
        key = (row["renewal_day"], row["currency"])
        sums[key] = sums.get(key, 0) + (_billed(row, facts.terms) or row["mrr_micros"])
        plans.setdefault(key, []).append(row["plan"] or row["item_id"])
    for (day, currency), micros in sums.items():
        names = ", ".join(sorted(set(plans[day, currency])))
        amount = Decimal(micros) / MICROS
        yield Entry("contract", day, _("Renewal of %(plans)s"), {"plans": names}, amount=amount, currency=currency)


def _billed(item: Row, terms: Iterable[Row]) -> int | None:
    """What one billing interval of an item costs, in micros; null where only an MRR is known."""
    for row in terms:
        same = (row["subscription_id"], row["item_id"]) == (item["subscription_id"], item["item_id"])
        if same and row["valid_from_day"] == item["anchor_day"]:
            micros: int | None = row["net_micros"]
            return micros
    return None


def _asked(facts: AccountFacts) -> list[Row]:
    """Cancellations that are still to take effect."""
    return [
        row
        for row in facts.cancellations
        if row["effective_day"] and row["requested_day"] <= facts.today < row["effective_day"]
    ]


def _leaving(facts: AccountFacts) -> Iterator[Entry]:
    for row in _asked(facts):
        notes = (said(_("Reason: %(reason)s"), reason=row["reason"]),) if row["reason"] else ()
        yield Entry(
            "contract", row["effective_day"], _("Leaves: the cancellation takes effect"), tone="loss", notes=notes,
            detail=row["comment"] or "", source=row["source"],
        )  # fmt: skip


def _invoices(facts: AccountFacts) -> Iterator[Entry]:
    for row in facts.invoices:
        if is_open(row, facts.today):
            late = row["due_day"] is not None and row["due_day"] < facts.today
            title = _("Invoice %(invoice)s is overdue") if late else _("Invoice %(invoice)s is open")
            yield Entry(
                "money", row["due_day"] or row["issued_day"], title, {"invoice": row["invoice_id"]},
                amount=Decimal(row["amount_micros"]) / MICROS, currency=row["currency"], tone="loss" if late else "",
                source=row["source"],
            )  # fmt: skip


def _failed(facts: AccountFacts) -> Iterator[Entry]:
    """The last payment, where it failed and its invoice has not been paid since."""
    settled = {row["invoice_id"] for row in facts.invoices if not is_open(row, facts.today)}
    tried = [row for row in facts.payments if row["paid_day"] <= facts.today and row["status"] != "refunded"]
    last = tried[-1] if tried else None
    if last is None or last["status"] != "failed" or last["invoice_id"] in settled:
        return
    yield Entry(
        "money", last["paid_day"], _("The last payment failed"), amount=Decimal(last["amount_micros"]) / MICROS,
        currency=last["currency"], tone="loss", detail=last["failure"] or "", source=last["source"],
    )  # fmt: skip


def _trial(facts: AccountFacts) -> Iterator[Entry]:
    for row in facts.trials:
        if row["ends_day"] and row["started_day"] <= facts.today <= row["ends_day"] and not facts.changes:
            yield Entry("contract", row["ends_day"], _("The trial ends"), source=row["source"])
