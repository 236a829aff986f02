"""What the exports of one system become: Stripe's go the way of a sync, through the objects of its API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.sources.amounts import Amount
from holdfast.sources.batch import Batch, trimmed
from holdfast.sources.build_simple import micros, row_currencies
from holdfast.sources.build_subscriptions import build_subscriptions
from holdfast.sources.dates import Moment
from holdfast.sources.kinds import Kind
from holdfast.sources.parts import Part, make_part
from holdfast.sources.plain_rows import part_of
from holdfast.sources.stripe.minor import to_minor
from holdfast.sources.stripe.normalise import subscription_rows
from holdfast.sources.stripe.objects import customer_rows
from holdfast.sources.stripe.shapes import Object
from holdfast.sources.words import ENDED

Row = dict[str, Any]
METADATA = "(metadata)"
UNPAID = "requires_payment_method"
PRESENT_ONLY = (
    "the export shows each subscription as it is now: earlier prices, quantities and plans are not in it, and today's"
    " are taken for all of its life"
)
NO_COUPON = "coupons are named, and not what they take off: the MRR of those subscriptions is before their discount"
NO_REFUND_DAY = "the day of refunds is not in the file: each is dated like its payment"


def attributes_of(kind: Kind, unused: Sequence[str]) -> tuple[str, ...]:
    """The columns that become attributes of accounts or properties of events: of a plain file all that are left, of
    Stripe's the metadata.
    """
    if kind.name in ("accounts", "events"):
        return tuple(unused)
    return tuple(name for name in unused if kind.name == "stripe-customers" and name.endswith(METADATA))


def build_stripe_subscriptions(batch: Batch) -> list[Part]:
    """The spans of each subscription, a trial apart from what follows it, and its cancellation."""
    rows: dict[str, list[tuple[int, Row]]] = {"subscription_terms": [], "cancellations": []}
    for place, thing in enumerate(_subscriptions(batch)):
        if place in batch.problems:
            continue
        try:
            made = subscription_rows(thing)
        except ValueError as error:
            batch.reject(place, str(error))
            continue
        for row in made["subscription_terms"]:
            row |= {"item_id": thing["id"], "plan_id": thing["plan_id"], "product": thing["product"], "known_by": None}
        for table, several in made.items():
            rows[table] += [(place, row) for row in several]
    batch.notes.append(PRESENT_ONLY)
    return [_part(batch, table, several) for table, several in rows.items()]


def _part(batch: Batch, table: str, rows: Iterable[tuple[int, Row]]) -> Part:
    listed = list(rows)
    positions = batch.positions.take(pa.array([place for place, _ in listed], pa.int64())).to_pylist()
    return part_of(table, [row for _, row in listed], positions, batch.reading.source, batch.reading.zone)


def _subscriptions(batch: Batch) -> Iterable[Object]:
    """Each row in the shape of Stripe's API."""
    ids = ("subscription_id", "account_id", "plan_id")
    texts = ("product", "cancel_reason", "cancel_feedback", "comment", "coupon")
    times = (
        "start_at", "created_at", "changed_at", "period_start", "period_end", "trial_start", "trial_end",
        "cancelled_at", "cancel_at", "ended_at",
    )  # fmt: skip
    columns: dict[str, list[Any]] = {name: batch.ids(name).to_pylist() for name in ids}
    columns |= {name: batch.read(name, str).list() for name in texts}
    columns |= {name: _seconds(batch, name) for name in times}
    columns |= {name: batch.amounts(name).list() for name in ("amount", "discount_amount")}
    columns |= {name: batch.numbers(name).list() for name in ("quantity", "discount_percent")}
    columns |= {"currency": row_currencies(batch), "status": batch.statuses("status").list()}
    columns |= {"interval": batch.intervals("interval").list(), "interval_count": batch.wholes("interval_count").list()}
    columns |= {"at_period_end": batch.flags("cancel_at_period_end").to_pylist()}
    columns |= {"discount_duration": batch.words("discount_duration").to_pylist()}
    if any(columns["coupon"]) and not any(columns["discount_percent"]) and not any(columns["discount_amount"]):
        batch.notes.append(NO_COUPON)
    for place in range(batch.size):
        row = {name: values[place] for name, values in columns.items()}
        yield _subscription(row) if _complete(batch, place, row) else {}


def _complete(batch: Batch, place: int, row: Row) -> bool:
    """Whether a row says enough; the reason why not is its problem."""
    if not (row["start_at"] or row["created_at"] or row["changed_at"]):
        batch.reject(place, "start_at is missing (and so are created_at and changed_at)")
    if row["status"] == ENDED and not (row["ended_at"] or row["cancelled_at"]):
        batch.reject(place, "status says that it ended, and there is neither ended_at nor cancelled_at")
    if row["quantity"] is not None and row["quantity"] != int(row["quantity"]):
        batch.reject(place, f"quantity: {row['quantity']} is not a whole number")
    return place not in batch.problems


