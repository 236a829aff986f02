"""Of long lists of accounts, the few that matter: found in Arrow, since there is a row for every account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa

OURS = ("paying", "trial")
"""How accounts stand that can still be lost."""
NEAR = 0.8
"""The share of a limit from which an account is near it."""
SILENT_DAYS = 30
Order = Literal["ascending", "descending"]
Row = dict[str, Any]


def foremost(table: pa.Table, order: Mapping[str, Order], most: int, *, nulls_first: bool = False) -> list[Row]:
    """The first rows in an order, ties by account.

    >>> import pyarrow as pa
    >>> table = pa.table({"account": ["b", "a", "c"], "days": [4, 4, 9]})
    >>> [row["account"] for row in foremost(table, {"days": "descending"}, 2)]
    ['c', 'a']
    """
    import pyarrow.compute as pc

    keys = [(name, way, "at_start" if nulls_first else "at_end") for name, way in order.items()]
    place = pc.sort_indices(table, sort_keys=[*keys, ("account", "ascending", "at_end")])
    rows: list[Row] = table.take(place[:most]).to_pylist()
    return rows


def ours(table: pa.Table) -> pa.Table:
    """The rows of accounts that pay or are in trial."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table["status"], value_set=pa.array(OURS)))


def with_pay(table: pa.Table, mrr: pa.Table) -> pa.Table:
    """The rows with `pays`, what their accounts pay a month in whatever currency: to order equals by."""
    import pyarrow as pa

    sums = mrr.group_by("account").aggregate([("mrr", "sum")]).rename_columns(["account", "pays"])
    return table.join(sums.set_column(1, "pays", sums["pays"].cast(pa.float64())), "account")


def falls(table: pa.Table, mrr: pa.Table, value: str, most: int) -> tuple[int, list[Row]]:
    """How many accounts that pay or are in trial fell since the period before, and those that fell most, of equals
    those that pay most; each row with `before`, what it was then.

    >>> import pyarrow as pa
    >>> columns = {"account": ["a", "b"], "status": ["paying", "trial"], "days": [2, 9], "trend": [-7.0, 1.0]}
    >>> falls(pa.table(columns), pa.table({"account": ["a"], "mrr": [5]}), "days", 5)[1][0]["before"]
    9.0
    """
    import pyarrow.compute as pc

    fell = ours(table)
    fell = fell.filter(pc.less(fell["trend"], 0))
    rows = foremost(with_pay(fell, mrr), {"trend": "ascending", "pays": "descending"}, most)
    return fell.num_rows, [{**row, "before": row[value] - row["trend"]} for row in rows]


def near_limits(table: pa.Table, mrr: pa.Table, most: int) -> tuple[int, int, list[Row]]:
    """How many accounts that pay or are in trial are at a limit or over it, how many more are near one, and the rows
    that are nearest, of equals those that pay most. An account counts once, by its fullest limit.
    """
    import pyarrow.compute as pc

    near = ours(table)
    near = near.filter(pc.greater_equal(near["rate"], NEAR))
    nearest = foremost(with_pay(near, mrr), {"rate": "descending", "pays": "descending"}, most)
    over = pc.unique(near.filter(near["over"])["account"])
    return len(over), len(pc.unique(near["account"])) - len(over), nearest


@dataclass(frozen=True)
class Silent:
    """Accounts that pay or are in trial and have not used the product for `SILENT_DAYS` days, or never did."""

    accounts: int
    mrr: Mapping[str, Decimal]
    """What they pay a month, by currency."""
    longest: list[Row]


def silent(table: pa.Table, mrr: pa.Table, currency: str, most: int) -> Silent:
    """Who has been silent longest, those first who never came. `mrr` has account and mrr, and a currency where it is
    not all in `currency`.
    """
    import pyarrow.compute as pc

    quiet = ours(table)
    quiet = quiet.filter(pc.fill_null(pc.greater_equal(quiet["days"], SILENT_DAYS), True))
    theirs = mrr.filter(pc.is_in(mrr["account"], value_set=quiet["account"].combine_chunks()))
    return Silent(
        quiet.num_rows, summed(theirs, currency), foremost(quiet, {"days": "descending"}, most, nulls_first=True)
    )


def summed(mrr: pa.Table, currency: str) -> dict[str, Decimal]:
    """The MRR of all rows by currency, without those that are 0."""
    import pyarrow.compute as pc

    if "currency" not in mrr.column_names:
        found = {currency: pc.sum(mrr["mrr"]).as_py()}
    else:
        sums = mrr.group_by("currency").aggregate([("mrr", "sum")])
        found = dict(zip(sums["currency"].to_pylist(), sums["mrr_sum"].to_pylist(), strict=True))
    return {code: amount for code, amount in sorted(found.items()) if amount}


def paid_by(mrr: pa.Table, accounts: set[str], currency: str) -> dict[str, dict[str, Decimal]]:
    """What each of a few accounts pays a month, by currency."""
    import pyarrow as pa
    import pyarrow.compute as pc

    theirs = mrr.filter(pc.is_in(mrr["account"], value_set=pa.array(sorted(accounts), pa.string())))
    found: dict[str, dict[str, Decimal]] = {}
    for row in theirs.to_pylist():
        if row["mrr"]:
            found.setdefault(row["account"], {})[row.get("currency") or currency] = row["mrr"]
    return found
