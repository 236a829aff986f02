"""`holdfast demo`: a simulated company, its numbers in the terminal and as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.context import DEFAULT_DATA, told

FOLDER = Path("holdfast-demo")


def demo(
    context: typer.Context,
    accounts: Annotated[int, typer.Option(help="number of accounts of the simulated company")] = 1000,
    seed: Annotated[int, typer.Option(help="the same seed gives the same company")] = 1,
) -> None:
    """Simulate a company, compute its numbers, and show them here and in one HTML file."""
    from holdfast.cli.report_command import report
    from holdfast.cli.simulate_command import simulate

    with told():
        chosen = context.obj
        if not chosen.named:
            chosen.data = FOLDER
        if not (chosen.data / "truth.json").exists():
            simulate(context, accounts=accounts, seed=seed, months=36, one_currency=True, end=None)
        report(context, out=chosen.data / "report.html")
        typer.echo(f"\nThe company is in {chosen.data}/. Ask it more, for example:", err=True)
        where = "" if str(chosen.data) == DEFAULT_DATA else f" --data {chosen.data}"
        typer.echo(f"  holdfast{where} query nrr --by plan\n  holdfast{where} metrics", err=True)
