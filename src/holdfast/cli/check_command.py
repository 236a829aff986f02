"""`holdfast check billing`: the lake held against the system that it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import typer

from holdfast.cli.context import told

DIFFERENT = 1
"""Exit status where the two sides differ."""
SHOWN = 20

check = typer.Typer(
    name="check",
    help="Compare the data folder with where its data came from.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@check.callback()
def kinds() -> None:
    """Compare the data folder with where its data came from."""


@check.command("billing")
def billing(
    context: typer.Context,
    policy: Annotated[
        str | None, typer.Option("--policy", "-p", metavar="NAME", help="whose rules make the MRR; your own by default")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help=f"differences shown of each kind; {SHOWN} by default, all in JSON"),
    ] = None,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="how it is printed")] = "table",
) -> None:
    """Compare the subscriptions in the data folder with those that Stripe has now, one by one.

    Only reads, on both sides. Exit status: 0 where everything agrees, 1 where something differs, 2 where it
    cannot be compared. The key comes from HOLDFAST_STRIPE_KEY or HOLDFAST_STRIPE_KEY_FILE.
    """
    with told(), context.obj.open() as workspace, _progress() as say:
        from holdfast.checks import check_billing
        from holdfast.sources.stripe.client import api_base

        found = check_billing(workspace, base=api_base(), policy=policy, progress=say)
    if format_ == "json":
        from holdfast.metrics.exact_json import exact_json

        typer.echo(exact_json(found.to_json(limit)))
    else:
        from rich.console import Console

        from holdfast.checks.tell import blocks
        from holdfast.explain.blocks import show

        show(blocks(found, limit or SHOWN), Console(highlight=False))
    if not found.agrees:
        raise typer.Exit(DIFFERENT)


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """A line on stderr that says what is being read, where a person looks at it."""
    from rich.console import Console

    with Console(stderr=True).status("asking Stripe") as status:
        yield lambda what, count: status.update(f"{what}: {count:,}")
