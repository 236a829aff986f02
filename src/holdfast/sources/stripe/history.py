"""A subscription's past and planned future, from what is known of it. Nothing here reads a clock or a store.

Stripe keeps only the present state of a subscription. Its past is put together from *claims*: a line of an invoice
says what was billed from when to when, an event says what changed at that second, a schedule's phase says what
was to hold from its start, and what a list showed held at least then. `known_by` says for each span on what it
rests; `assumed` and `noticed` mark what no record shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from holdfast.sources.stripe.evidence import EVENT, SEEN, Evidence, Line, Observation
from holdfast.sources.stripe.shapes import Object
from holdfast.sources.stripe.states import Life, State, life_of, status_pieces

INVOICE, SCHEDULE, REPORTED, NOTICED, ASSUMED = "invoice", "schedule", "reported", "noticed", "assumed"
UNKNOWN = {NOTICED, ASSUMED}
"""Spans whose state, or the day it began, no record shows."""
DAY = 86_400


class Terms(msgspec.Struct, frozen=True):
    """What one item was on: a price and how many of it; of a metered one, what was billed."""

    price: str | None
    quantity: int | None
    billed: int | None = None


class Claim(msgspec.Struct, frozen=True):
    """`terms` held at `at`, and where `until` is later, up to then."""

    at: int
    rank: int
    until: int
    terms: Terms
    how: str


class Piece(msgspec.Struct, frozen=True):
    start: int
    end: int | None
    terms: Terms
    known_by: str


class Span(msgspec.Struct, frozen=True):
    """One item of a subscription over a time in which its terms and its status stayed the same."""

    item_id: str
    start: int
    end: int | None
    terms: Terms
    status: str
    known_by: str
    last: bool


def spans_of(evidence: Evidence, metered: frozenset[str] = frozenset(), life: Life | None = None) -> list[Span]:
    """Every span of every item. `metered` names the prices that are billed by use."""
    life = life or life_of(evidence)
    if life.end is not None and life.end <= life.start:
        return []
    states = status_pieces(evidence, life)
    spans: list[Span] = []
    for item, claims in _claims(evidence, life, metered).items():
        begin, end = _item_life(evidence, item, claims, life)
        pieces = _swept(claims, begin, end)
        spans += _crossed(item, pieces, states, end)
    return spans


def _claims(evidence: Evidence, life: Life, metered: frozenset[str]) -> dict[str, list[Claim]]:
    """What each item is known to have been, in time."""
    found: dict[str, list[Claim]] = {}
    for line in evidence.lines:
        if line.price is None or (line.proration and _is_credit(line, evidence.lines)):
            continue
        item = line.item or _single_item(evidence) or evidence.subscription_id
        terms = Terms(line.price, line.quantity, line.amount if line.price in metered else None)
        found.setdefault(item, []).append(Claim(line.start, 0, line.end, terms, INVOICE))
    for observation in evidence.observations:
        rank = 3 if observation.how == SEEN else 2
        for one in observation.state["items"]:
            terms = Terms(one["price"], one["quantity"])
            claim = Claim(observation.at, rank, observation.at, terms, observation.how)
            found.setdefault(one["id"], []).append(claim)
    for item, claim in _phases(evidence, life):
        found.setdefault(item, []).append(claim)
    return {item: sorted(claims, key=_in_time) for item, claims in sorted(found.items())}


def _in_time(claim: Claim) -> tuple[int, int, int]:
    return claim.at, claim.rank, claim.until


def _is_credit(line: Line, lines: list[Line]) -> bool:
    """Whether a proration gives back what was paid for what an item was before, which may have cost nothing."""
    if line.amount > 0:
        return False
    return line.amount < 0 or any(
        one.proration and one.amount > 0 and (one.item, one.start) == (line.item, line.start) for one in lines
    )


def _single_item(evidence: Evidence) -> str | None:
    items = {one["id"] for observation in evidence.observations for one in observation.state["items"]}
    return next(iter(items)) if len(items) == 1 else None


def _phases(evidence: Evidence, life: Life) -> Iterable[tuple[str, Claim]]:
    """The phases of a schedule that is still in force; those to come are claims about the future."""
    schedule = evidence.schedule
    if schedule is None or schedule.get("status") != "active":
        return
    present = evidence.present.state["items"]
    for phase in schedule["phases"]:
        start = int(phase["start"])
        if start < life.start or (life.end is not None and start >= life.end):
            continue
        for one in phase["items"]:
            item = _item_of(one, present, phase["items"], evidence.subscription_id)
            yield item, Claim(start, 1, start, Terms(one["price"], one["quantity"]), SCHEDULE)


def _item_of(wanted: Object, present: list[Object], phase: list[Object], subscription_id: str) -> str:
    """The item that a phase means: phases name prices, not items."""
    same = next((one["id"] for one in present if one["price"] == wanted["price"]), None)
    if same is None and len(present) == len(phase) == 1:
        same = present[0]["id"]
    return str(same or f"{subscription_id}/{wanted['price']}")


def _item_life(evidence: Evidence, item: str, claims: list[Claim], life: Life) -> tuple[int, int | None]:
    """When an item was added and when it was taken off."""
    created = _created(evidence, item)
    first = claims[0].at
    with_subscription = created is not None and created <= life.created + DAY
    begin = life.start if with_subscription else min(first, first if created is None else created)
    begin = max(begin, life.start)
    removed = _removed(evidence, item, claims)
    ends = [end for end in (removed, life.end) if end is not None]
    return begin, min(ends) if ends else None


def _created(evidence: Evidence, item: str) -> int | None:
    for observation in evidence.observations:
        for one in observation.state["items"]:
            if one["id"] == item and one.get("created"):
                return int(one["created"])
    return None


def _removed(evidence: Evidence, item: str, claims: list[Claim]) -> int | None:
    """When an item was taken off a subscription that went on; null where it was not."""
    planned = _left_out(evidence, item)
    if any(one["id"] == item for one in evidence.present.state["items"]):
        return planned
    if claims[-1].how == SCHEDULE and claims[-1].at > evidence.present.at:
        return planned
    last = claims[-1]
    credit = max((line.start for line in evidence.lines if line.item == item and line.amount < 0), default=0)
    if credit > last.at:
        return credit
    gone = [one.at for one in evidence.observations if one.at > last.at]
    return min([*gone, last.until]) if last.until > last.at or not gone else min(gone)


def _left_out(evidence: Evidence, item: str) -> int | None:
    """The start of the first phase to come that no longer has the item."""
    schedule = evidence.schedule
    if schedule is None or schedule.get("status") != "active":
        return None
    present = evidence.present.state["items"]
    for phase in schedule["phases"]:
        names = {_item_of(one, present, phase["items"], evidence.subscription_id) for one in phase["items"]}
        if int(phase["start"]) > evidence.present.at and item not in names:
            return int(phase["start"])
    return None


def _swept(claims: list[Claim], begin: int, end: int | None) -> list[Piece]:
    """The claims in time as pieces. Where no record shows what held, the piece is marked."""
    marks: list[tuple[int, Terms, str]] = []
    covered, watched = begin, False
    for claim in claims:
        at = max(claim.at, begin)
        known_by = REPORTED if claim.how == SEEN else claim.how
        hole = at - covered > DAY and not watched
        if not marks:
            if hole:
                marks.append((begin, claim.terms, ASSUMED))
            marks.append((at if hole else begin, claim.terms, known_by))
        elif claim.terms != marks[-1][1]:
            if hole:
                marks.append((covered, marks[-1][1], ASSUMED))
            marks.append((at, claim.terms, NOTICED if claim.how == SEEN else claim.how))
        elif hole:
            marks.append((covered, claim.terms, ASSUMED))
            marks.append((at, claim.terms, known_by))
        covered = max(covered, claim.until, at)
        watched = watched or claim.how in {SEEN, EVENT}
    ends = [*(mark[0] for mark in marks[1:]), end]
    pieces = [Piece(start, stop, terms, how) for (start, terms, how), stop in zip(marks, ends, strict=True)]
    return list(_until(end, pieces))


def _until(end: int | None, pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces, or the parts of them, that lie before the end."""
    for piece in pieces:
        stop = _earlier(piece.end, end)
        if stop is None or piece.start < stop:
            yield piece if stop == piece.end else Piece(piece.start, stop, piece.terms, piece.known_by)


def _crossed(item: str, pieces: list[Piece], states: list[State], end: int | None) -> list[Span]:
    """The pieces of an item cut where the subscription's status changed."""
    spans = []
    for piece in pieces:
        for begin, stop, status, how in states:
            start, until = max(piece.start, begin), _earlier(piece.end, stop)
            if until is None or start < until:
                known_by = how if how in UNKNOWN and piece.known_by != ASSUMED else piece.known_by
                spans.append(Span(item, start, until, piece.terms, status, known_by, until == end))
    return spans


def _earlier(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else min(one, other)


__all__ = ["ASSUMED", "NOTICED", "UNKNOWN", "Evidence", "Line", "Observation", "Span", "Terms", "spans_of"]
