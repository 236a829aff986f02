"""Subscriptions: each row becomes one span with its amounts computed exactly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.facts.money import item_amount, to_micros
from holdfast.lake.zone import access_ends
from holdfast.sources.amounts import LARGEST, Amount, from_minor, plain
from holdfast.sources.batch import Batch, Values
from holdfast.sources.build_simple import INSTANT, LARGEST_MICROS, row_currencies
from holdfast.sources.dates import Moment
from holdfast.sources.parts import Part, make_part
from holdfast.sources.words import ENDED, BillingPeriod

NOTHING, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True)
class Money:
    """What an item costs per billing period, in every form that the table keeps."""

    unit_amount: str | None
    quantity: str
    percent: str | None
    off: str | None
    gross: int | None
    forever: int | None
    net: int | None
    mrr: int | None


def price(
    unit: Decimal | None,
    quantity: Decimal,
    percent: Decimal | None,
    off: Decimal | None,
    duration: str | None,
    mrr: Decimal | None,
) -> Money:
    """The amounts of one item. Raises `ValueError` where they are too large.

    >>> price(Decimal(120), Decimal(1), Decimal(10), None, "once", None).net
    108000000
    """
    amounts: tuple[int | None, int | None, int | None] = (None, None, None)
    if unit is not None:
        lasting = (percent or NOTHING, off or NOTHING) if duration == "forever" else (NOTHING, NOTHING)
        amounts = (
            to_micros(item_amount(unit, quantity)),
            to_micros(item_amount(unit, quantity, *lasting)),
            to_micros(item_amount(unit, quantity, percent or NOTHING, off or NOTHING)),
        )
    given = None if mrr is None else to_micros(mrr)
    if max(amounts[0] or 0, given or 0) > LARGEST_MICROS:
        raise ValueError(f"the amount of the item is more than {LARGEST:,}")
    texts = [None if value is None else plain(value) for value in (unit, percent, off)]
    return Money(texts[0], plain(quantity), texts[1], texts[2], *amounts, given)


def build_subscriptions(batch: Batch) -> list[Part]:
    """The spans of a batch. The accounts that they imply are added when the batch is stored."""
    subscription = batch.ids("subscription_id")
    columns = {
        "subscription_id": subscription,
        "item_id": pc.coalesce(batch.ids("item_id"), subscription),
        "account_id": batch.ids("account_id"),
    }
    for name in ("plan_id", "product", "discount_duration", "metered", "cancel_reason"):
        columns[name] = batch.simple(batch.reading.kind.field(name))
    begin, end, cancelled = (batch.moments(name) for name in ("valid_from", "valid_to", "cancelled_at"))
    columns |= _moments("valid_from", begin) | _moments("valid_to", end) | _moments("cancelled", cancelled)
    _check_order(batch, columns)
    columns["status"] = _statuses(batch, columns)
    columns |= _periods(batch, begin.list(), cancelled.list(), columns["valid_to_day"])
    columns |= _money(batch, columns["discount_duration"].to_pylist())
    return [make_part("subscription_terms", columns, batch.positions, batch.reading.source)]


def _moments(target: str, values: Values[Moment]) -> dict[str, pa.Array]:
    return {
        f"{target}_at": values.array(INSTANT, lambda moment: moment.at),
        f"{target}_day": values.array(pa.date32(), lambda moment: moment.day),
    }


def _check_order(batch: Batch, columns: dict[str, pa.Array]) -> None:
    backwards = pc.or_(
        pc.fill_null(pc.less(columns["valid_to_day"], columns["valid_from_day"]), False),
        pc.fill_null(pc.less(columns["valid_to_at"], columns["valid_from_at"]), False),
    )
    for row in pc.indices_nonzero(backwards).to_pylist():
        begin, end = (columns[name][row].as_py() for name in ("valid_from_day", "valid_to_day"))
        batch.reject(row, f"valid_to {end} lies before valid_from {begin}")


def _statuses(batch: Batch, columns: dict[str, pa.Array]) -> pa.Array:
    """The status of each span; a word that says only that it ended needs an end, and the span counts as active."""
    given = batch.statuses("status").array(pa.string())
    ended = pc.equal(given, ENDED)
    endless = pc.and_(pc.is_null(columns["valid_to_day"]), pc.is_null(columns["cancelled_day"]))
    for row in pc.indices_nonzero(pc.fill_null(pc.and_(ended, endless), False)).to_pylist():
        batch.reject(row, "status says that it ended, and there is neither valid_to nor cancelled_at")
    status = pc.if_else(ended, "active", given)
    trial = pc.fill_null(batch.flags("trial"), False)
    return pc.if_else(pc.and_(trial, pc.equal(status, "active")), "trialing", status)


def _periods(
    batch: Batch, begin: list[Moment | None], cancelled: list[Moment | None], ends: pa.Array
) -> dict[str, pa.Array]:
    """The billing period of each row, and where the access of a cancelled one without an end runs out."""
    base: list[BillingPeriod | None] = batch.intervals("interval").list()
    counts = batch.wholes("interval_count").list()
    access: list[date | None] = [None] * batch.size
    known: dict[tuple[BillingPeriod | None, int | None], int] = {}
    which = [known.setdefault(pair, len(known)) for pair in zip(base, counts, strict=True)]
    periods = [_times(*pair) for pair in known]
    for row in pc.indices_nonzero(pc.is_null(ends)).to_pylist():
        if cancelled[row] is not None:
            access[row] = _access_end(begin[row], cancelled[row], periods[which[row]])
    index = pa.array(which, pa.int64())
    return {
        "billing_interval": pa.array([period.interval for period in periods], pa.string()).take(index),
        "interval_count": pa.array([period.count for period in periods], pa.int64()).take(index),
        "access_ends_day": pa.array(access, pa.date32()),
    }


def _times(period: BillingPeriod | None, count: int | None) -> BillingPeriod:
    if period is None or count is None:  # the row has been rejected
        return BillingPeriod("month", 1)
    return BillingPeriod(period.interval, period.count * count)


def _access_end(start: Moment | None, cancel: Moment | None, period: BillingPeriod) -> date | None:
    if start is None or cancel is None:
        return None
    return access_ends(start.day, period.interval, period.count, cancel.day)


def _money(batch: Batch, durations: list[str | None]) -> dict[str, pa.Array]:
    currencies = row_currencies(batch)
    units, offs, mrrs = (batch.amounts(name).list() for name in ("unit_amount", "discount_amount", "mrr"))
    quantities, percents = (batch.numbers(name).list() for name in ("quantity", "discount_percent"))
    known: dict[Any, int] = {}
    keys = zip(units, quantities, percents, offs, durations, mrrs, currencies, strict=True)
    which = [known.setdefault(key, len(known)) for key in keys]
    prices = [_priced(*key, minor=batch.reading.minor_units) for key in known]
    reasons = {place: price for place, price in enumerate(prices) if isinstance(price, str)}
    if reasons:
        for row, place in enumerate(which):
            if place in reasons:
                batch.reject(row, reasons[place])
    index = pa.array(which, pa.int64())
    usable = [NO_MONEY if isinstance(price, str) else price for price in prices]
    columns = {"currency": pa.array(currencies, pa.string())}
    for column, part in TEXTS.items():
        columns[column] = pa.array([getattr(money, part) for money in usable], pa.string()).take(index)
    for column, part in MICROS.items():
        columns[column] = pa.array([getattr(money, part) for money in usable], pa.int64()).take(index)
    return columns


TEXTS = {"unit_amount": "unit_amount", "quantity": "quantity", "discount_percent": "percent", "discount_amount": "off"}
MICROS = {"gross_micros": "gross", "forever_micros": "forever", "net_micros": "net", "given_mrr_micros": "mrr"}
NO_MONEY = Money(None, "0", None, None, None, None, None, None)


def _priced(
    unit: Amount | None,
    quantity: Decimal | None,
    percent: Decimal | None,
    off: Amount | None,
    duration: str | None,
    mrr: Amount | None,
    currency: str,
    *,
    minor: bool,
) -> Money | str:
    """The money of one row, or the reason why it has none."""
    if unit is None and mrr is None:
        return "unit_amount is missing (and so is mrr)"
    amounts = [None if amount is None else _major(amount, currency, minor) for amount in (unit, off, mrr)]
    try:
        return price(amounts[0], ONE if quantity is None else quantity, percent, amounts[1], duration, amounts[2])
    except ValueError as error:
        return str(error)


def _major(amount: Amount, currency: str, minor: bool) -> Decimal:
    return from_minor(amount.value, currency) if minor else amount.value
