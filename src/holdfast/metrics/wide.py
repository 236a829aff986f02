"""Exact products of whole numbers that 64 bits do not hold, from operations that every engine has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

LIMB_BITS = 30
LIMB = 2**LIMB_BITS


def with_exact_product(table: ir.Table, value: str, numerator: str, denominator: str, name: str) -> ir.Table:
    """The table with column `name`: value x numerator / denominator, rounded half up, exactly.

    All are whole numbers from 0 to 2^60, the denominator from 1, and so is the result. A float gives a quotient that is
    nearly right. What it leaves of the product, which may have 120 bits, is computed in limbs of 30 bits and says what
    to correct. In few steps: each is a query inside a query, and an expression that held them all would be written out
    again wherever it is used.
    """
    kept = table.columns
    near = table[value].cast("float64") * table[numerator].cast("float64") / table[denominator].cast("float64")
    table = table.mutate(nearly=near.floor().cast("int64"))
    upper, lower = _left(table[value], table[numerator], table.nearly, table[denominator])
    table = table.mutate(upper=upper, lower=lower)
    divisor = table[denominator]
    left = table.upper.cast("float64") * float(LIMB) + table.lower.cast("float64")
    table = table.mutate(more=(left / divisor.cast("float64")).floor().cast("int64"))
    high, low = _limbs(table[denominator])
    twice = ((table.upper - table.more * high) * LIMB + table.lower - table.more * low) * 2
    # the float may be one off: of -1 to 2 denominators that are left, those of a half and more round up
    halves = [(twice >= table[denominator] * count).cast("int64") for count in (-1, 1, 3)]
    rounded = table.nearly + table.more - 1 + halves[0] + halves[1] + halves[2]
    return table.select(*kept, rounded.name(name))


def _left(
    a: ir.IntegerColumn, b: ir.IntegerColumn, c: ir.IntegerColumn, d: ir.IntegerColumn
) -> tuple[ir.IntegerColumn, ir.IntegerColumn]:
    """a x b - c x d, which lie close together, as upper x 2^30 + lower."""
    (a_high, a_low), (b_high, b_low), (c_high, c_low), (d_high, d_low) = (_limbs(number) for number in (a, b, c, d))
    upper = (
        (a_high * b_high - c_high * d_high) * LIMB + a_high * b_low + a_low * b_high - c_high * d_low - c_low * d_high
    )
    lower = a_low * b_low - c_low * d_low
    # carried over, so that a float sees what is left; a number below 0 is never shifted
    carry = ((lower + 2 * LIMB * LIMB) >> LIMB_BITS) - 2 * LIMB
    return upper + carry, lower - carry * LIMB


def _limbs(number: ir.IntegerColumn) -> tuple[ir.IntegerColumn, ir.IntegerColumn]:
    high = number >> LIMB_BITS
    return high, number - high * LIMB
