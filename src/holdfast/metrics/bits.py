"""The periods in which somebody was active, as bits of whole numbers: one row a person in place of one a period.

A mask holds 62 periods; a longer range has several, `m0`, `m1`, ... `position` counts periods from the range's first.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from holdfast.errors import InputError

BITS = 62
MOST_POSITIONS = 800
"""Above this a question about every period with every other one is too large to answer."""


@ibis.udf.agg.builtin  # type: ignore[untyped-decorator]
def bit_or(mask: int) -> int:  # type: ignore[empty-body]
    """The bits that are set in any row. Ibis' own is not compiled for Spark."""


def names(positions: int, prefix: str = "m") -> list[str]:
    """The columns that hold so many periods.

    >>> names(62), names(63)
    (['m0'], ['m0', 'm1'])
    """
    if positions > MOST_POSITIONS:
        raise InputError(
            f"{positions:,} periods are more than the {MOST_POSITIONS} that can be held against each other",
            hint="ask for a shorter range, or for weeks or months in place of days",
        )
    return [f"{prefix}{chunk}" for chunk in range((positions + BITS - 1) // BITS)]


def masks(
    position: ir.IntegerColumn, positions: int, prefix: str = "m", when: ir.BooleanValue | None = None
) -> dict[str, ir.IntegerScalar]:
    """Aggregates: the bits of the rows' positions, of those rows alone for which `when` holds."""
    found = {}
    for chunk, name in enumerate(names(positions, prefix)):
        low = chunk * BITS
        inside = (position >= low) & (position < min(low + BITS, positions))
        if when is not None:
            inside &= when
        shift = ibis.ifelse(inside, position - low, 0).cast("int64")
        bit = ibis.ifelse(inside, ibis.literal(1, "int64") << shift, ibis.literal(0, "int64"))
        found[name] = bit_or(bit.cast("int64")).cast("int64")
    return found


def joined(table: ir.Table, columns: Sequence[str]) -> dict[str, ir.IntegerScalar]:
    """Aggregates: the bits set in any of the rows."""
    return {name: bit_or(table[name]).cast("int64") for name in columns}


def bit(table: ir.Table, position: int, prefix: str = "m") -> ir.IntegerColumn:
    """1 where the bit of a position is set, else 0."""
    mask = table[f"{prefix}{position // BITS}"]
    return ((mask >> (position % BITS)) & 1).cast("int64")


def bit_at(table: ir.Table, position: ir.IntegerColumn, positions: int, prefix: str = "m") -> ir.IntegerColumn:
    """The same, where each row asks for a position of its own; 0 outside the range."""
    result = ibis.literal(0, "int64")
    for chunk, name in enumerate(names(positions, prefix)):
        low = chunk * BITS
        inside = (position >= low) & (position < low + BITS)
        shift = ibis.ifelse(inside, position - low, 0).cast("int64")
        result = ibis.ifelse(inside, ((table[name] >> shift) & 1).cast("int64"), result)
    return result


def from_on(table: ir.Table, position: int, positions: int, prefix: str = "m") -> ir.IntegerColumn:
    """1 where the bit of the position or of a later one is set, else 0."""
    chunk = position // BITS
    found = (table[f"{prefix}{chunk}"] >> (position % BITS)) > 0
    for name in names(positions, prefix)[chunk + 1 :]:
        found |= table[name] > 0
    return found.cast("int64")


def picked(table: ir.Table, position: ir.IntegerColumn, columns: Sequence[str]) -> ir.IntegerColumn:
    """Of the columns, one for each position, the one that each row's position names; 0 outside."""
    cases = [(position == place, table[name]) for place, name in enumerate(columns)]
    return ibis.cases(*cases, else_=ibis.literal(0, "int64"))
