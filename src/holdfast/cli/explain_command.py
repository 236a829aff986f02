"""`holdfast explain`, `holdfast bridge` and `holdfast diff`: a number questioned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from holdfast.cli import question as q
from holdfast.cli.context import told
from holdfast.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from holdfast.explain.blocks import Block

Format = Annotated[Literal["table", "json"], typer.Option("--format", help="how it is printed")]
SET_FROM = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SWITCH=VALUE", help="another value for one rule of the policy it starts from"),
]
Chart = Annotated[Path | None, typer.Option("--chart", metavar="FILE", help="also draw it: .svg, .png or .html")]


@q.asks(grain=q.GRAIN_OR_PERIOD)
def explain(
    context: typer.Context,
    metric: q.Metric,
    *,
    rows: Annotated[
        str | None,
        typer.Option(
            "--rows", metavar="PERIOD", help="one period's number: its accounts with their facts, and what mattered"
        ),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="how many accounts --rows shows")] = 20,
    question: q.Question,
    sql: Annotated[bool, typer.Option("--sql/--no-sql", help="whether the SQL is printed")] = True,
    format_: Format = "table",
) -> None:
    """Explain a metric's number: formula with its figures, policy, rows in and out, SQL, and the accounts behind it."""
    with told(), context.obj.open() as workspace, progress() as say:
        from holdfast.explain import tell

        result = workspace.query(metric, **question)
        explained = workspace.inquire(say).explain(result, rows, limit)
        blocks = tell.explanation(explained, sql=sql)
        answer = explained.to_json() if format_ == "json" else None
    _print(blocks, answer)


@q.asks("start", "end", "policy", "cohort_by", set=SET_FROM)
def bridge(
    context: typer.Context,
    metric: q.Metric,
    *,
    to_policy: Annotated[str, typer.Option("--to-policy", metavar="NAME", help="whose number it leads to")],
    from_policy: Annotated[
        str | None,
        typer.Option("--from-policy", metavar="NAME", help="whose number it starts from; your own by default"),
    ] = None,
    period: q.Period = None,
    column: q.Column = None,
    age: q.Age = None,
    question: q.Question,
    format_: Format = "table",
    chart: Chart = None,
) -> None:
    """Show what each rule contributes to the difference between two policies, adding up exactly."""
    with told(), context.obj.open() as workspace, progress() as say:
        from holdfast.explain import tell

        found = workspace.bridge(
            metric, to_policy, from_policy, period=period, column=column, age=age, progress=say, **question
        )
        blocks, answer = tell.bridge(found), found.to_json() if format_ == "json" else None
        drawn = None if chart is None else found.chart()
    _print(blocks, answer)
    _draw(drawn, chart)


@q.asks("start", "end", "as_of", "cohort_by")
def diff(
    context: typer.Context,
    metric: q.Metric,
    *,
    as_of: Annotated[
        list[str] | None,
        typer.Option(
            "--as-of", metavar="DATE", help="given once: from then to now; given twice: from the one to the other"
        ),
    ] = None,
    period: q.Period = None,
    column: q.Column = None,
    age: q.Age = None,
    question: q.Question,
    format_: Format = "table",
    chart: Chart = None,
) -> None:
    """Show what changed since a number was last shown, by account and by cause."""
    with told(), context.obj.open() as workspace, progress() as say:
        from holdfast.explain import tell

        first, last = _two(as_of)
        found = workspace.diff(metric, first, last, period=period, column=column, age=age, progress=say, **question)
        blocks, answer = tell.diff(found), found.to_json() if format_ == "json" else None
        drawn = None if chart is None else found.chart()
    _print(blocks, answer)
    _draw(drawn, chart)


def _two(as_of: Sequence[str] | None) -> tuple[str, str | None]:
    if not as_of or len(as_of) > 2:
        raise InputError(
            f"diff compares two times; {len(as_of or ())} were given",
            hint="--as-of 2026-10-31 compares with now, --as-of 2026-10-31 --as-of 2026-11-15 those two",
        )
    return as_of[0], as_of[1] if len(as_of) == 2 else None


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on stderr that says what is being computed, where a person looks at it."""
    from rich.console import Console

    with Console(stderr=True).status("computing") as status:
        yield status.update


def _print(blocks: Sequence[Block], answer: dict[str, Any] | None) -> None:
    if answer is not None:
        from holdfast.metrics.exact_json import exact_json

        typer.echo(exact_json(answer))
        return
    from rich.console import Console

    from holdfast.explain.blocks import show

    show(blocks, Console(highlight=False))


def _draw(drawing: Any, path: Path | None) -> None:
    if drawing is None or path is None:
        return
    from holdfast.charts import save

    save(drawing, path)
    typer.echo(f"chart: {path}", err=True)
