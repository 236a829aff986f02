"""What changed: the month's movements beside those of the month before, and the accounts behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from holdfast.charts import words
from holdfast.facts.days import add_months
from holdfast.report.ask import one_line
from holdfast.report.model import Cell, Changes, Column, Definition, Grid, Line, Moved, Mover, Tone

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult
    from holdfast.report.ask import Questions

NAMED = 5
"""Accounts named for each kind of movement."""
KINDS: tuple[tuple[str, str, str, Tone], ...] = (
    ("new", "New", "new_accounts", "gain"),
    ("reactivation", "Reactivation", "reactivated_accounts", "gain"),
    ("expansion", "Expansion", "expanded_accounts", "gain"),
    ("contraction", "Contraction", "contracted_accounts", "loss"),
    ("churn", "Churn", "churned_accounts", "loss"),
)
CAUSES = {
    "new": "new accounts",
    "reactivation": "accounts that came back",
    "expansion": "expansion",
    "contraction": "contraction",
    "churn": "churn",
    "fx": "exchange rates",
}
NOTHING = Cell("", kind="text")
Rows = list[dict[str, Any]]
Movers = Mapping[str, tuple[Mover, ...]]
"""The accounts that moved most, by kind of movement."""


# who moved


def movers(questions: Questions, month: date, end: date, codes: tuple[str, ...]) -> dict[str, Movers]:
    """For each currency and kind, the accounts that moved most in the month, by name."""
    result = questions.ask("mrr-movements", month, end, by="account")
    largest = {code: {kind: _largest(result, code, kind) for kind, *_ in KINDS} for code in codes}
    ids = {row["account"] for kinds in largest.values() for rows in kinds.values() for row in rows}
    named = questions.names(sorted(account for account in ids if account is not None))
    return {
        code: {kind: tuple(_mover(row, kind, named) for row in rows) for kind, rows in kinds.items()}
        for code, kinds in largest.items()
    }


def _largest(result: MetricResult, code: str, kind: str) -> Rows:
    """The rows with the largest amounts of a kind: found in Arrow, since there is a row for every account."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = result.arrow
    if "currency" in table.column_names:
        table = table.filter(pc.equal(table["currency"], code))
    size = pc.abs(table[kind])
    keys = pa.table({"size": size, "account": table["account"]})
    order = pc.sort_indices(keys, sort_keys=[("size", "descending"), ("account", "ascending")])
    rows: Rows = table.take(order[:NAMED]).to_pylist()
    return [row for row in rows if row[kind]]


def _mover(row: dict[str, Any], kind: str, named: Mapping[str, str]) -> Mover:
    account = row["account"]
    return Mover(named.get(account) or one_line(str(account or "unknown")), row[kind], str(account or ""))


# what it came to


def changes(currency: str, month: date, rows: Rows, largest: Mapping[str, Movers], definition: Definition) -> Changes:
    """The month beside the one before it."""
    before = add_months(month, -1)
    now, then = (next((row for row in rows if row["period"] == when), {}) for when in (month, before))
    moved = tuple(
        Moved(title, tone, now.get(kind) or Decimal(), now.get(count) or 0, largest.get(currency, {}).get(kind, ()))
        for kind, title, count, tone in KINDS
    )
    return Changes(
        f"What changed in {month:%B %Y}",
        statement(currency, month, now, then, moved) if now else "",
        _grid(month, before, now, then),
        tuple(kind for kind in moved if kind.movers),
        (definition,),
    )


def _grid(month: date, before: date, now: dict[str, Any], then: dict[str, Any]) -> Grid:
    columns = (
        Column(words.period(month, "month"), "moved"),
        Column(words.period(before, "month"), "moved"),
        Column("Difference", "moved", "this month less the month before"),
        Column("Accounts", "count", "accounts with at least one such movement in the month"),
    )
    lines = [_balance("MRR at the start", "opening", now, then)]
    lines += [_kind(title, kind, count, now, then) for kind, title, count, _ in KINDS]
    if now.get("fx") or then.get("fx"):
        lines.append(_kind("Exchange rates", "fx", None, now, then))
    return Grid("Movement", columns, (*lines, _balance("MRR at the end", "closing", now, then)))


