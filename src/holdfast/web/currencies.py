"""Rows of each currency apart: amounts of two are never put beside each other without a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Rows = list[dict[str, Any]]


def by_currency(rows: Iterable[Mapping[str, Any]], first: str) -> dict[str | None, Rows]:
    """Rows by their currency, `first` first; under null where all are in the one that was asked for.

    >>> list(by_currency([{"currency": "CHF"}, {"currency": "USD"}, {"currency": "EUR"}], "EUR"))
    ['EUR', 'CHF', 'USD']
    >>> by_currency([{"mrr": 1}], "EUR")
    {None: [{'mrr': 1}]}
    """
    found: dict[str | None, Rows] = {}
    for row in rows:
        found.setdefault(row.get("currency"), []).append(dict(row))
    return {code: found[code] for code in sorted(found, key=lambda code: (code != first, str(code)))}
