"""`holdfast sources`: what each source sent, and that nothing of it is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from holdfast.cli.context import told
from holdfast.cli.printable import printable

if TYPE_CHECKING:
    from holdfast.collector.events.status import Arrivals, SourceStatus
    from holdfast.explain.blocks import Block

COUNTS = ("received", "accepted", "rejected", "duplicate", "conflict")


def sources(
    context: typer.Context,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="how it is printed")] = "table",
) -> None:
    """Show what each source of events sent, what became of it, and whether all of it is accounted for.

    received = accepted + rejected + duplicate + conflict, and accepted = loaded + pending + erased. What is loaded is
    counted in the lake. Exit status 1 where something is missing. It works while `holdfast collect` runs.
    """
    from holdfast.collector.events.status import arrivals

    with told():
        found = arrivals(Path(context.obj.data), count=True)
    if format_ == "json":
        typer.echo(json.dumps(found.to_json()))
    else:
        from rich.console import Console

        from holdfast.explain.blocks import show

        show(blocks(found, datetime.now(UTC)), Console(highlight=False))
    raise typer.Exit(0 if all(one.holds for one in found.sources) and not found.lost else 1)


def blocks(found: Arrivals, now: datetime) -> list[Block]:
    """The sources as tables that fit a terminal: what arrived, and where it is."""
    from holdfast.explain.blocks import Grid, Text

    if not found.sources and not found.waiting_requests:
        return [Text("No events arrived yet. `holdfast keys create --source web` makes a key to send them with.")]
    told: list[Block] = []
    if found.sources:
        arrived = tuple((_name(one), *(f"{getattr(one, name):,}" for name in COUNTS)) for one in found.sources)
        told.append(Grid(("source", *COUNTS), arrived, frozenset(range(1, 6))))
        where = tuple((_name(one), *(f"{count or 0:,}" for count in _places(one)), _last(one)) for one in found.sources)
        told.append(
            Grid(("source", "loaded", "pending", "erased", "in the lake", "last (UTC)"), where, frozenset(range(1, 5)))
        )
    told.extend(Text(line) for line in _lines(found, now))
    return told


def _lines(found: Arrivals, now: datetime) -> list[str]:
    lines = []
    if found.oldest_waiting:
        age = max(0, int((now - found.oldest_waiting).total_seconds()))
        one = found.waiting_requests == 1
        waits = "1 request waits" if one else f"{found.waiting_requests:,} requests wait"
        lines.append(f"{waits} to be looked into{'' if one else ', the oldest'} for {age:,} s.")
    wrong = [printable(one.source) for one in found.sources if not one.holds]
    if wrong:
        lines.append(f"The counts do not add up: {', '.join(wrong)}.")
    elif found.sources:
        lines.append("Everything that was received is accounted for.")
    lines += [f"Requests {first:,} to {last:,} are lost: {reason}." for first, last, reason in found.lost]
    if any(one.rejected or one.conflict for one in found.sources):
        lines.append("See what did not go in, and why, with: holdfast events rejected")
    if found.refused_requests:
        lines.append(f"{found.refused_requests:,} requests could not be read at all, and are kept in the inbox.")
    return lines


def _places(one: SourceStatus) -> tuple[int | None, ...]:
    """Where the accepted events are."""
    return one.loaded, one.pending, one.erased, one.in_lake


def _name(one: SourceStatus) -> str:
    return printable(one.source, 20)


def _last(one: SourceStatus) -> str:
    return "–" if one.last_received is None else f"{one.last_received:%Y-%m-%d %H:%M}"
