"""Sets of events as bits: what the weekly roll-up of usage says of a day. An event's number is its page and its bit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import ibis
import ibis.expr.types as ir

from holdfast.facts.rollups import EVENTS_A_PAGE


def place_of(number: int) -> tuple[int, int]:
    """The page and the bit of an event's number.

    >>> place_of(3), place_of(65)
    ((0, 3), (1, 3))
    """
    return divmod(number, EVENTS_A_PAGE)


def alone(number: ir.IntegerColumn) -> tuple[ir.IntegerValue, ir.IntegerValue]:
    """The page of an event's number, and the set that holds it alone."""
    page = (number // EVENTS_A_PAGE).cast("int64")
    return page, ibis.literal(1, "int64") << (number % EVENTS_A_PAGE).cast("int64")


def masks(events: Iterable[str], numbers: Mapping[str, int]) -> dict[int, int]:
    """The bits of events, by page; events that never happened have none.

    >>> masks(["open", "send", "never"], {"open": 0, "save": 1, "send": 2, "rare": 64})
    {0: 5}
    """
    found: dict[int, int] = {}
    for page, bit in sorted(place_of(numbers[event]) for event in events if event in numbers):
        found[page] = found.get(page, 0) | 1 << bit
    return found


def pages(numbers: Mapping[str, int]) -> int:
    """How many pages there are."""
    return -(-len(numbers) // EVENTS_A_PAGE)


def without(page: ir.IntegerColumn, left_out: Mapping[int, int]) -> ir.IntegerValue:
    """The bits that count on a row's page: all but those of `left_out`."""
    everything = ibis.literal(-1, "int64")
    cases = [(page == number, ibis.literal(~mask, "int64")) for number, mask in left_out.items()]
    return ibis.cases(*cases, else_=everything) if cases else everything


def holds(rows: ir.Table, event: str, numbers: Mapping[str, int], column: str = "events") -> ir.BooleanValue:
    """Whether the set in a column of a row (page) holds an event; one that never happened is in none."""
    if event not in numbers:
        return ibis.literal(False)
    page, bit = place_of(numbers[event])
    return (rows.page == page) & (((rows[column] >> bit) & 1) == 1)
