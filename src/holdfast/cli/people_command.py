"""`holdfast people`: which ids turned out to be one person, and how that is taken back."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from holdfast.cli.context import told
from holdfast.cli.printable import printable

people = typer.Typer(
    name="people", help="See which ids are one person, and take a wrong link back.", no_args_is_help=True
)
Anonymous = Annotated[str, typer.Argument(metavar="ANONYMOUS", help="the anonymous id, or the id before it changed")]
User = Annotated[str, typer.Argument(metavar="USER", help="the user's id")]


@people.command()
def links(
    context: typer.Context,
    of: Annotated[str | None, typer.Argument(metavar="ID", help="only those of this user or anonymous id")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="how many of the latest")] = 50,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="how it is printed")] = "table",
) -> None:
    """List the pairs of ids that were found to be one person."""
    from rich.console import Console

    from holdfast.collector.events.people import links as found_links
    from holdfast.explain.blocks import Grid, show

    with told(), context.obj.open() as workspace:
        found = found_links(workspace.lake, of=of, limit=limit)
    if format_ == "json":
        typer.echo(json.dumps([vars(one) for one in found], default=lambda moment: moment.isoformat()))
    elif not found:
        typer.echo("No ids are linked." if of is None else f"{printable(of)} is linked with no other id.")
    else:
        rows = tuple(
            (printable(one.anonymous_id), printable(one.user_id), str(one.linked_day), one.source) for one in found
        )
        show([Grid(("anonymous id", "user", "since", "from"), rows)], Console(highlight=False))


@people.command()
def unlink(context: typer.Context, anonymous: Anonymous, user: User) -> None:
    """Take a link back: the two are different people from now on, whatever events say."""
    from holdfast.collector.events.people import unlink as taken_back

    with told():
        taken_back(Path(context.obj.data), anonymous, user)
    undo = f"holdfast people link {shlex.quote(printable(anonymous))} {shlex.quote(printable(user))}"
    typer.echo(f"{printable(anonymous)} and {printable(user)} are two people now. Undo it with: {undo}")


@people.command()
def link(context: typer.Context, anonymous: Anonymous, user: User) -> None:
    """Say that two ids are one person: by hand, or again after `unlink`."""
    from holdfast.collector.events.people import link as linked

    with told():
        linked(Path(context.obj.data), anonymous, user)
    typer.echo(f"{printable(anonymous)} and {printable(user)} are one person.")
