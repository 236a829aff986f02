"""What of the list of accounts is looked at: search, status, order, columns and page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

PAGE = 50
STATUSES = ("paying", "trial", "free", "former", "none")
"""How an account stands: `former` paid once and does not any more, `none` never did."""
ORDERS = ("name", "plan", "mrr", "since", "status", "used", "renewal")
LIKELY = ("industry", "country", "company_size", "employees", "segment", "region", "tier")
"""Attributes that many companies have, shown before others."""
FEW, MANY, SHOWN = 2, 60, 3


@dataclass(frozen=True)
class Listing:
    """A part of the list. `order` is one of `ORDERS` or the name of an attribute; `where` holds conditions."""

    search: str = ""
    status: str = ""
    where: tuple[str, ...] = ()
    order: str = "mrr"
    descending: bool = True
    page: int = 1
    columns: tuple[str, ...] = ()
    """Attributes that are shown."""


@dataclass(frozen=True)
class Listed:
    """A page of the list, and how many accounts stand how among those searched for and filtered on."""

    rows: list[dict[str, Any]]
    total: int
    page: int
    statuses: Mapping[str, int]
    today: date

    @property
    def pages(self) -> int:
        return pages(self.total)

    @property
    def first(self) -> int:
        """The place of the first row, counted from 1; 0 where there is none."""
        return (self.page - 1) * PAGE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return (self.page - 1) * PAGE + len(self.rows)

    @property
    def of_all(self) -> int:
        """The accounts of any status."""
        return sum(self.statuses.values())


def pages(total: int) -> int:
    """How many pages so many accounts fill: at least one.

    >>> pages(0), pages(50), pages(51)
    (1, 1, 2)
    """
    return max(1, -(-total // PAGE))


def key_attributes(known: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The attributes worth a column where nobody chose: those that many accounts have, with neither one value nor
    nearly as many values as accounts. `known` says of each its name, its accounts and its different values.

    >>> rows = [{"name": "country", "accounts": 9, "values": 3}, {"name": "id", "accounts": 90, "values": 90},
    ...         {"name": "browser", "accounts": 9, "values": 2}, {"name": "industry", "accounts": 5, "values": 4}]
    >>> key_attributes(rows)
    ('industry', 'country', 'browser')
    """
    telling = [one for one in known if FEW <= one["values"] <= MANY]

    def worth(one: Mapping[str, Any]) -> tuple[int, int, str]:
        name = one["name"]
        return (LIKELY.index(name) if name in LIKELY else len(LIKELY), -one["accounts"], name)

    return tuple(one["name"] for one in sorted(telling, key=worth)[:SHOWN])
