"""`holdfast accounts`: accounts that turned out to be one."""

from __future__ import annotations

import shlex
from typing import Annotated, Literal

import typer

from holdfast.cli.context import told

accounts = typer.Typer(
    name="accounts", help="Merge accounts that are one customer, and take merges back.", no_args_is_help=True
)
KnownAt = Annotated[
    str | None, typer.Option("--known-at", metavar="INSTANT", help="known since then, for a back-fill; now by default")
]


@accounts.command()
def merge(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="the account that goes into the other")],
    into: Annotated[str, typer.Argument(help="the account that it is counted as")],
    reason: Annotated[str, typer.Option(help="why, in your words")] = "",
    known_at: KnownAt = None,
) -> None:
    """Count one account as another from now on; facts keep their account, so that it can be undone."""
    from holdfast.workspace.asking import instant_of
    from holdfast.workspace.merging import merge as merged

    with told(), context.obj.open() as workspace:
        merged(workspace.lake, account, into, reason, instant_of(known_at, workspace.settings.zone))
    undo = f"holdfast accounts unmerge {shlex.quote(account)}"
    typer.echo(f"{account} is counted as {into} now. Undo it with: {undo}")


@accounts.command()
def unmerge(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="the account that was merged into another")],
    known_at: KnownAt = None,
) -> None:
    """Take a merge back."""
    from holdfast.workspace.asking import instant_of
    from holdfast.workspace.merging import unmerge as taken_apart

    with told(), context.obj.open() as workspace:
        into = taken_apart(workspace.lake, account, instant_of(known_at, workspace.settings.zone))
    typer.echo(f"{account} and {into} are two accounts again.")


@accounts.command()
def merges(
    context: typer.Context,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="how the list is printed")] = "table",
) -> None:
    """List the merges that hold."""
    import json

    from rich.console import Console

    from holdfast.explain.blocks import Grid, show
    from holdfast.workspace.merging import standing_merges

    with told(), context.obj.open() as workspace:
        found = standing_merges(workspace.lake)
    if format_ == "json":
        listed = [{**vars(one), "since": one.since.isoformat()} for one in found]
        typer.echo(json.dumps(listed, ensure_ascii=False))
        return
    if not found:
        typer.echo("No accounts are merged. `holdfast accounts merge A B` counts A as B.")
        return
    rows = tuple((one.account_id, one.into_account_id, f"{one.since:%Y-%m-%d %H:%M}", one.reason) for one in found)
    show([Grid(("account", "counted as", "since (UTC)", "why"), rows)], Console(highlight=False))
