"""A walk from one answer to another: one thing is changed at a time, and each change has its part of the difference.

The parts add up exactly: every value is exact (money in micros, shares as the decimal that they are written as), and
a part is the value after a change less the value before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

from holdfast.errors import InputError
from holdfast.metrics.query import MetricQuery
from holdfast.metrics.registry import Metric

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult

Ask = Callable[[MetricQuery], "MetricResult"]
Key = tuple[tuple[str, Any], ...]
Figures = dict[str, Any]
ACCOUNT = "account"
MICROS = Decimal(1_000_000)


@dataclass(frozen=True)
class Leg:
    """One change: what it is called, what it means, and the question after it."""

    name: str
    meaning: str
    query: MetricQuery
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class MovedAccount:
    """An account whose part of the figure a change altered: its figures before and after, those that differ."""

    account: str
    before: Figures
    after: Figures
    weight: Decimal


@dataclass(frozen=True)
class Step:
    """One change with its part of the difference; `part` is null next to a figure that has no value."""

    leg: Leg
    value: Decimal | None
    part: Decimal | None
    accounts: tuple[MovedAccount, ...]


@dataclass(frozen=True)
class Walk:
    """From `start` to `end` in steps, for one row of the answer (such as one currency)."""

    key: Key
    column: str
    start: Decimal | None
    steps: tuple[Step, ...]

    @property
    def end(self) -> Decimal | None:
        return self.steps[-1].value if self.steps else self.start

    @property
    def difference(self) -> Decimal | None:
        return None if self.start is None or self.end is None else less(self.end, self.start)

    @property
    def acting(self) -> tuple[Step, ...]:
        """The steps that change the figure, or an account's part of it."""
        return tuple(step for step in self.steps if step.part or step.accounts)

    @property
    def idle(self) -> tuple[str, ...]:
        """The names of the steps that change nothing here."""
        return tuple(step.leg.name for step in self.steps if not (step.part or step.accounts))

    def to_json(self) -> dict[str, Any]:
        """The walk as plain data; amounts are decimals with all their digits."""
        return {
            **{name: value.isoformat() if isinstance(value, date) else value for name, value in self.key},
            "start": self.start,
            "steps": [
                {
                    "step": step.leg.name,
                    "meaning": step.leg.meaning,
                    "before": step.leg.before or None,
                    "after": step.leg.after or None,
                    "value": step.value,
                    "part": step.part,
                    "accounts_moved": len(step.accounts),
                    "accounts": [
                        {"account": one.account, "before": one.before, "after": one.after} for one in step.accounts
                    ],
                }
                for step in self.steps
            ],
            "end": self.end,
            "difference": self.difference,
        }


def walk(metric: Metric, first: MetricQuery, legs: Sequence[Leg], ask: Ask, column: str, at: Figures) -> list[Walk]:
    """The walks of every row of the answer to `first` and of those that the legs add.

    `column` is the figure that is followed; `at` picks rows by columns such as age.
    """
    answers = [_values(ask(query), column, at) for query in (first, *(leg.query for leg in legs))]
    people = _people(metric, first, legs, ask, column, at)
    keys = sorted({key for answer in answers for key in answer}, key=str)
    empty = Decimal(0) if metric_kind(metric, column) in ("money", "count") else None
    return [_one(key, column, [answer.get(key, empty) for answer in answers], legs, people) for key in keys]


def _one(
    key: Key,
    column: str,
    values: list[Decimal | None],
    legs: Sequence[Leg],
    people: list[dict[Key, list[MovedAccount]]],
) -> Walk:
    steps, last = [], values[0]
    for leg, value, moved in zip(legs, values[1:], people, strict=True):
        part = None if value is None or last is None else less(value, last)
        steps.append(Step(leg, value, part, tuple(moved.get(key, ()))))
        last = value if value is not None else last
    return Walk(key, column, values[0], tuple(steps))


def less(value: Decimal, other: Decimal) -> Decimal:
    """value - other without rounding.

    >>> less(Decimal("0.05"), Decimal("0.041333333333333333"))
    Decimal('0.008666666666666667')
    """
    with localcontext(prec=80):
        return value - other


