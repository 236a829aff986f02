"""`holdfast users`: the people who sign in to the web app."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from holdfast.cli.context import told
from holdfast.cli.printable import printable

if TYPE_CHECKING:
    from datetime import datetime

    from holdfast.state import State, User

users = typer.Typer(
    name="users", help="See and invite the people who sign in to the web app, and help them back in.",
    no_args_is_help=True,
)  # fmt: skip
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="the address with which they sign in")]
Url = Annotated[
    str, typer.Option("--url", metavar="URL", envvar="HOLDFAST_URL", help="address of the web app, for the link")
]
LOCAL = "http://127.0.0.1:8700"


@users.command("list")
def list_(
    context: typer.Context,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="how the list is printed")] = "table",
) -> None:
    """List who may sign in, and as what."""
    from rich.console import Console

    from holdfast.explain.blocks import Grid, show
    from holdfast.state import Invitations, People, open_state

    with told(), open_state(context.obj.data) as state:
        found, invited = People(state).all(), Invitations(state).pending()
    if format_ == "json":
        typer.echo(json.dumps([_listed(one) for one in found]))
    elif not found:
        typer.echo("Nobody signs in yet. `holdfast serve` prints a link for the first owner.")
    else:
        rows = tuple(
            (printable(one.email), printable(one.name), one.role, _time(one.last_seen_at), _time(one.disabled_at))
            for one in found
        )
        titles = ("e-mail", "name", "role", "last seen (UTC)", "disabled (UTC)")
        show([Grid(titles, rows)], Console(highlight=False))
    if format_ == "table":
        for one in invited:
            typer.echo(f"Invited: {printable(one.email)} as {one.role}, until {_time(one.expires_at)} UTC")


@users.command()
def invite(
    context: typer.Context,
    email: Email,
    role: Annotated[Literal["viewer", "success", "analyst", "owner"], typer.Option(help="what they may do")] = "viewer",
    url: Url = LOCAL,
) -> None:
    """Make a link with which somebody new comes in, once and within 7 days. It is printed alone to stdout."""
    from holdfast.state import Invitations, open_state
    from holdfast.state.audit import CONSOLE

    with told(), open_state(context.obj.data) as state:
        token = Invitations(state).invite(email, role, CONSOLE)
    _say_link(url, token, f"Send this link to {printable(email)}, who comes in as {role}; it works once, for 7 days.")


@users.command()
def reset(context: typer.Context, email: Email, url: Url = LOCAL) -> None:
    """Make a link to a new password for somebody who forgot theirs. It is printed alone to stdout."""
    from holdfast.state import Invitations, open_state
    from holdfast.state.audit import CONSOLE

    with told(), open_state(context.obj.data) as state:
        token = Invitations(state).reset(email, CONSOLE)
    _say_link(url, token, f"Send this link to {printable(email)} for a new password; it works once, for a day.")


@users.command()
def disable(context: typer.Context, email: Email) -> None:
    """Refuse somebody from now on, and end their sessions."""
    from holdfast.state import People, open_state
    from holdfast.state.audit import CONSOLE

    with told(), open_state(context.obj.data) as state:
        user = People(state).disable(_known(state, email).id, CONSOLE)
    typer.echo(f"{printable(user.email)} is refused from now on. Undo it with: holdfast users enable {user.email}")


@users.command()
def enable(context: typer.Context, email: Email) -> None:
    """Let somebody in again who was disabled."""
    from holdfast.state import People, open_state
    from holdfast.state.audit import CONSOLE

    with told(), open_state(context.obj.data) as state:
        user = People(state).enable(_known(state, email).id, CONSOLE)
    typer.echo(f"{printable(user.email)} may sign in again, as {user.role}.")


def _known(state: State, email: str) -> User:
    from holdfast.errors import UnknownName
    from holdfast.state import People

    user = People(state).find(email)
    if user is None:
        raise UnknownName(f"nobody signs in with {printable(email)}", hint="see who does: holdfast users list")
    return user


def _say_link(url: str, token: str, said: str) -> None:
    typer.echo(said, err=True)
    typer.echo(f"{url.rstrip('/')}/invite/{token}")


def _listed(user: User) -> dict[str, object]:
    times = {name: getattr(user, name) for name in ("created_at", "last_seen_at", "disabled_at")}
    known = {"email": user.email, "name": user.name, "role": user.role, "has_password": user.has_password}
    return known | {name: None if when is None else when.isoformat() for name, when in times.items()}


def _time(when: datetime | None) -> str:
    return "–" if when is None else f"{when:%Y-%m-%d %H:%M}"