def _subscription(row: Row) -> Object:
    start = row["start_at"] or row["created_at"] or row["changed_at"]
    own, currency, period = row["subscription_id"], row["currency"], row["interval"]
    price = {
        "id": row["plan_id"] or own, "currency": currency.lower(),
        "unit_amount_decimal": _minor(row["amount"], currency),
        "recurring": {"interval": period.interval, "interval_count": period.count * row["interval_count"]},
    }  # fmt: skip
    return {
        "object": "subscription", "id": own, "customer": row["account_id"], "currency": currency.lower(),
        "status": "canceled" if row["status"] == ENDED else row["status"], "start_date": start, "created": start,
        "ended_at": row["ended_at"], "canceled_at": row["cancelled_at"], "cancel_at": row["cancel_at"],
        "cancel_at_period_end": row["at_period_end"], "trial_start": row["trial_start"], "trial_end": row["trial_end"],
        "current_period_start": row["period_start"], "current_period_end": row["period_end"],
        "cancellation_details": {
            "reason": row["cancel_reason"], "feedback": row["cancel_feedback"], "comment": row["comment"],
        },
        "items": {"data": [{"id": own, "price": price, "quantity": int(row["quantity"] or 0), "created": start}]},
        "discounts": _discounts(row), "plan_id": row["plan_id"], "product": row["product"],
    }  # fmt: skip


def _minor(amount: Amount | None, currency: str) -> Decimal | None:
    return None if amount is None else to_minor(amount.value, currency)


def _discounts(row: Row) -> list[Object]:
    """A discount, where the file says what it takes off."""
    if not row["discount_percent"] and row["discount_amount"] is None:
        return []
    name = row["coupon"] or "discount"
    coupon = {
        "id": name, "percent_off": row["discount_percent"] or None, "currency": row["currency"].lower(),
        "amount_off": _minor(row["discount_amount"], row["currency"]),
        "duration": row["discount_duration"] or "forever",
    }  # fmt: skip
    return [{"id": name, "coupon": coupon}]


def _seconds(batch: Batch, name: str) -> list[int | None]:
    """The moments of a field as Unix seconds; a plain date is the company's midnight."""
    zone = batch.reading.zone

    def at(moment: Moment) -> int:
        return int((moment.at or datetime.combine(moment.day, time(), zone)).timestamp())

    return [None if moment is None else at(moment) for moment in batch.moments(name).list()]


def build_stripe_invoices(batch: Batch) -> list[Part]:
    """Invoices; a draft, which is not finalized, is dated when it was made."""
    currencies = row_currencies(batch)
    columns = {name: batch.ids(name) for name in ("invoice_id", "account_id", "subscription_id")}
    made, done = batch.moments("created_at"), batch.moments("finalized_at")
    for target, moments in (("due", batch.moments("due_at")), ("paid", batch.moments("paid_at"))):
        columns |= _moment_columns(target, moments.list())
    issued = [one or other for one, other in zip(done.list(), made.list(), strict=True)]
    for place in (place for place, moment in enumerate(issued) if moment is None):
        batch.reject(place, "created_at is missing (and so is finalized_at)")
    columns |= _moment_columns("issued", issued)
    columns |= {"amount_micros": micros(batch, "total", currencies), "currency": pa.array(currencies, pa.string())}
    columns["status"] = pc.coalesce(batch.words("status"), _older_states(batch))
    return [make_part("invoices", columns, batch.positions, batch.reading.source)]


def _moment_columns(target: str, moments: Sequence[Moment | None]) -> dict[str, pa.Array]:
    instants = [None if moment is None else moment.at for moment in moments]
    days = [None if moment is None else moment.day for moment in moments]
    return {
        f"{target}_at": pa.array(instants, pa.timestamp("us", tz="UTC")),
        f"{target}_day": pa.array(days, pa.date32()),
    }


def _older_states(batch: Batch) -> pa.Array:
    """The state of an invoice from the flags that files had before there was a column for it."""
    flags = {name: batch.flags(name) for name in ("paid", "closed", "forgiven")}
    if not any(batch.reading.has(name) for name in flags):
        return pa.nulls(batch.size, pa.string())
    rest = pc.if_else(flags["closed"], "void", "open")
    return pc.if_else(flags["paid"], "paid", pc.if_else(flags["forgiven"], "uncollectible", rest))


