"""`holdfast what-if`: what a change in churn, retention or price would do to this company."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from holdfast.cli.context import told
from holdfast.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from holdfast.insights import Outlook
    from holdfast.insights.outlook import Line

NAMES = {
    "mrr": "MRR at the end",
    "revenue": "revenue over the months",
    "ltv": "lifetime value",
    "customers": "customers at the end",
    "monthly_churn": "customer churn a month",
    "annual_retention": "customer retention a year",
}


def what_if(
    context: typer.Context,
    churn: Annotated[
        str | None, typer.Option(metavar="CHANGE", help="move the monthly customer churn: -1pp, or -10% of it")
    ] = None,
    retention: Annotated[
        str | None, typer.Option(metavar="CHANGE", help="move the annual customer retention: +5pp, or +5% of it")
    ] = None,
    price: Annotated[str | None, typer.Option(metavar="CHANGE", help="move all MRR from the first month: +3%")] = None,
    months: Annotated[int, typer.Option(metavar="N", help="how many months to look ahead")] = 12,
    month: Annotated[
        str | None,
        typer.Option(metavar="2026-10", help="begin after that month; after the last complete one by default"),
    ] = None,
    currency: Annotated[str | None, typer.Option(metavar="CODE", help="convert all money into this currency")] = None,
    policy: Annotated[
        str | None, typer.Option(metavar="NAME", help="whose rules; `holdfast policies` lists them")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="as known at the end of that day, or at an instant")
    ] = None,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="how the answer is printed")] = "table",
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="FILE", help="also draw it: .svg, .png or .html")
    ] = None,
) -> None:
    """Show what a change in churn, retention or price would do to MRR, revenue and lifetime value."""
    from rich.console import Console

    from holdfast.insights import look_ahead

    with told():
        begins = _month(month)
        with context.obj.open() as workspace, Console(stderr=True).status("asking") as status:
            outlook = look_ahead(
                workspace, churn=churn, retention=retention, price=price, months=months, month=begins,
                currency=currency, policy=policy, as_of=as_of,
                progress=lambda metric: status.update(f"computing {metric}"),
            )  # fmt: skip
        if format_ == "json":
            typer.echo(json.dumps(outlook.to_json(), ensure_ascii=False, allow_nan=False))
        else:
            show(outlook, Console(highlight=False))
        if chart is not None:
            _draw(outlook, chart)


def _month(text: str | None) -> date | None:
    """The first day of a month written as 2026-10.

    >>> _month("2026-10")
    datetime.date(2026, 10, 1)
    """
    try:
        return None if text is None else date.fromisoformat(f"{text.strip()}-01")
    except ValueError:
        raise InputError(f"--month {text!r} is not a month; write it as 2026-10") from None


def show(outlook: Outlook, console: Console) -> None:
    """The results, month by month, and what they rest on."""
    from rich.text import Text

    from holdfast.insights.assumptions import UNKNOWN

    observation = outlook.observation
    title = f"What if: {', '.join(f'{name} {change}' for name, change in _changes(outlook))}"
    about = f"{outlook.months} months from the close of {observation.month:%B %Y}, {observation.currency}"
    console.print(Text(title, style="bold"))
    console.print(Text(f"{about}, policy {observation.policy}", style="dim"))
    console.print(_results(outlook))
    console.print(_monthly(outlook))
    for heading, lines in (("What it rests on", outlook.assumptions), ("What it does not know", UNKNOWN)):
        console.print(Text(heading, style="bold"))
        console.print(_bullets(lines))


def _bullets(lines: tuple[str, ...]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1, 0, 0))
    for line in lines:
        table.add_row("-", Text(line))
    return table


def _changes(outlook: Outlook) -> list[tuple[str, object]]:
    return [(name, change) for name, change in vars(outlook.changes).items() if change is not None]


def _table(*names: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    for place, name in enumerate(names):
        table.add_column(name, justify="right" if place else "left", no_wrap=True)
    return table


def _results(outlook: Outlook) -> Table:
    table = _table("", "as it is", "changed", "difference")
    for line in outlook.lines:
        table.add_row(NAMES[line.name], *(_cell(value, line) for value in (line.base, line.changed)), _difference(line))
    return table


def _monthly(outlook: Outlook) -> Table:
    table = _table("MRR at the end of", "as it is", "changed", "difference", "customers", "changed")
    for row in outlook.monthly:
        money = [f"{row['mrr_base']:,.0f}", f"{row['mrr_changed']:,.0f}", _signed(f"{row['difference']:,.0f}")]
        people = [f"{row['customers_base']:,.1f}", f"{row['customers_changed']:,.1f}"]
        table.add_row(f"{row['month']:%b %Y}", *money, *people)
    return table


def _cell(value: float | None, line: Line) -> str:
    if value is None:
        return "–"
    if line.kind == "rate":
        return f"{value:.2%}".replace("%", " %")
    return f"{value:,.1f}" if line.kind == "count" else f"{value:,.0f}"


def _difference(line: Line) -> str:
    if line.difference is None:
        return "–"
    if line.kind == "rate":
        return _signed(f"{line.difference * 100:,.2f}") + " points"
    return _signed(_cell(line.difference, line))


def _signed(text: str) -> str:
    """A difference with its sign; a zero has none.

    >>> _signed("12.0"), _signed("-3"), _signed("-0.00")
    ('+12.0', '−3', '0.00')
    """
    bare = text.lstrip("-")
    if not bare.strip("0.,"):
        return bare
    return f"−{bare}" if text.startswith("-") else f"+{bare}"


def _draw(outlook: Outlook, path: Path) -> None:
    from holdfast.charts import save
    from holdfast.charts.paths import paths

    said = ", ".join(f"{name} {change}" for name, change in _changes(outlook))
    currency = outlook.observation.currency
    months = [(row["month"], row["mrr_base"], row["mrr_changed"]) for row in outlook.monthly]
    chart = paths(months, title=f"MRR with {said}", subtitle=f"{currency}, at the end of each month", currency=currency)
    save(chart, path)
    typer.echo(f"chart: {path}", err=True)
