"""`holdfast events`: what arrives, as it arrives, and what did not go in."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from holdfast.cli.context import told
from holdfast.cli.printable import printable

if TYPE_CHECKING:
    from holdfast.collector.events.status import KeptEvent, SeenEvent

LOOK_SECONDS = 0.5
NAME, ID = 40, 24
Format = Annotated[
    Literal["table", "json"], typer.Option("--format", help="how it is printed: json is a line an event")
]
Source = Annotated[str | None, typer.Option(metavar="NAME", help="only what this source sent")]

events = typer.Typer(name="events", help="See what arrives, and what did not go in and why.", no_args_is_help=True)


@events.command()
def tail(
    context: typer.Context,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="go on, and show what arrives; Ctrl-C ends it")
    ] = False,
    source: Source = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=2_000, help="how many of the latest")] = 20,
    format_: Format = "table",
) -> None:
    """Show the latest events and what became of each. It works while `holdfast collect` runs."""
    from holdfast.collector.events.status import latest

    data = Path(context.obj.data)
    with told():
        found = latest(data, source=source, limit=limit)
        _show_seen(found, format_, first=True)
        if not found and format_ == "table":
            typer.echo(
                "No events arrived yet. `holdfast keys create --source web` makes a key to send them with.", err=True
            )
        after = found[-1].place if found else (0, -1)
        while follow:
            time.sleep(LOOK_SECONDS)
            found = latest(data, after=after, source=source, limit=2_000)
            _show_seen(found, format_, first=False)
            after = found[-1].place if found else after


@events.command()
def rejected(
    context: typer.Context,
    source: Source = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="how many of the latest, of each kind")] = 20,
    format_: Format = "table",
) -> None:
    """Show the latest events that did not go in, why, and as they were sent: those that cannot be stored, and those
    whose id came before with other content.
    """
    from holdfast.collector.events.status import kept

    data = Path(context.obj.data)
    with told():
        found = [one for outcome in ("rejected", "conflict") for one in kept(data, outcome, source=source, limit=limit)]
    if format_ == "json":
        _as_lines(found)
    elif not found:
        typer.echo("Nothing was rejected, and nothing is in conflict.")
    else:
        _show_kept(found)


def _show_seen(found: Sequence[SeenEvent], format_: str, *, first: bool) -> None:
    if format_ == "json":
        _as_lines(found)
        return
    if first and found:
        typer.echo(f"{'received (UTC)':<19}  {'outcome':<9}  {'source':<10}  event")
    for one in found:
        outcome = typer.style(f"{one.outcome:<9}", fg=None if one.outcome == "accepted" else "yellow")
        typer.echo(f"{one.received:%Y-%m-%d %H:%M:%S}  {outcome}  {printable(one.source, 10):<10}  {_told(one)}")


def _told(one: SeenEvent) -> str:
    """An event in one line: what it was, and who."""
    if one.type is None:
        return one.reason or ""
    what = one.type if one.event is None else f"{one.type} '{printable(one.event, NAME)}'"
    who = [
        f"{name} {printable(given, ID)}"
        for name, given in (("user", one.user_id), ("anonymous", one.anonymous_id), ("account", one.account_id))
        if given is not None
    ]
    late = [f"time {one.time_note}"] if one.time_note not in {None, "missing"} else []
    return ", ".join([what, *(who or ["nobody"]), *late])


def _show_kept(found: Sequence[KeptEvent]) -> None:
    for one in found:
        line = f"{one.received:%Y-%m-%d %H:%M:%S}  {one.outcome:<8}  {printable(one.source, 20)}: "
        typer.echo(line + printable(one.reason))
        typer.echo(f"    {printable(one.raw, 400)}")


def _as_lines(events: Iterable[SeenEvent | KeptEvent]) -> None:
    for one in events:
        typer.echo(json.dumps(one.to_json()))
