"""The questions of a report, put to a workspace one by one; the definitions of the answers are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from holdfast.report.model import Definition

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult


class Asked(Protocol):
    """What a report needs of a workspace."""

    @property
    def today(self) -> date: ...
    @property
    def settings(self) -> Any: ...
    def is_empty(self) -> bool: ...
    @property
    def engine(self) -> Any: ...
    def query(self, metric: str, **question: Any) -> MetricResult: ...
    def table(self, name: str, *, as_of: Any = None) -> Any: ...


@dataclass
class Questions:
    """A workspace with the conditions that hold for the whole report."""

    workspace: Asked
    policy: str | None
    currency: str | None
    as_of: Any = None
    progress: Callable[[str], None] = lambda said: None
    definitions: dict[str, Definition] = field(default_factory=dict)

    def ask(self, metric: str, start: date, end: date, by: str | tuple[str, ...] = ()) -> MetricResult:
        self.progress(metric)
        result = self.workspace.query(
            metric, start=start, end=end, grain="month", by=by, policy=self.policy, currency=self.currency,
            as_of=self.as_of,
        )  # fmt: skip
        self._define(result.metric)
        return result

    def names(self, accounts: list[str]) -> dict[str, str]:
        """The display names of accounts, where they have one."""
        if not accounts:
            return {}
        known = self.workspace.table("accounts", as_of=self.as_of)
        wanted = known.filter(known.account_id.isin(accounts)).select("account_id", "name")
        found = self.workspace.engine.to_arrow(wanted).to_pylist()
        return {row["account_id"]: one_line(row["name"]) for row in found if row["name"]}

    def _define(self, metric: Any) -> None:
        number = len(self.definitions) + 1
        told = Definition(number, metric.title, metric.definition, metric.formula, metric.name)
        self.definitions.setdefault(metric.name, told)


UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
"""Line breaks, control characters, and marks that turn the direction of what follows them."""


def one_line(text: str) -> str:
    """A name as it can stand in the middle of a sentence.

    >>> one_line("Acme\\nInc."), one_line("evil \\u202etxt")
    ('Acme Inc.', 'evil txt')
    """
    return UNSEEN.sub(" ", text).replace("  ", " ").strip()


def records(result: MetricResult, currency: str | None = None) -> list[dict[str, Any]]:
    """The rows of an answer; of one currency where it is split by them."""
    rows: list[dict[str, Any]] = result.arrow.to_pylist()
    if currency is None or "currency" not in result.arrow.column_names:
        return rows
    return [row for row in rows if row["currency"] == currency]


def currencies(result: MetricResult, wanted: str | None, home: str) -> tuple[str, ...]:
    """The currencies of an answer, the company's own first; the one asked for where one was."""
    if wanted or "currency" not in result.arrow.column_names:
        return (wanted or home,)
    found = {code for code in result.arrow["currency"].to_pylist() if code}
    return tuple(sorted(found, key=lambda code: (code != home, code))) or (home,)
