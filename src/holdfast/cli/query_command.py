"""`holdfast query`: ask for a metric."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from holdfast.cli.context import told
from holdfast.cli.pairs import pairs
from holdfast.errors import InputError

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult

Format = Literal["table", "csv", "json", "parquet"]


def query(
    context: typer.Context,
    metric: Annotated[str, typer.Argument(help="a metric; `holdfast metrics` lists them", metavar="METRIC")],
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="first day; twelve periods back by default")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE", help="last day; the as-of day by default")] = None,
    grain: Annotated[str | None, typer.Option(metavar="GRAIN", help="day, week, month, quarter or year")] = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="DIM", help="split by plan, product, currency, cohort, account or any attribute"),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", metavar="CONDITION", help="such as \"country = 'DE'\"")
    ] = None,
    policy: Annotated[
        str | None, typer.Option(metavar="NAME", help="whose rules; `holdfast policies` lists them")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="SWITCH=VALUE", help="another value for one rule")
    ] = None,
    currency: Annotated[str | None, typer.Option(metavar="CODE", help="convert all money into this currency")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="as known at the end of that day, or at an instant")
    ] = None,
    window: Annotated[
        int | None, typer.Option(metavar="MONTHS", help="months that nrr and grr look back; 12 by default")
    ] = None,
    cohort_by: Annotated[
        str | None, typer.Option(metavar="DIM", help="what makes the cohorts of a cohort metric, in place of the month")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="how the answer is printed")] = "table",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="write the answer there instead of printing it")
    ] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="FILE", help="also draw it: .svg, .png or .html")
    ] = None,
) -> None:
    """Ask for a metric over a range of periods, split and filtered, under any policy."""
    with told():
        options = {} if window is None else {"window": window}
        with context.obj.open() as workspace:
            result = workspace.query(
                metric, start=from_, end=to, grain=grain, by=by or (), where=where or (), policy=policy,
                set=pairs("--set", set_), currency=currency, as_of=as_of, cohort_by=cohort_by, **options,
            )  # fmt: skip
            _give(result, format_, out)
            if chart is not None:
                _draw(result, chart)


def _give(result: MetricResult, format_: Format, out: Path | None) -> None:
    from holdfast.cli import output

    if format_ == "table" and out is None:
        output.show(result)
    elif format_ == "parquet" and out is None:
        raise InputError("--format parquet needs a file", hint="add --out FILE.parquet")
    else:
        output.write(result, format_, out)


def _draw(result: MetricResult, path: Path) -> None:
    from holdfast.charts import save

    save(result.chart(), path)
    typer.echo(f"chart: {path}", err=True)
