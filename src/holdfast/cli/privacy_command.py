"""`holdfast privacy`: erase or export what is stored about somebody, and let raw events expire."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.context import told
from holdfast.cli.printable import printable

if TYPE_CHECKING:
    from holdfast.privacy import Certificate

privacy = typer.Typer(
    name="privacy", help="Erase or export what is stored about a person or an account.", no_args_is_help=True
)
Users = Annotated[list[str] | None, typer.Option("--user", metavar="ID", help="a person's id, or e-mail address")]
Accounts = Annotated[list[str] | None, typer.Option("--account", metavar="ID", help="an account's id")]


@privacy.command()
def erase(
    context: typer.Context,
    user: Users = None,
    account: Accounts = None,
    forget_use: Annotated[
        bool, typer.Option("--forget-use", help="remove what the person did, too: counts of use become smaller")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Erase a person, or an account and its people, for good.

    What a person did keeps counting under a random id, without what was said; revenue stays as it was. Nobody can take
    it back. An erasure that was interrupted is completed first.
    """
    from holdfast.privacy import erase as erased
    from holdfast.privacy import unfinished

    data = Path(context.obj.data)
    with told():
        if unfinished(data):
            typer.echo("An erasure was interrupted: it is completed first.", err=True)
        if not yes and not _agreed(user or [], account or []):
            raise typer.Exit(1)
        certificate = erased(data, users=user or [], accounts=account or [], forget_use=forget_use)
    _show(data, certificate)


@privacy.command()
def again(context: typer.Context) -> None:
    """Erase everybody anew who was ever erased and is there again: after a backup was restored."""
    from holdfast.privacy import erase_again

    data = Path(context.obj.data)
    with told():
        certificate = erase_again(data)
    if certificate is None:
        typer.echo("Nobody who was erased is there again.")
    else:
        _show(data, certificate)


@privacy.command()
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help="a new folder, or a file that ends with .json")],
    user: Annotated[str | None, typer.Option("--user", metavar="ID", help="a person's id, or e-mail address")] = None,
    account: Annotated[str | None, typer.Option("--account", metavar="ID", help="an account's id")] = None,
) -> None:
    """Write everything that is stored about a person, or about an account and its people."""
    from holdfast.privacy import export as exported

    with told():
        counts = exported(Path(context.obj.data), out, user=user, account=account)
    if not counts:
        typer.echo("Nothing is stored under that id.")
        return
    width = max(map(len, counts))
    for name, count in counts.items():
        typer.echo(f"{name:<{width}}  {count:>9,}")
    typer.echo(f"Written to {printable(str(out))}, for you alone to read.")


@privacy.command()
def expire(context: typer.Context) -> None:
    """Remove single events that are older than keep_events_days in holdfast.toml; what was done each day stays."""
    from holdfast.privacy import expire as expired
    from holdfast.settings import Settings

    data = Path(context.obj.data)
    with told():
        settings = Settings.load(data)
        found = expired(data, settings)
    if settings.keep_events_days is None:
        typer.echo("Events are kept for good: keep_events_days is not set in holdfast.toml.")
    elif found is None:
        typer.echo("There are no events.")
    else:
        typer.echo(f"{found.events:,} events of days before {found.before} have expired.")


def _agreed(users: list[str], accounts: list[str]) -> bool:
    names = [f"the person {printable(one)}" for one in users]
    names += [f"the account {printable(one)} and its people" for one in accounts]
    if not names:
        return True
    return typer.confirm(f"Erase {' and '.join(names)}, for good?", err=True)


def _show(data: Path, certificate: Certificate) -> None:
    typer.echo(certificate.text(), nl=False)
    typer.echo("")
    typer.echo(f"Kept in {data / 'privacy' / 'certificates' / certificate.number}.json and .txt")
