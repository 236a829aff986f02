"""`holdfast metrics` and `holdfast policies`: what there is and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from holdfast.cli.context import told

if TYPE_CHECKING:
    from rich.table import Table

    from holdfast.metrics.policy import Policy

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
