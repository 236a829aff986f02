"""JSON in which no digit is lost."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.metrics.said import Said


def exact_json(value: Any) -> bytes:
    """A value as JSON; decimals are numbers with all their digits.

    >>> from decimal import Decimal
    >>> exact_json({"part": Decimal("0.0086666666666666667"), "note": Said("%(rows)s rows", rows=3)})
    b'{"part":0.0086666666666666667,"note":"3 rows"}'
    """
    return _ENCODER.encode(value)


def _plain(value: Any) -> str:
    if isinstance(value, Said):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain)
