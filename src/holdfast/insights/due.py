"""Renewals to come: how much is due, how much of it is at risk and by what, and in which order to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, get_args

from holdfast.insights.foremost import foremost
from holdfast.metrics.renewals import FLAGS

if TYPE_CHECKING:
    import pyarrow as pa

    from holdfast.insights.foremost import Order

Sort = Literal["risk", "day", "amount"]
SORTS: tuple[Sort, ...] = get_args(Sort)
ALL, ANY = "", "any"
RISKS = (ANY, *FLAGS)
Row = dict[str, Any]
_LARGEST: dict[str, Order] = {"mrr": "descending", "renewal_day": "ascending"}
_ORDER: dict[Sort, dict[str, Order]] = {
    "risk": {ANY: "descending", **_LARGEST},
    "day": {"renewal_day": "ascending", "mrr": "descending"},
    "amount": _LARGEST,
}


@dataclass(frozen=True)
class Total:
    """What comes up for renewal in one currency: all of it, what any risk is on, or what one is on."""

    currency: str
    risk: str
    """`ALL`, `ANY`, or the name of a flag."""
    items: int
    accounts: int
    mrr: Decimal
    amount: Decimal
    """Of those items whose amount is known."""


def totals(table: pa.Table, currency: str) -> list[Total]:
    """Totals by currency, the largest first: all, at any risk, and each risk by itself. An item with two risks is in
    both of theirs, and once in `ANY`.

    >>> import pyarrow as pa
    >>> rows = [
    ...     {"account": "a", "mrr": Decimal(30), "amount": Decimal(360), **dict.fromkeys(FLAGS, False)},
    ...     {"account": "b", "mrr": Decimal(9), "amount": None, **dict.fromkeys(FLAGS, False), "past_due": True},
    ... ]
    >>> [(one.risk, one.accounts, int(one.mrr)) for one in totals(pa.Table.from_pylist(rows), "EUR") if one.items]
    [('', 2, 39), ('any', 1, 9), ('past_due', 1, 9)]
    """
    import pyarrow.compute as pc

    apart = "currency" in table.column_names
    codes = pc.unique(table["currency"]).to_pylist() if apart else [currency] if table.num_rows else []
    own = {code: table.filter(pc.equal(table["currency"], code)) if apart else table for code in codes}
    found = [[_total(code, risk, at(rows, risk)) for risk in (ALL, *RISKS)] for code, rows in own.items()]
    return [total for group in sorted(found, key=lambda group: -group[0].mrr) for total in group]


def _total(code: str, risk: str, rows: pa.Table) -> Total:
    import pyarrow.compute as pc

    mrr, amount = (pc.sum(rows[name]).as_py() or Decimal() for name in ("mrr", "amount"))
    return Total(code, risk, rows.num_rows, pc.count_distinct(rows["account"]).as_py(), mrr, amount)


def at(table: pa.Table, risk: str) -> pa.Table:
    """The items that a risk is on."""
    if risk == ALL:
        return table
    return table.filter(_any(table) if risk == ANY else table[risk])


def _any(table: pa.Table) -> Any:
    import pyarrow.compute as pc

    found = table[FLAGS[0]]
    for flag in FLAGS[1:]:
        found = pc.or_(found, table[flag])
    return found


def in_order(table: pa.Table, sort: Sort, most: int) -> list[Row]:
    """The renewals to look at first: those at risk and of these the largest, or by day, or by what is paid a month.
    Each row with `risks`, the names of those that are on it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = foremost(table.append_column(ANY, pc.cast(_any(table), pa.int8())), _ORDER[sort], most)
    return [{**row, "risks": [flag for flag in FLAGS if row[flag]]} for row in rows]
