"""Exact money: decimals on the way in, int64 micros in every table.

A micro is a millionth of the currency's major unit. No float ever holds money in a table.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

MICROS = 1_000_000
MAX_MICROS = 10**16
"""Largest amount accepted (ten billion major units): products with month factors stay inside int64."""

_WIDE = Context(prec=80, rounding=ROUND_HALF_UP)


def to_micros(amount: Decimal) -> int:
    """Round an amount in major units to whole micros, half away from zero.

    >>> to_micros(Decimal("166.6666665"))
    166666667
    >>> to_micros(Decimal("-0.0000005"))
    -1
    """
    with localcontext(_WIDE):
        return int((amount * MICROS).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def item_amount(
    unit_amount: Decimal,
    quantity: Decimal,
    discount_percent: Decimal = Decimal(0),
    discount_amount: Decimal = Decimal(0),
) -> Decimal:
    """What an item costs per billing interval: percent off first, then the amount, never below 0.

    >>> item_amount(Decimal(120), Decimal(1), Decimal(10))
    Decimal('108')
    >>> item_amount(Decimal(5), Decimal(2), Decimal(0), Decimal(20))
    Decimal('0')
    """
    with localcontext(_WIDE):
        gross = unit_amount * quantity
        net = gross - gross * discount_percent / 100 - discount_amount
        return max(net, Decimal(0)).normalize() + 0


def divide_rounded(value: int, divisor: int) -> int:
    """Integer division, half away from zero.

    >>> divide_rounded(5, 2), divide_rounded(-5, 2), divide_rounded(2000, 12)
    (3, -3, 167)
    """
    sign = -1 if value < 0 else 1
    return sign * ((2 * abs(value) + divisor) // (2 * divisor))


def to_major(micros: int) -> float:
    """Micros as a number of major units, for showing only.

    >>> to_major(166_666_667)
    166.666667
    """
    return micros / MICROS
