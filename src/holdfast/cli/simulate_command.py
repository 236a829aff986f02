"""`holdfast simulate`: a fictional company with a known truth in the data folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from holdfast.simulate import Truth


def simulate(
    context: typer.Context,
    accounts: Annotated[int, typer.Option(help="How many accounts, trials that came to nothing included.")] = 2_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same company.")] = 1,
    months: Annotated[int, typer.Option(help="How many calendar months of history; the last one is open.")] = 36,
    one_currency: Annotated[bool, typer.Option("--one-currency", help="Everybody pays in US dollars.")] = False,
    events: Annotated[
        Literal["none", "some", "full"], typer.Option(help="How much people do: nothing, some 7 events a month, or 60.")
    ] = "some",
    events_per_user_month: Annotated[
        float | None, typer.Option(help="Events that a person makes in a month, in place of --events.")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of the history.", show_default="today")
    ] = None,
) -> None:
    """Make a fictional software company in the data folder, with its truth in truth.json."""
    from holdfast.simulate import Model
    from holdfast.simulate import simulate as make
    from holdfast.simulate.simulation import LEVELS

    folder = Path(context.obj.data)
    with _progress() as progress:
        truth = make(
            folder,
            accounts=accounts,
            seed=seed,
            months=months,
            end=end.date() if end else None,
            model=Model(one_currency=one_currency),
            events_per_user_month=LEVELS[events] if events_per_user_month is None else events_per_user_month,
            progress=progress,
        )
    for line in summary(truth, folder):
        typer.echo(line, err=True)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr that goes away when the work is done."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Simulating", total=None)
        yield lambda done, all_accounts: bar.update(task, completed=done, total=all_accounts)


def summary(truth: Truth, folder: Path) -> list[str]:
    """What was made and what can be asked next."""
    customers, rows = truth.customers[-1], sum(truth.rows.values())
    return [
        f"Simulated {truth.accounts:,} accounts from {truth.start} to {truth.end}: {rows:,} facts in {folder}.",
        f"{customers:,} of them are customers on the last day. What is true of them is in {folder / 'truth.json'}.",
    ]