def exact(value: Any) -> Decimal | None:
    """A figure as the decimal that it is written as; None stays None.

    >>> exact(0.1), exact(3), exact(None)
    (Decimal('0.1'), Decimal('3'), None)
    """
    if value is None or isinstance(value, Decimal):
        return value
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(int(value))


def metric_kind(metric: Metric, column: str) -> str:
    """What kind of figure a column holds. Raises `InputError` with those that can be followed."""
    kinds = {one.name: one.kind for one in metric.columns}
    allowed = [name for name, kind in kinds.items() if kind in ("money", "count", "rate", "number") and name != "age"]
    if column not in allowed:
        raise InputError(f"{metric.name} has no figure {column!r}; it has: {', '.join(allowed)}")
    return kinds[column]


def key_of(result: MetricResult, row: Mapping[str, Any], *, without: str = "") -> Key:
    """What tells a row of an answer apart, beside its period: currency, dimensions, cohort, age, group."""
    figures = {one.name for one in result.metric.columns if one.kind not in ("cohort", "label")} - {"age"}
    left_out = {"period", without, *figures, "top_accounts"}
    return tuple((name, value) for name, value in row.items() if name not in left_out)


def _values(result: MetricResult, column: str, at: Figures) -> dict[Key, Decimal | None]:
    metric_kind(result.metric, column)
    rows = [row for row in result.arrow.to_pylist() if _matches(row, at)]
    return {key_of(result, row): exact(row[column]) for row in rows}


def _matches(row: Mapping[str, Any], at: Figures) -> bool:
    return all(row.get(name) == value for name, value in at.items())


# accounts


def by_account(query: MetricQuery) -> MetricQuery:
    """The same question account by account."""
    return query if ACCOUNT in query.by else replace(query, by=(*query.by, ACCOUNT))


def account_figures(result: MetricResult, at: Figures) -> dict[tuple[Key, str], Figures]:
    """Of each row and account the whole figures that are not 0: money in micros, and counts."""
    found = {}
    for row, working in zip(result.arrow.to_pylist(), result.working.to_pylist(), strict=True):
        figures = {name: value for name, value in working.items() if _counts(name, value)}
        if figures and row[ACCOUNT] is not None and _matches(row, at):
            found[key_of(result, row, without=ACCOUNT), row[ACCOUNT]] = figures
    return found


NOT_FIGURES = {"idx", "cohort_number", "age", "margin"}


def _counts(name: str, value: Any) -> bool:
    return isinstance(value, int) and value != 0 and name not in NOT_FIGURES


def _people(
    metric: Metric, first: MetricQuery, legs: Sequence[Leg], ask: Ask, column: str, at: Figures
) -> list[dict[Key, list[MovedAccount]]]:
    if metric.splits is not None:
        return [{} for _ in legs]
    before = account_figures(ask(by_account(first)), at)
    found = []
    for leg in legs:
        after = account_figures(ask(by_account(leg.query)), at)
        found.append(_moved(before, after, column))
        before = after
    return found


def _moved(
    before: dict[tuple[Key, str], Figures], after: dict[tuple[Key, str], Figures], column: str
) -> dict[Key, list[MovedAccount]]:
    moved: dict[Key, list[MovedAccount]] = {}
    for key, account in sorted({*before, *after}, key=str):
        was, now = before.get((key, account), {}), after.get((key, account), {})
        names = [name for name in {**was, **now} if was.get(name, 0) != now.get(name, 0)]
        if names:
            before_and_after = (_named_figures(names, was), _named_figures(names, now))
            moved.setdefault(key, []).append(MovedAccount(account, *before_and_after, _weight(names, was, now)))
    for accounts in moved.values():
        accounts.sort(key=lambda one: (-one.weight, one.account))
    return moved


def _named_figures(names: Sequence[str], figures: Figures) -> Figures:
    return {name.removesuffix("_micros"): _major(name, figures.get(name, 0)) for name in names}


def _weight(names: Sequence[str], was: Figures, now: Figures) -> Decimal:
    """How far an account moved: by money where there is any, else by counts."""
    money = [name for name in names if name.endswith("_micros")]
    return Decimal(sum(abs(now.get(name, 0) - was.get(name, 0)) for name in money or names))


def _major(name: str, value: int) -> Decimal | int:
    return Decimal(value) / MICROS if name.endswith("_micros") else value
