"""Publishing: a month's report is built as always, and every answer that it rests on is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from holdfast import __version__
from holdfast.errors import InputError
from holdfast.facts import TABLES
from holdfast.publishing.frozen import Published, frozen
from holdfast.publishing.store import PublishedReports

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult
    from holdfast.workspace import Workspace


class Recorder:
    """A workspace that remembers what it was asked. Everything is asked as known at one instant."""

    def __init__(self, workspace: Workspace, as_of: datetime) -> None:
        self._workspace = workspace
        self._as_of = as_of
        self.results: list[MetricResult] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._workspace, name)

    def query(self, metric: str, **question: Any) -> MetricResult:
        result = self._workspace.query(metric, **{**question, "as_of": self._as_of})
        if "account" not in result.query.by:
            self.results.append(result)
        return result


def publish(
    workspace: Workspace,
    name: str,
    *,
    month: date | None = None,
    currency: str | None = None,
    policy: str | None = None,
    as_of: Any = None,
    progress: Callable[[str], None] = lambda said: None,
) -> Published:
    """Freeze the report of a month under a name: its figures, its policy, and what was known."""
    from holdfast.report import build_report
    from holdfast.report.html import html
    from holdfast.workspace.asking import instant_of

    reports = PublishedReports(workspace.folder)
    reports.check_free(name)
    if workspace.is_empty():
        raise InputError(
            "there is nothing to publish yet", hint="bring data in with: holdfast import subscriptions FILE"
        )
    moment = instant_of(as_of, workspace.settings.zone) or datetime.now(UTC)
    recorder = Recorder(workspace, moment)
    built = build_report(
        recorder,
        month=month, currency=currency, policy=policy, as_of=moment, progress=progress,
    )  # fmt: skip
    versions = {table: workspace.lake.version(table) for table in TABLES}
    report = Published(
        name=name,
        month=built.month,
        published_at=moment,
        holdfast=__version__,
        tables={table: version for table, version in versions.items() if version is not None},
        answers=tuple(frozen(result) for result in recorder.results),
    )
    page = html(built)
    with workspace.lake.writing():  # two that publish under one name at once: the second is told
        reports.save(report, page)
    return report
