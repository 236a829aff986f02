"""The evidence for subscriptions, out of the mirror's file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from holdfast.sources.stripe.evidence import SEEN, Bill, Evidence, Line, Observation, Told, in_order
from holdfast.sources.stripe.notebook import as_text, decode
from holdfast.sources.stripe.schedules import in_force
from holdfast.sources.stripe.shapes import Object

_PRESENT = "SELECT id, at, content FROM subscriptions WHERE id IN (SELECT value FROM json_each(?))"
_SEEN = "SELECT subscription, at, content FROM observations WHERE subscription IN (SELECT value FROM json_each(?))"
_TOLD = "SELECT subscription, at, content FROM events WHERE subscription IN (SELECT value FROM json_each(?))"
_LINES = (
    "SELECT id, invoice, subscription, price, content FROM lines WHERE subscription IN (SELECT value FROM json_each(?))"
)
_BILLS = "SELECT subscription, content FROM bills WHERE subscription IN (SELECT value FROM json_each(?))"
_SCHEDULES = "SELECT subscription, content FROM schedules_of WHERE subscription IN (SELECT value FROM json_each(?))"
_DISCOUNTS = "SELECT id, content FROM discounts WHERE id IN (SELECT value FROM json_each(?))"


_bill = msgspec.json.Decoder(Bill).decode
_line = msgspec.json.Decoder(tuple[Any, Any, int, int, int, int, bool, tuple[tuple[str, int], ...]]).decode


def recall(db: sqlite3.Connection, subscriptions: Sequence[str]) -> list[Evidence]:
    """Everything about those subscriptions that Stripe itself has shown."""
    wanted = (as_text(subscriptions),)
    found: dict[str, Evidence] = {}
    presents: dict[str, tuple[int, str]] = {}
    for name, at, content in db.execute(_PRESENT, wanted):
        presents[name] = at, content
        found[name] = Evidence(name, Observation(at, SEEN, decode(content)))
    for name, at, content in db.execute(_SEEN, wanted):
        one = found[name]
        is_present = (at, content) == presents[name]
        one.observations.append(one.present if is_present else Observation(at, SEEN, decode(content)))
    _add_events(db, found, wanted)
    for row in db.execute(_LINES, wanted):
        if row[2] in found:
            found[row[2]].lines.append(line_of(row))
    for name, content in db.execute(_BILLS, wanted):
        if name in found:
            found[name].bills.append(_bill(content))
    _add_schedules(db, found, wanted)
    _add_discounts(db, found)
    return list(found.values())


def _add_events(db: sqlite3.Connection, found: dict[str, Evidence], wanted: tuple[str]) -> None:
    told: dict[str, list[Told]] = {}
    for name, at, content in db.execute(_TOLD, wanted):
        told.setdefault(name, []).append(Told(at, *decode(content)))
    for name, events in told.items():
        found[name].observations += in_order(events)


def _add_schedules(db: sqlite3.Connection, found: dict[str, Evidence], wanted: tuple[str]) -> None:
    several: dict[str, list[Object]] = {}
    for name, content in db.execute(_SCHEDULES, wanted):
        several.setdefault(name, []).append(decode(content))
    for name, schedules in several.items():
        if name in found:
            found[name].schedule = in_force(schedules)


def _add_discounts(db: sqlite3.Connection, found: dict[str, Evidence]) -> None:
    ids = {name: own for name, one in found.items() if (own := _discount_ids(one))}
    every = sorted(set().union(*ids.values()))
    known = {name: decode(content) for name, content in db.execute(_DISCOUNTS, (as_text(every),))} if every else {}
    for name, own in ids.items():
        found[name].discounts = {one: known[one] for one in sorted(own) if one in known}


def _discount_ids(evidence: Evidence) -> set[str]:
    found = {name for line in evidence.lines for name, _ in line.discounts}
    for one in evidence.observations:
        for owner in (one.state, *one.state["items"]):
            found.update([discount["id"] for discount in owner["discounts"]])
    return found


def line_content(line: Line) -> list[Any]:
    return [line.item, line.quantity, line.start, line.end, line.amount, line.tax, line.proration, line.discounts]


def line_of(row: tuple[str, str, str, str | None, str]) -> Line:
    """A line as it was stored."""
    item, *rest = _line(row[4])
    return Line(row[0], row[1], item, row[3], *rest)
