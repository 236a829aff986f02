"""What changed in a contract: the rows of each subscription item beside the ones before them, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """A sentence with named values. A value that is a day or a `Money` is shown as such."""

    text: str
    named: tuple[tuple[str, Any], ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        return dict(self.named)


def said(text: str, **values: Any) -> Said:
    """A sentence with its values.

    >>> said("On %(plan)s", plan="Pro").values
    {'plan': 'Pro'}
    """
    return Said(text, tuple(values.items()))


@dataclass(frozen=True)
class Money:
    """An amount in major units."""

    amount: Decimal
    currency: str


def _(sentence: str) -> str:
    return sentence


def changed(terms: Iterable[Row]) -> dict[date, tuple[Said, ...]]:
    """What changed on which day, by the rows of subscription_terms in order of time."""
    found: dict[date, list[Said]] = {}
    ordered = sorted(terms, key=lambda row: (*_item(row), row["valid_from_day"]))
    for _key, rows in groupby(ordered, key=_item):
        before: Row | None = None
        for row in rows:
            if row["valid_to_day"] is not None and row["valid_to_day"] <= row["valid_from_day"]:
                continue
            found.setdefault(row["valid_from_day"], []).extend(_between(before, row))
            before = row
    return {day: tuple(dict.fromkeys(all_of)) for day, all_of in sorted(found.items()) if all_of}


def _item(row: Row) -> tuple[str, ...]:
    return (row["source"], row["subscription_id"], row["item_id"])


def _between(before: Row | None, row: Row) -> Iterator[Said]:
    plan = row["plan_id"] or row["product"] or ""
    if before is None:
        if plan:
            yield said(_("On %(plan)s"), plan=plan)
        yield from _status(None, row)
        yield from _discount(None, row)
        return
    if row["plan_id"] != before["plan_id"] and plan:
        yield said(_("From %(before)s to %(plan)s"), before=before["plan_id"] or "–", plan=plan)
    yield from _quantity(before, row)
    yield from _price(before, row)
    yield from _interval(before, row)
    yield from _discount(before, row)
    yield from _status(before, row)


def _quantity(before: Row, row: Row) -> Iterator[Said]:
    old, new = _number(before["quantity"]), _number(row["quantity"])
    if old is not None and new is not None and old != new:
        yield said(_("Quantity from %(before)s to %(after)s"), before=f"{old:f}", after=f"{new:f}")


def _price(before: Row, row: Row) -> Iterator[Said]:
    old, new = _number(before["unit_amount"]), _number(row["unit_amount"])
    same = all(before[name] == row[name] for name in ("plan_id", "billing_interval", "interval_count"))
    if same and old is not None and new is not None and old != new:
        prices = {"before": Money(old, before["currency"]), "after": Money(new, row["currency"])}
        yield said(_("Price from %(before)s to %(after)s"), **prices)


INTERVALS = {
    "day": _("Billed every %(count)s days"),
    "week": _("Billed every %(count)s weeks"),
    "month": _("Billed every %(count)s months"),
    "year": _("Billed every %(count)s years"),
}
ONE = {
    "day": _("Billed daily"),
    "week": _("Billed weekly"),
    "month": _("Billed monthly"),
    "year": _("Billed yearly"),
}


def _interval(before: Row, row: Row) -> Iterator[Said]:
    if (row["billing_interval"], row["interval_count"]) != (before["billing_interval"], before["interval_count"]):
        length, count = row["billing_interval"], row["interval_count"]
        yield said(ONE[length]) if count == 1 else said(INTERVALS[length], count=count)


def _discount(before: Row | None, row: Row) -> Iterator[Said]:
    old, new = _off(before), _off(row)
    if old == new:
        return
    if new is None:
        yield said(_("A discount ended"))
    elif isinstance(new, Money):
        yield said(_("Discount of %(amount)s"), amount=new)
    else:
        yield said(_("Discount of %(percent)s %%"), percent=new)


def _off(row: Row | None) -> str | Money | None:
    if row is None:
        return None
    percent, amount = _number(row["discount_percent"]), _number(row["discount_amount"])
    if percent:
        return f"{percent:f}"
    return Money(amount, row["currency"]) if amount else None


BEGAN = {
    "paused": _("Paused"),
    "past_due": _("Past due"),
    "unpaid": _("Unpaid"),
    "incomplete": _("Waits for its first payment"),
    "incomplete_expired": _("Never paid"),
}
ENDED = {"paused": _("Resumed"), "past_due": _("No longer past due")}


def _status(before: Row | None, row: Row) -> Iterator[Said]:
    old = before["status"] if before else None
    if row["status"] == old:
        return
    if row["status"] in BEGAN:
        yield said(BEGAN[row["status"]])
    elif old in ENDED:
        yield said(ENDED[old])


def _number(text: str | None) -> Decimal | None:
    """An exact decimal without zeros at its end.

    >>> _number("10.00"), _number(None)
    (Decimal('10'), None)
    """
    if text is None:
        return None
    plain = Decimal(text).normalize()
    return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain
