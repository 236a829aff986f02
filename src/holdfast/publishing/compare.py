"""Where today's figures differ from what was published: the same questions, asked with what is known now.

They are asked under the published policy and measured at the published day, so that a difference is a restatement:
something that was learnt since, not time that passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from holdfast.explain.diff import Diff
from holdfast.explain.walk import exact, less
from holdfast.metrics.registry import Metric
from holdfast.publishing.frozen import FrozenAnswer, Published, is_figure

if TYPE_CHECKING:
    from holdfast.workspace import Workspace

ALMOST = Decimal("1e-12")
"""Shares that differ by less are the same share, computed in another order."""


@dataclass(frozen=True)
class Restated:
    """One figure that is not what it was."""

    metric: Metric
    row: Mapping[str, Any]
    """What tells the row apart: period or cohort, age, currency, dimensions."""
    column: str
    kind: str
    published: Decimal | None
    today: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        return None if self.published is None or self.today is None else less(self.today, self.published)


def restatements(
    workspace: Workspace, report: Published, progress: Callable[[str], None] = lambda said: None
) -> list[Restated]:
    """Every figure of the report that is another one today."""
    found: list[Restated] = []
    for answer in report.answers:
        progress(f"{report.name}: {answer.query.metric}")
        found += _restated(workspace, answer)
    return list({(one.metric.name, str(dict(one.row)), one.column): one for one in found}.values())


def _restated(workspace: Workspace, answer: FrozenAnswer) -> Iterator[Restated]:
    from holdfast.metrics import catalog

    metric = catalog.find(answer.query.metric)
    now = workspace.answer(metric, replace(answer.query, as_of=None)).arrow.to_pylist()
    kinds = {
        column.name: column.kind for column in metric.columns if column.kind in ("money", "count", "rate", "number")
    }
    then, today = _by_key(answer.rows, kinds), _by_key(now, kinds)
    for key in dict.fromkeys([*then, *today]):
        was, is_now = then.get(key, {}), today.get(key, {})
        for column in dict.fromkeys([*was, *is_now]):
            one, other = was.get(column), is_now.get(column)
            if not same(one, other):
                yield Restated(metric, dict(key), column, kinds[column], one, other)


def _by_key(rows: Iterable[Mapping[str, Any]], kinds: Mapping[str, str]) -> dict[tuple[Any, ...], dict[str, Any]]:
    found = {}
    for row in rows:
        figures = {
            name: exact(value) for name, value in row.items() if name in kinds and name != "age" and is_figure(value)
        }
        key = tuple((name, _plain(value)) for name, value in row.items() if name not in kinds or name == "age")
        found[tuple(one for one in key if not isinstance(one[1], bool) and one[0] != "top_accounts")] = figures
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, Decimal) else value


def same(one: Decimal | None, other: Decimal | None) -> bool:
    """Whether two figures are the same.

    >>> same(Decimal("0.1"), Decimal("0.10000000000000001")), same(None, Decimal(0)), same(Decimal(1), Decimal(2))
    (True, False, False)
    """
    if one is None or other is None:
        return one is other
    return abs(less(one, other)) <= ALMOST * max(Decimal(1), abs(one))


def causes(
    workspace: Workspace, report: Published, found: Iterable[Restated], progress: Callable[[str], None]
) -> list[Diff]:
    """Why the report's own month was restated: a difference by cause and account for each metric concerned."""
    month = report.month.isoformat()
    concerned = {one.metric.name: one for one in found if one.row.get("period") == month}
    answers = {answer.query.metric: answer for answer in report.answers}
    told = []
    for name, one in concerned.items():
        query = answers[name].query
        earlier = replace(query, start=report.month, end=report.month)
        column = one.metric.figure
        told.append(workspace.inquire(progress).diff(one.metric, earlier, replace(earlier, as_of=None), column, None))
    return told