def build_stripe_payments(batch: Batch) -> list[Part]:
    """Each attempt to pay, and a refund of its own for what was given back of it."""
    currencies = row_currencies(batch)
    columns = {name: batch.ids(name) for name in ("payment_id", "invoice_id", "account_id")}
    paid, back = batch.moments("created_at").list(), batch.moments("refunded_at").list()
    columns |= _moment_columns("paid", paid)
    columns |= {"amount_micros": micros(batch, "amount", currencies), "currency": pa.array(currencies, pa.string())}
    columns |= _outcomes(batch)
    for place, mode in enumerate(batch.read("mode", str).list()):
        if (mode or "").casefold() in {"test", "false"}:
            batch.reject(place, "a payment in test mode")
    payments = make_part("payments", columns, batch.positions, batch.reading.source)
    refunded = micros(batch, "refunded_amount", currencies)
    some = pc.fill_null(pc.greater(refunded, 0), False)
    if pc.any(some).as_py() and not batch.reading.has("refunded_at"):
        batch.notes.append(NO_REFUND_DAY)
    moments = _moment_columns("paid", [one or other for one, other in zip(back, paid, strict=True)])
    given = columns | moments | {
        "payment_id": pc.binary_join_element_wise(columns["payment_id"], "refund", "/"), "amount_micros": refunded,
        "status": pa.repeat(pa.scalar("refunded"), batch.size), "failure": pa.nulls(batch.size, pa.string()),
    }  # fmt: skip
    given = {name: column.filter(some) for name, column in given.items()}
    return [payments, make_part("payments", given, batch.positions.filter(some), batch.reading.source)]


def _outcomes(batch: Batch) -> dict[str, pa.Array]:
    """What became of each attempt. A payment that waits for a way to pay has failed where a reason is given."""
    status, reasons = batch.words("status"), batch.read("failure", str).array(pa.string())
    waits = pc.equal(batch.text("status"), UNPAID)
    status = pc.if_else(pc.and_(pc.fill_null(waits, False), pc.is_null(reasons)), "pending", status)
    failed = pc.fill_null(pc.equal(status, "failed"), False)
    return {"status": status, "failure": pc.if_else(failed, reasons, pa.scalar(None, pa.string()))}


def build_stripe_customers(batch: Batch) -> list[Part]:
    """Accounts with their country and metadata, named as a sync names them."""
    account = batch.ids("account_id").to_pylist()
    texts = {name: batch.read(name, str).list() for name in ("name", "description", "email", "country")}
    created = _seconds(batch, "created_at")
    metadata = {
        name.removesuffix(METADATA).strip(): trimmed(batch.table[name]).to_pylist() for name in batch.reading.extra
    }
    accounts: list[tuple[int, Row]] = []
    attributes: list[tuple[int, Row]] = []
    for place, account_id in enumerate(account):
        if place in batch.problems:
            continue
        thing = {"id": account_id, "created": created[place], "address": {"country": texts["country"][place]}}
        thing |= {name: texts[name][place] for name in ("name", "description", "email")}
        thing["metadata"] = {name: values[place] for name, values in metadata.items() if values[place]}
        made = customer_rows(thing)
        accounts += [(place, row) for row in made["accounts"]]
        attributes += [(place, row) for row in made["account_attributes"]]
    return [_part(batch, "accounts", accounts), _part(batch, "account_attributes", attributes)]


def build_baremetrics(batch: Batch) -> list[Part]:
    """The subscriptions, and of their customers and plans the names, as the first row of each gives them."""
    parts = build_subscriptions(batch)
    terms = parts[0].rows
    for table, key, field in (("accounts", "account_id", "name"), ("plans", "plan_id", "plan_name")):
        ids = terms[key].combine_chunks()
        names = batch.read(field, str).array(pa.string())
        first = _firsts(ids)
        columns = {key: ids.take(first), "name": names.take(first)}
        parts.append(make_part(table, columns, batch.positions.take(first), batch.reading.source))
    return parts


def _firsts(ids: pa.Array) -> pa.Array:
    """The place of the first row of each id."""
    seen: dict[str, int] = {}
    for place, value in enumerate(ids.to_pylist()):
        if value is not None:
            seen.setdefault(value, place)
    return pa.array(list(seen.values()), pa.int64())


EXPORT_BUILDERS: dict[str, Callable[[Batch], list[Part]]] = {
    "stripe-subscriptions": build_stripe_subscriptions,
    "stripe-invoices": build_stripe_invoices,
    "stripe-payments": build_stripe_payments,
    "stripe-customers": build_stripe_customers,
    "baremetrics": build_baremetrics,
}
