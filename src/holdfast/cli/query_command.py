"""`holdfast query`: ask for a metric."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from holdfast.cli import question as q
from holdfast.cli.context import told
from holdfast.errors import InputError

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult

Format = Literal["table", "csv", "xlsx", "json", "parquet"]
SUFFIXES: dict[str, Format] = {".csv": "csv", ".xlsx": "xlsx", ".json": "json", ".parquet": "parquet"}


@q.asks(grain=q.GRAIN_OR_PERIOD)
def query(
    context: typer.Context,
    metric: q.Metric,
    *,
    question: q.Question,
    format_: Annotated[
        Format | None, typer.Option("--format", help="how the answer is given; table, or what --out ends with")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="write the answer there instead of printing it")
    ] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="FILE", help="also draw it: .svg, .png or .html")
    ] = None,
) -> None:
    """Ask for a metric over a range of periods, split and filtered, under any policy."""
    with told(), context.obj.open() as workspace:
        result = workspace.query(metric, **question)
        _give(result, format_ or _inferred(out), out)
        if chart is not None:
            _draw(result, chart)


def _inferred(out: Path | None) -> Format:
    """The format that a file's name asks for.

    >>> _inferred(Path("mrr.xlsx")), _inferred(Path("mrr.txt")), _inferred(None)
    ('xlsx', 'table', 'table')
    """
    return "table" if out is None else SUFFIXES.get(out.suffix.lower(), "table")


def _give(result: MetricResult, format_: Format, out: Path | None) -> None:
    from holdfast.cli import output

    if format_ == "table" and out is None:
        output.show(result)
    elif format_ in ("parquet", "xlsx") and out is None:
        raise InputError(f"--format {format_} needs a file", hint=f"add --out FILE.{format_}")
    else:
        output.write(result, format_, out)


def _draw(result: MetricResult, path: Path) -> None:
    from holdfast.charts import save

    save(result.chart(), path)
    typer.echo(f"chart: {path}", err=True)
