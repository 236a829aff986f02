"""The periods in which somebody was active, as bits of whole numbers: one row a person in place of one a period.

A mask holds 56 periods; a longer range has several, `m0`, `m1`, ... `position` counts periods from the range's first.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from holdfast.errors import InputError
from holdfast.metrics.tables import whole_numbers

BITS, BYTE = 56, 8
MOST_POSITIONS = 800
"""Above this a question about every period with every other one is too large to answer."""


@ibis.udf.agg.builtin  # type: ignore[untyped-decorator]
def bit_or(mask: int) -> int:  # type: ignore[empty-body]
    """The bits that are set in any row. Ibis' own is not compiled for Spark."""


def names(positions: int, prefix: str = "m") -> list[str]:
    """The columns that hold so many periods.

    >>> names(56), names(57)
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


def bit_at(table: ir.Table, position: ir.IntegerColumn, positions: int, prefix: str = "m") -> ir.IntegerColumn:
    """Whether the bit of each row's position is set, 1 or 0; 0 outside the range."""
    result = ibis.literal(0, "int64")
    for chunk, name in enumerate(names(positions, prefix)):
        low = chunk * BITS
        inside = (position >= low) & (position < low + BITS)
        shift = ibis.ifelse(inside, position - low, 0).cast("int64")
        result = ibis.ifelse(inside, ((table[name] >> shift) & 1).cast("int64"), result)
    return result


def each_position(table: ir.Table, positions: int, prefix: str = "m") -> ir.Table:
    """Rows once for each bit that is set, with its `position`."""
    return _opened(_bytes(table, positions, prefix))


def counted(table: ir.Table, keys: Sequence[str], positions: int, prefix: str = "m") -> ir.Table:
    """keys, position and `n`, how many rows have the bit; where there are any.

    Bytes that are alike are counted before they are opened.
    """
    found = _bytes(table, positions, prefix)
    alike = found.group_by(*keys, "byte_place", "byte").agg(n=found.count().cast("int64"))
    each = _opened(alike)
    return each.group_by(*keys, "position").agg(n=each.n.sum().cast("int64"))


def _bytes(table: ir.Table, positions: int, prefix: str) -> ir.Table:
    """Rows once for each `byte` of their masks that is not zero, and its place."""
    each = table.cross_join(whole_numbers((positions + BYTE - 1) // BYTE, "byte_place"))
    shift = (each.byte_place % (BITS // BYTE)) * BYTE
    chunk = each.byte_place // (BITS // BYTE)
    cases = [(chunk == place, each[name]) for place, name in enumerate(names(positions, prefix))]
    mask = cases[0][1] if len(cases) == 1 else ibis.cases(*cases)
    each = each.mutate(byte=((mask >> shift.cast("int64")) & (2**BYTE - 1)).cast("int64"))
    return each.filter(each.byte != 0)


def _opened(rows: ir.Table) -> ir.Table:
    """Rows (byte_place, byte) once for each bit, with its position."""
    each = rows.cross_join(whole_numbers(BYTE, "bit_place"))
    each = each.filter(((each.byte >> each.bit_place) & 1) == 1)
    return each.mutate(position=each.byte_place * BYTE + each.bit_place).drop("byte_place", "byte", "bit_place")


def later(table: ir.Table, positions: int, prefix: str = "m") -> dict[str, ir.IntegerValue]:
    """The masks moved by one position: a bit is set where the one before it was."""
    full, found, before = 2**BITS - 1, {}, None
    for name in names(positions, prefix):
        moved = (table[name] << 1) & full
        found[name] = moved if before is None else moved | (table[before] >> (BITS - 1))
        before = name
    return found
