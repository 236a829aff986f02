"""What Fivetran's tables show of each subscription, in the form in which the past is put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.sources.stripe.evidence import EVENT, SEEN, Bill, Evidence, Line, Observation, bill_of, lines_of, state_of
from holdfast.sources.stripe.history import ASSUMED
from holdfast.sources.stripe.shapes import Object
from holdfast.sources.stripe.terms import Catalogue, cancellation_rows, term_rows
from holdfast.sources.warehouse import stripe_objects as objects
from holdfast.sources.warehouse.cells import Record
from holdfast.sources.warehouse.facts import FAULTS, Facts
from holdfast.sources.warehouse.history import Past, Version, grouped, past_of


@dataclass
class Books:
    """What is known beside the subscriptions, and where their facts go."""

    catalogue: Catalogue
    invoices: Mapping[str, Object]
    discounts: Mapping[str, Object]
    """Discounts of invoices, by id."""
    facts: Facts


def take_subscriptions(
    books: Books, history: list[Record], plain: list[Record], items: list[Record], discounts: list[Record]
) -> None:
    """Every subscription with its items and discounts; the history of one is read instead of its plain row."""
    facts = books.facts
    past, present = facts.by(history, "id"), facts.by(plain, "id")
    for name in set(past) & set(present):
        facts.leave_out(present.pop(name), "read from subscription_history")
    owned, off = facts.by(items, "subscription_id"), grouped(discounts, "subscription_id")
    of_customers = grouped([one for one in discounts if "subscription_id" not in one], "customer_id")
    billed = _billed(books.invoices.values())
    customers: dict[str, list[str]] = {}
    for name, rows in {**past, **present}.items():
        customer = rows[-1].first("customer_id", "customer") or ""
        customers.setdefault(customer, []).append(name)
        own, their = owned.pop(name, []), off.pop(name, [])
        records = [*rows, *own, *their]
        try:
            made = _rows(books, past_of(rows), own, [*their, *of_customers.get(customer, [])], billed.get(name, []))
        except FAULTS as error:
            facts.reject(records, str(error))
        else:
            facts.take(records, made)
    for name, several in (*owned.items(), *off.items()):
        facts.reject(several, f"its subscription {name} is not in the folder")
    for name, several in of_customers.items():
        if name in customers:
            facts.follow(several, customers[name])
        else:
            facts.reject(several, f"no subscription of its customer {name} is in the folder")


def _billed(invoices: Iterable[Object]) -> dict[str, list[Object]]:
    found: dict[str, list[Object]] = {}
    for invoice in invoices:
        if invoice["subscription"]:
            found.setdefault(invoice["subscription"], []).append(invoice)
    return found


def _rows(
    books: Books, past: Past, items: list[Record], discounts: list[Record], invoices: list[Object]
) -> dict[str, list[dict[str, Any]]]:
    evidence = evidence_of(past, items, discounts, invoices, books.catalogue)
    evidence.discounts = books.discounts
    present = _object(past.present, [objects.item(one) for one in items], [], past.deleted_at)
    return {
        "subscription_terms": term_rows(evidence, books.catalogue),
        "cancellations": cancellation_rows(present),
    }


def evidence_of(
    past: Past, items: Sequence[Record], discounts: Sequence[Record], invoices: Sequence[Object], catalogue: Catalogue
) -> Evidence:
    """The rows of one subscription, its items, discounts and invoices as evidence of its past."""
    own = [objects.item(one) for one in items] or _single(past.present.record)
    if not own:
        raise ValueError("no price is known: no row of subscription_item names this subscription")
    taken_off = [objects.discount(one) for one in discounts]
    lines = [line for invoice in invoices for line, *_ in lines_of(invoice) if _usable(line, catalogue)]
    currency = str((catalogue.prices.get(own[0]["price"] or "") or {}).get("currency") or "")
    observations = [_observation(version, own, taken_off, lines, currency, past) for version in past.versions]
    bills: list[Bill] = [bill_of(invoice) for invoice in invoices]
    name = past.present.record.need("id")
    return Evidence(name, observations[-1], observations, lines, bills)


def _single(record: Record) -> list[Object]:
    """The item of a subscription whose own row names its plan."""
    plan = record.first("price_id", "plan_id")
    return [{"id": record.need("id"), "price": plan, "quantity": record.whole("quantity")}] if plan else []


def _usable(line: Line, catalogue: Catalogue) -> bool:
    """Whether a line names a recurring price that is in the folder."""
    return line.price is None or line.price in catalogue.prices


def _observation(
    version: Version, own: list[Object], discounts: list[Object], lines: list[Line], currency: str, past: Past
) -> Observation:
    last = version is past.present
    items, how = (own, EVENT) if last else _then(version, own, lines, past.present.record)
    state = state_of(_object(version, items, discounts, past.deleted_at if last else None, currency))
    return Observation(version.at, how if version.is_start else SEEN, state)


def _object(
    version: Version, items: list[Object], discounts: list[Object], deleted_at: int | None, currency: str = ""
) -> Object:
    thing = objects.subscription(version.record, items, discounts, currency)
    if deleted_at is not None and not thing["ended_at"]:
        return thing | {"status": "canceled", "ended_at": deleted_at}
    return thing


def _then(version: Version, own: list[Object], lines: list[Line], present: Record) -> tuple[list[Object], str]:
    """What the items were in an earlier state, as far as its row and the invoices of the time say it.

    Fivetran keeps no history of items. The row of a subscription with one item tells its quantity; its price is the
    one that was billed then, and where none was, today's, which is marked as assumed.
    """
    record = version.record
    plan, quantity = record.first("price_id", "plan_id"), record.whole("quantity")
    if len(own) != 1 or quantity is None:
        return [], EVENT
    if quantity == present.whole("quantity"):
        quantity = own[0]["quantity"]
    price = plan or _price_at(lines, version.at)
    then = {**own[0], "price": price or own[0]["price"], "quantity": quantity}
    return [then], EVENT if price else ASSUMED


def _price_at(lines: list[Line], at: int) -> str | None:
    """The price on the last line that begins at or before a time and is not given back."""
    billed = [line for line in lines if line.start <= at and line.price and line.amount > 0]
    return max(billed, key=lambda line: line.start).price if billed else None


__all__ = ["Books", "evidence_of", "take_subscriptions"]
