"""`holdfast keys`: the keys with which programs send events, or read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from holdfast.cli.context import told
from holdfast.cli.printable import printable

if TYPE_CHECKING:
    from datetime import datetime

    from holdfast.state import Key, State

keys = typer.Typer(name="keys", help="Make, list and revoke the keys of programs.", no_args_is_help=True)


@keys.command()
def create(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="to write: where the events come from that are sent with it, such as web"),
    ] = None,
    kind: Annotated[
        Literal["write", "read"], typer.Option(help="what it allows: write sends events, read asks the API")
    ] = "write",
    role: Annotated[
        Literal["viewer", "success", "analyst"], typer.Option(help="to read: what whoever asks with it may do")
    ] = "viewer",
    name: Annotated[str | None, typer.Option(metavar="TEXT", help="to read: what it is for")] = None,
) -> None:
    """Make a key and show it, this once: only its hash is kept.

    The key alone is printed to stdout, the rest to stderr: KEY=$(holdfast keys create --source web). A source may
    have several keys, so that one can take the place of another. A key that writes reads nothing, and the other way
    round.
    """
    from holdfast.state import open_state

    with told(), open_state(context.obj.data) as state:
        key, text = _made(state, kind, source, role, name)
    where = "put it where the SDK finds it" if kind == "write" else "send it as: Authorization: Bearer KEY"
    what = f"Write key of the source {key.label}" if kind == "write" else f"Key to read as {key.role}, for {key.label}"
    typer.echo(f"{what}, shown this once: {where}.", err=True)
    typer.echo(text)
    typer.echo(f"Revoke it with: holdfast keys revoke {key.id}", err=True)


def _made(state: State, kind: str, source: str | None, role: str, name: str | None) -> tuple[Key, str]:
    from holdfast.errors import InputError
    from holdfast.state import Keys

    if kind == "read":
        if source is not None or name is None:
            raise InputError(
                "a key that reads has a name, and no source",
                hint='such as: holdfast keys create --kind read --role analyst --name "Nightly export"',
            )
        return Keys(state).create_reader(role, name)
    if source is None or name is not None:
        raise InputError(
            "a key that writes has a source, and no name", hint="such as: holdfast keys create --source web"
        )
    return Keys(state).create("write", source)


@keys.command("list")
def list_(
    context: typer.Context,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="how the list is printed")] = "table",
) -> None:
    """List the keys, of which the beginning is shown."""
    import json

    from rich.console import Console

    from holdfast.explain.blocks import Grid, show
    from holdfast.state import Keys, open_state

    with told(), open_state(context.obj.data) as state:
        found = Keys(state).all()
    if format_ == "json":
        typer.echo(json.dumps([_listed(one) for one in found]))
        return
    if not found:
        typer.echo("There are no keys. `holdfast keys create --source web` makes one.")
        return
    rows = tuple(
        (
            one.id,
            printable(one.label),
            _may(one),
            _time(one.last_used_at),
            _time(one.revoked_at),
        )
        for one in found
    )
    show([Grid(("key", "for", "may", "last used (UTC)", "revoked (UTC)"), rows)], Console(highlight=False))


@keys.command()
def revoke(
    context: typer.Context, key: Annotated[str, typer.Argument(help="the key's beginning, as listed, or the whole key")]
) -> None:
    """Refuse a key from now on. A running server does so within a second."""
    from holdfast.state import Keys, open_state

    with told(), open_state(context.obj.data) as state:
        revoked = Keys(state).revoke(key)
    typer.echo(f"The key {revoked.id} for {printable(revoked.label)} is refused since {_time(revoked.revoked_at)} UTC.")


def _listed(key: Key) -> dict[str, object]:
    times = {name: getattr(key, name) for name in ("created_at", "last_used_at", "revoked_at")}
    known = {"key": key.id, "kind": key.kind, "source": key.source or None, "role": key.role, "name": key.name}
    return known | {name: None if when is None else when.isoformat() for name, when in times.items()}


def _may(key: Key) -> str:
    return "write" if key.kind == "write" else f"read: {key.role}"


def _time(when: datetime | None) -> str:
    return "–" if when is None else f"{when:%Y-%m-%d %H:%M}"
