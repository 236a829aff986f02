"""What Fivetran's Recurly tables show of each subscription, in the form in which the past is put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from holdfast.sources.stripe.evidence import EVENT, SEEN, Evidence, Line, Observation, state_of
from holdfast.sources.stripe.minor import to_minor
from holdfast.sources.stripe.shapes import Object
from holdfast.sources.stripe.terms import Catalogue, cancellation_rows, term_rows
from holdfast.sources.warehouse import recurly_objects as objects
from holdfast.sources.warehouse.cells import Record
from holdfast.sources.warehouse.history import Past, Version, grouped, latest

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Change:
    """A change of a subscription that took place; what it does not name stayed."""

    at: int
    plan_id: str | None
    unit: Decimal | None
    quantity: int | None


@dataclass(frozen=True)
class Surroundings:
    """What is known beside the subscriptions: prices as they are met, billing periods, coupons, redemptions."""

    prices: objects.Prices
    periods: Mapping[str, Object]
    coupons: Mapping[str, Object]
    redemptions: Mapping[str, Sequence[tuple[str | None, Object]]]

    def lasts(self, plan_id: str | None) -> Object:
        if plan_id not in self.periods:
            raise ValueError(f"its plan {plan_id} is not in plan_history: how long a billing period is, is not known")
        return self.periods[str(plan_id)]

    def discounts(self, record: Record) -> list[Object]:
        """Those of the account's redemptions that this subscription can have."""
        own = self.redemptions.get(record.get("account_id") or "", [])
        return [discount for name, discount in own if name in {None, record.get("id")}]


def rows_of(evidence: Evidence, around: Surroundings) -> dict[str, list[dict[str, Any]]]:
    """The spans of a subscription under the plans that its prices are of, and its cancellation."""
    rows = term_rows(evidence, Catalogue(around.prices.prices, around.coupons))
    for row in rows:
        row["plan_id"] = around.prices.plans[row["plan_id"]]
    present = {"id": evidence.subscription_id, **evidence.present.state}
    details = {"cancellation_details": present.pop("why", None)}
    return {"subscription_terms": rows, "cancellations": cancellation_rows(present | details)}


def evidence_of(
    past: Past,
    changes: Sequence[Change],
    add_ons: Sequence[Record],
    lines: Sequence[Record],
    around: Surroundings,
    overdue: bool,
) -> Evidence:
    """The rows of one subscription, its changes, add-ons and charges as evidence of its past."""
    own = [_observation(version, add_ons, past, around, overdue) for version in past.versions]
    watched = [*own, *(_changed(change, past, around) for change in changes if change.at < past.present.at)]
    watched += [_with_add_ons(at, past, add_ons, around) for at in _edges(add_ons) if at < past.present.at]
    watched.sort(key=lambda one: one.at)
    name = past.present.record.need("id")
    billed = [_line(name, line, past.present.record, around) for line in lines]
    return Evidence(name, own[-1], watched, billed)


def _observation(
    version: Version, add_ons: Sequence[Record], past: Past, around: Surroundings, overdue: bool
) -> Observation:
    record, last = version.record, version is past.present
    items = [_main(record, around), *_added(record, add_ons, version.at, around)]
    thing = objects.subscription(record, items, around.discounts(record), overdue=overdue and last)
    if last and past.deleted_at is not None and not thing["ended_at"]:
        thing |= {"status": "canceled", "ended_at": past.deleted_at}
    state = state_of(thing) | {"why": thing["cancellation_details"]}
    at = version.at
    if thing["status"] == "paused" and record.time("paused_at"):
        at = min(at, record.time("paused_at") or at)
    return Observation(at, EVENT if version.is_start else SEEN, state)


def _item(name: str, price: str, quantity: int | None, created: int | None) -> Object:
    return {"id": name, "price": price, "quantity": 1 if quantity is None else quantity, "created": created}


def _main(record: Record, around: Surroundings) -> Object:
    """The plan itself, which a subscription has from its first day to its last."""
    plan, unit = record.get("plan_id"), record.number("unit_amount")
    if unit is None:
        raise ValueError("unit_amount is missing")
    price = around.prices.price(plan, unit, record.need("currency"), around.lasts(plan))
    created = record.time("created_at", "activated_at")
    return _item(record.need("id"), price, record.whole("quantity"), created)


def _added(record: Record, add_ons: Sequence[Record], at: int, around: Surroundings) -> list[Object]:
    """The add-ons at a time, one by one; where the folder does not list them, as one item with their total."""
    if not add_ons:
        total = record.number("add_ons_total") or NOTHING
        if not total:
            return []
        price = around.prices.price(
            record.get("plan_id"), total, record.need("currency"), around.lasts(record.get("plan_id"))
        )
        return [_item(f"{record.need('id')}/add-ons", price, 1, record.time("created_at", "activated_at"))]
    newest = [latest(rows) for rows in grouped(add_ons, "id").values()]
    return [_add_on(one, record, around) for one in newest if _runs(one, at)]


def _runs(add_on: Record, at: int) -> bool:
    begin, end = add_on.time("created_at") or 0, add_on.time("expired_at")
    return begin <= at and (end is None or at < end)


def _add_on(add_on: Record, record: Record, around: Surroundings) -> Object:
    name = add_on.first("plan_add_on_id", "add_on_code") or add_on.need("id")
    unit = add_on.number("unit_amount") or NOTHING
    price = around.prices.price(name, unit, record.need("currency"), around.lasts(record.get("plan_id")))
    return _item(add_on.need("id"), price, add_on.whole("quantity"), add_on.time("created_at"))


def _edges(add_ons: Sequence[Record]) -> list[int]:
    times = (add_on.time(name) for add_on in add_ons for name in ("created_at", "expired_at"))
    return sorted({at for at in times if at is not None})


def _then(at: int, past: Past) -> Record:
    """The row that held at a time; the first one where the history begins later."""
    return next((one.record for one in reversed(past.versions) if one.at <= at), past.versions[0].record)


def _changed(change: Change, past: Past, around: Surroundings) -> Observation:
    record = Record({**_then(change.at, past), "state": "active"}, "", "", 0)
    for name, value in (("plan_id", change.plan_id), ("unit_amount", change.unit), ("quantity", change.quantity)):
        if value is not None:
            record[name] = str(value)
    thing = objects.subscription(record, [_main(record, around)], around.discounts(record), overdue=False)
    return Observation(change.at, EVENT, state_of(thing))


def _with_add_ons(at: int, past: Past, add_ons: Sequence[Record], around: Surroundings) -> Observation:
    """The add-ons alone, at a time when one came or went."""
    record = Record({**_then(at, past), "state": "active"}, "", "", 0)
    items = _added(record, add_ons, at, around)
    return Observation(
        at, EVENT, state_of(objects.subscription(record, items, around.discounts(record), overdue=False))
    )


def _line(name: str, line: Record, record: Record, around: Surroundings) -> Line:
    currency = line.first("currency") or record.need("currency")
    price = around.prices.price(
        line.get("plan_id"), line.number("unit_amount") or NOTHING, currency, around.lasts(line.get("plan_id"))
    )
    amount = line.number("subtotal", "amount") or NOTHING
    return Line(
        line.need("id"), line.get("invoice_id") or "", name, price, line.whole("quantity"),
        line.need_time("start_date"), line.need_time("end_date"), int(to_minor(amount, currency)), 0,
        "proration_rate" in line,
    )  # fmt: skip
