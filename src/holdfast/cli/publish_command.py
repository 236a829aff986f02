"""`holdfast publish` and `holdfast published`: reports frozen, and where today's figures differ from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import question as q
from holdfast.cli.context import told
from holdfast.cli.explain_command import Format, progress

if TYPE_CHECKING:
    from holdfast.explain.blocks import Block
    from holdfast.publishing.compare import Restated
    from holdfast.publishing.frozen import Published

MOST_SHOWN = 40


def publish(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="what it is called, such as board-2026-10", metavar="NAME")],
    month: Annotated[
        str | None, typer.Option(metavar="2026-10", help="the month it is about; the last one that is over")
    ] = None,
    currency: q.Currency = None,
    policy: q.PolicyName = None,
    as_of: q.AsOf = None,
) -> None:
    """Freeze a month's report under a name: its figures, its policy, and what was known."""
    from holdfast.metrics.naming import day_in
    from holdfast.publishing.publish import publish as published

    with told(), context.obj.open() as workspace, progress() as say:
        from holdfast.publishing.store import PublishedReports

        about = day_in(month, "--month").replace(day=1) if month else None
        report = published(workspace, name, month=about, currency=currency, policy=policy, as_of=as_of, progress=say)
        page = PublishedReports(workspace.folder).page(name)
    typer.echo(f"Published {name}: {report.figures:,} figures of {report.month:%B %Y}, policy {report.policy}.")
    typer.echo(f"Page: {page}")
    typer.echo(f"Where today's figures differ from it: holdfast published {name}")


def published(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="one report, with every figure that differs", metavar="NAME")
    ] = None,
    format_: Format = "table",
) -> None:
    """Show where today's figures differ from what was published."""
    with told(), context.obj.open() as workspace, progress() as say:
        from holdfast.publishing.compare import causes, restatements
        from holdfast.publishing.store import PublishedReports

        reports = PublishedReports(workspace.folder)
        wanted = [reports.load(one) for one in ([name] if name else reports.names())]
        found = [(report, restatements(workspace, report, say)) for report in wanted]
        why = causes(workspace, found[0][0], found[0][1], say) if name else []
    if format_ == "json":
        from holdfast.metrics.exact_json import exact_json

        typer.echo(exact_json([_plain(*one) for one in found]))
        return
    from rich.console import Console

    from holdfast.explain import tell
    from holdfast.explain.blocks import show

    blocks = _one(*found[0]) if name else _all(found)
    for difference in why:
        blocks += tell.diff(difference)
    show(blocks, Console(highlight=False))


def _all(found: Sequence[tuple[Published, Sequence[Restated]]]) -> list[Block]:
    from holdfast.explain.blocks import Grid, Text

    if not found:
        return [
            Text("Nothing is published yet. `holdfast publish board-2026-10` freezes the report of the last month.")
        ]
    rows = tuple(
        (
            report.name,
            f"{report.month:%b %Y}",
            f"{report.published_at:%Y-%m-%d %H:%M}",
            report.policy,
            f"{report.figures:,}",
            f"{len(restated):,}",
        )
        for report, restated in found
    )
    return [Grid(("report", "month", "published (UTC)", "policy", "figures", "differ today"), rows, frozenset({4, 5}))]


def _one(report: Published, restated: Sequence[Restated]) -> list[Block]:
    from holdfast.explain.blocks import Grid, Heading, Text

    when = f"published {report.published_at:%Y-%m-%d %H:%M} UTC"
    said = f"{report.name}: {report.month:%B %Y}, {when}, policy {report.policy}"
    if not restated:
        return [Heading(said, 1), Text(f"All {report.figures:,} figures are the same today.")]
    shown = [_row(one) for one in restated[:MOST_SHOWN]]
    more = f"the first {MOST_SHOWN} of {len(restated):,}" if len(restated) > MOST_SHOWN else ""
    count = (
        f"{len(restated):,} of {report.figures:,} figures differ today, asked under the published policy and measured "
    )
    return [
        Heading(said, 1),
        Text(f"{count}at the published day."),
        Grid(
            ("metric", "of", "figure", "published", "today", "difference"),
            tuple(shown),
            frozenset({3, 4, 5}),
            caption=more,
        ),
    ]


def _row(one: Restated) -> tuple[str, ...]:
    from holdfast.explain.tell import value

    figures = (value(one.published, one.kind), value(one.today, one.kind), value(one.difference, one.kind, signed=True))
    return (one.metric.name, _where(one.row), one.column.replace("_", " "), *figures)


def _where(row: Mapping[str, Any]) -> str:
    return ", ".join(_said(name, value) for name, value in row.items())


def _said(name: str, value: Any) -> str:
    if name in ("period", "cohort") and value:
        return f"{date.fromisoformat(value):%b %Y}"
    return f"{name} {value}" if name == "age" else str(value or "(unknown)")


def _plain(report: Published, restated: Sequence[Restated]) -> dict[str, Any]:
    return {
        "name": report.name,
        "month": report.month,
        "published_at": report.published_at,
        "policy": report.policy,
        "figures": report.figures,
        "differ_today": [
            {
                "metric": one.metric.name,
                **one.row,
                "figure": one.column,
                "published": one.published,
                "today": one.today,
                "difference": one.difference,
            }
            for one in restated
        ],
    }
