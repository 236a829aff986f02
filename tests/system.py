"""The real system asked as the oracle is: facts through the importer into a lake, questions to a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.lake import Lake
from holdfast.metrics import catalog
from holdfast.metrics.policy import Policy, policy
from holdfast.metrics.query import MetricQuery, UsageRules
from holdfast.metrics.result import MetricResult
from holdfast.settings import Settings
from holdfast.sources import import_files
from holdfast.workspace import Workspace
from tests.oracle import Facts, Question
from tests.strategies import write_csv


def stored(folder: Path, facts: Facts) -> Path:
    """A data folder with the facts, brought in as files of each kind."""
    folder.mkdir(parents=True, exist_ok=True)
    lake, settings = Lake(folder / "lake"), Settings.load(folder)
    for kind, file in write_csv(folder / "csv", facts).items():
        report = import_files(lake, settings, kind, [file])
        assert not report.rejected, report.rejects
    return folder


def asked(workspace: Workspace, question: Question, rules: Policy | Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of the answer, money as Decimal."""
    rows: list[dict[str, Any]] = result_of(workspace, question, rules).arrow.to_pylist()
    return rows


def result_of(workspace: Workspace, question: Question, rules: Policy | Mapping[str, str]) -> MetricResult:
    """The whole answer."""
    metric = catalog.find(question.metric)
    query = MetricQuery(
        metric=question.metric,
        start=question.start,
        end=question.end,
        grain=question.grain,  # type: ignore[arg-type]
        today=question.today,
        by=question.by,
        where=tuple(_condition(name, value) for name, value in question.where.items()),
        policy=rules if isinstance(rules, Policy) else policy("holdfast", rules),
        currency=question.currency,
        week_start=question.week_start,  # type: ignore[arg-type]
        margin=question.margin,
        usage=UsageRules(**vars(question.usage)),
        as_of=question.as_of,
        options={option.name: getattr(question, option.name) for option in metric.options},
    )
    return workspace.answer(metric, query)


def _condition(name: str, value: Any) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    return f"{quoted} is null" if value is None else quoted + " = '" + str(value).replace("'", "''") + "'"
