"""What a report says of figures that were published otherwise: the headline ones of months that were over then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from holdfast.charts import words
from holdfast.publishing.compare import Restated, restatements
from holdfast.publishing.store import PublishedReports
from holdfast.report import model

if TYPE_CHECKING:
    from holdfast.publishing.frozen import Published
    from holdfast.workspace import Workspace

HEADLINES = {
    ("mrr-movements", "closing"): "MRR",
    ("customer-churn", "rate"): "Customer churn",
    ("revenue-churn", "gross_rate"): "Revenue churn",
    ("nrr", "rate"): "NRR, 12 months",
    ("grr", "rate"): "GRR, 12 months",
}
MOST = 12


def restated_since(
    workspace: Workspace, month: date | None, progress: Callable[[str], None] = lambda said: None
) -> tuple[model.Restated, ...]:
    """The headline figures, up to `month`, that are not what the last published report said."""
    last = _last(PublishedReports(workspace.folder), month)
    if last is None:
        return ()
    found = [one for one in restatements(workspace, last, progress) if _is_headline(one, last)]
    return tuple(_told(one, last) for one in found[:MOST])


def _last(reports: PublishedReports, month: date | None) -> Published | None:
    loaded = [reports.load(name) for name in reports.names()]
    about = [report for report in loaded if month is None or report.month <= month]
    return max(about, key=lambda report: report.published_at, default=None)


def _is_headline(one: Restated, report: Published) -> bool:
    shown = (one.metric.name, one.column) in HEADLINES
    return shown and str(one.row.get("period", "")) <= report.month.isoformat()


def _told(one: Restated, report: Published) -> model.Restated:
    period = words.period(date.fromisoformat(one.row["period"]), "month")
    return model.Restated(
        label=f"{HEADLINES[one.metric.name, one.column]}, {period}",
        kind=one.kind,
        shown=None if one.published is None else float(one.published),
        now=None if one.today is None else float(one.today),
        shown_on=report.published_at.date(),
        reason=f"published as {report.name}",
        currency=str(one.row.get("currency", "")),
    )