def _balance(label: str, name: str, now: dict[str, Any], then: dict[str, Any]) -> Line:
    """A row of balances; whether a difference is a gain is told by the rows between them."""
    values = (now.get(name), then.get(name))
    cells = (*(Cell(value, kind="money") for value in values), Cell(_less(*values)), NOTHING)
    return Line(label, cells, is_total=True)


def _kind(label: str, name: str, count: str | None, now: dict[str, Any], then: dict[str, Any]) -> Line:
    values = (now.get(name), then.get(name))
    accounts = Cell(now.get(count)) if count else NOTHING
    return Line(label, (*(Cell(value) for value in (*values, _less(*values))), accounts))


def _less(now: Any, then: Any) -> Any:
    return None if now is None or then is None else now - then


# in words


@dataclass(frozen=True)
class Gist:
    """What a month's movements come to, beside the month before: what a sentence about them says. Money is exact."""

    closing: Any
    change: Any
    share: float | None
    """The change as a share of the MRR at the start; null where there was none."""
    change_before: Any
    differs: str | None = None
    """The kind of movement that differs most from the month before."""
    differs_now: Any = None
    differs_before: Any = None


def gist(now: dict[str, Any], then: dict[str, Any]) -> Gist:
    """
    >>> row = dict(opening=Decimal(100), closing=Decimal(110), new=Decimal(10), churn=None)
    >>> gist({"reactivation": 0, "expansion": 0, "contraction": 0, "fx": 0, **row}, {}).share
    0.1
    """
    change = now["closing"] - now["opening"]
    share = float(change / now["opening"]) if now["opening"] and change else None
    if not then:
        return Gist(now["closing"], change, share, None)
    before = then["closing"] - then["opening"]
    kind = max(CAUSES, key=lambda name: abs((now[name] or 0) - (then[name] or 0)))
    if now[kind] == then[kind]:
        return Gist(now["closing"], change, share, before)
    return Gist(now["closing"], change, share, before, kind, now[kind], then[kind])


def largest_one(moved: tuple[Moved, ...]) -> tuple[Mover, Moved] | None:
    """The account that moved most, and how."""
    singles = [(mover, kind) for kind in moved for mover in kind.movers]
    return max(singles, key=lambda single: abs(single[0].amount)) if singles else None


def statement(currency: str, month: date, now: dict[str, Any], then: dict[str, Any], moved: tuple[Moved, ...]) -> str:
    """Two or three sentences: how far MRR went, what differs most from the month before, and the largest account."""
    told = gist(now, then)
    said = [_net(currency, month, told), _most_different(currency, month, told), _largest_one(currency, moved)]
    return " ".join(sentence for sentence in said if sentence)


def _net(currency: str, month: date, told: Gist) -> str:
    closing = words.short_money(told.closing, currency)
    said = f"MRR {_went(told.change, currency)} to {closing}" if told.change else f"MRR stayed at {closing}"
    if told.share is not None:
        said += f" ({words.percent(told.share, signed=True)})"
    if told.change_before is None:
        return f"{said}."
    return f"{said}; in {add_months(month, -1):%B} it {_went(told.change_before, currency)}."


def _went(change: Any, currency: str) -> str:
    if not change:
        return "did not move"
    return f"{'rose' if change > 0 else 'fell'} by {words.short_money(abs(change), currency)}"


def _most_different(currency: str, month: date, told: Gist) -> str:
    if told.differs is None:
        return ""
    values = (words.short_money(value, currency, signed=True) for value in (told.differs_now, told.differs_before))
    amounts = " after ".join(values)
    return f"What differs most from {add_months(month, -1):%B} is {CAUSES[told.differs]}: {amounts}."


def _largest_one(currency: str, moved: tuple[Moved, ...]) -> str:
    found = largest_one(moved)
    if found is None:
        return ""
    mover, kind = found
    amount = words.short_money(mover.amount, currency, signed=True)
    return f"The largest movement of one account is {mover.account}: {amount}, {kind.title.lower()}."
