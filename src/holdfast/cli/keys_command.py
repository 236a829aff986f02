"""`holdfast keys`: the keys with which events are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from holdfast.cli.context import told

if TYPE_CHECKING:
    from datetime import datetime

    from holdfast.state import Key

keys = typer.Typer(name="keys", help="Make, list and revoke the keys with which events are sent.", no_args_is_help=True)


@keys.command()
def create(
    context: typer.Context,
    source: Annotated[
        str, typer.Option(metavar="NAME", help="where the events come from that are sent with it, such as web")
    ],
    kind: Annotated[Literal["write"], typer.Option(help="what it allows: write sends events")] = "write",
) -> None:
    """Make a key and show it, this once: only its hash is kept.

    The key alone is printed to stdout, the rest to stderr: KEY=$(holdfast keys create --source web). A source may
    have several keys, so that one can take the place of another.
    """
    from holdfast.state import Keys, open_state

    with told(), open_state(context.obj.data) as state:
        key, text = Keys(state).create(kind, source)
    typer.echo(f"Write key of the source {key.source}, shown this once: put it where the SDK finds it.", err=True)
    typer.echo(text)
    typer.echo(f"Revoke it with: holdfast keys revoke {key.id}", err=True)


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
        (one.id, one.source, f"{one.created_at:%Y-%m-%d}", _time(one.last_used_at), _time(one.revoked_at))
        for one in found
    )
    show([Grid(("key", "source", "made", "last used (UTC)", "revoked (UTC)"), rows)], Console(highlight=False))


@keys.command()
def revoke(
    context: typer.Context, key: Annotated[str, typer.Argument(help="the key's beginning, as listed, or the whole key")]
) -> None:
    """Refuse a key from now on. A running server does so within a second."""
    from holdfast.state import Keys, open_state

    with told(), open_state(context.obj.data) as state:
        revoked = Keys(state).revoke(key)
    typer.echo(f"The key {revoked.id} of the source {revoked.source} is refused since {_time(revoked.revoked_at)} UTC.")


def _listed(key: Key) -> dict[str, object]:
    times = {name: getattr(key, name) for name in ("created_at", "last_used_at", "revoked_at")}
    known = {"key": key.id, "kind": key.kind, "source": key.source}
    return known | {name: None if when is None else when.isoformat() for name, when in times.items()}


def _time(when: datetime | None) -> str:
    return "–" if when is None else f"{when:%Y-%m-%d %H:%M}"
