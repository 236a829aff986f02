"""`holdfast metrics`, `holdfast explain` and `holdfast policies`: what there is and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from holdfast.cli.context import told
from holdfast.cli.pairs import pairs

if TYPE_CHECKING:
    from rich.table import Table

    from holdfast.metrics.policy import Policy
    from holdfast.metrics.registry import Metric

UNLIMITED = 1_000


def metrics(
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="how the list is printed")] = "table",
) -> None:
    """List every metric with what it says."""
    import json

    from holdfast.metrics import catalog

    found = catalog.load().values()
    if format_ == "json":
        typer.echo(
            json.dumps(
                [{"metric": m.name, "unit": m.unit, "title": m.title, "definition": m.definition} for m in found]
            )
        )
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table("metric", "unit", "what it says", box=box.SIMPLE_HEAD, pad_edge=False)
    for metric in found:
        table.add_row(metric.name, metric.unit, metric.definition)
    Console(highlight=False).print(table)


def explain(
    context: typer.Context,
    metric: Annotated[str, typer.Argument(help="a metric; `holdfast metrics` lists them", metavar="METRIC")],
    policy: Annotated[str | None, typer.Option(metavar="NAME", help="whose rules")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="SWITCH=VALUE", help="another value for one rule")
    ] = None,
) -> None:
    """Print a metric's definition, formula, policy and the SQL that computes it."""
    from holdfast.metrics import catalog

    with told():
        found = catalog.find(metric)
        with context.obj.open() as workspace:
            chosen = workspace.policy(policy, pairs("--set", set_))
            sql = workspace.query(metric, policy=policy, set=pairs("--set", set_)).sql
        _show(found, chosen, sql)


def _show(metric: Metric, policy: Policy, sql: str) -> None:
    from rich.console import Console
    from rich.text import Text

    from holdfast.metrics.policy import SWITCHES

    console = Console(highlight=False)
    console.print(Text(f"{metric.title} ({metric.name}, {metric.unit})", style="bold"))
    console.print(Text(metric.definition))
    console.print(Text.assemble(("\nFormula  ", "bold"), metric.formula))
    if metric.reference:
        console.print(Text.assemble(("Source   ", "bold"), metric.reference))
    console.print(Text.assemble(("From     ", "bold"), ", ".join(metric.sources)))
    console.print(Text.assemble(("\nColumns", "bold")))
    console.print(_grid([(column.name, column.meaning) for column in metric.columns]))
    console.print(Text.assemble((f"\nPolicy {policy.name}", "bold"), "  (* not the default)"))
    marks = {switch: "*" if switch in policy.differences else "" for switch in metric.heeds}
    console.print(
        _grid([(switch, policy[switch] + marks[switch], SWITCHES[switch].meaning) for switch in metric.heeds])
    )
    console.print(Text.assemble(("\nSQL as run", "bold")))
    console.print(sql, markup=False, soft_wrap=True)


def _grid(rows: list[tuple[str, ...]]) -> Table:
    """Text in columns, each wrapped inside its own."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 2))
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def policies(context: typer.Context) -> None:
    """Show every preset and the company's own policies side by side."""
    from rich.console import Console

    from holdfast.metrics.policy import PRESETS, policy
    from holdfast.settings import Settings

    with told():
        own = Settings.load(context.obj.data).policies
        chosen = [policy(name, own=own) for name in (*PRESETS, *own)]
        console = Console(highlight=False)
        table = _side_by_side(chosen)
        if console.measure(table, options=console.options.update_width(UNLIMITED)).maximum > console.width:
            console.print(
                _grid([("holdfast", _values(chosen[0])), *((one.name, _differences(one)) for one in chosen[1:])])
            )
        else:
            console.print(table)
            console.print("= means the same as the first column.", style="dim")


def _side_by_side(chosen: list[Policy]) -> Table:
    from rich import box
    from rich.table import Table

    from holdfast.metrics.policy import SWITCHES

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("switch", *(one.name for one in chosen)):
        table.add_column(name, no_wrap=True)
    for switch in SWITCHES:
        cells = [one[switch] if number == 0 or switch in one.differences else "=" for number, one in enumerate(chosen)]
        table.add_row(switch, *cells)
    return table


def _values(one: Policy) -> str:
    return ", ".join(f"{switch}={value}" for switch, value in one.switches)


def _differences(one: Policy) -> str:
    found = ", ".join(f"{switch}={value}" for switch, value in one.differences.items())
    return f"as holdfast, but {found}" if found else "as holdfast"
