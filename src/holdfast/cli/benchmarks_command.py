"""`holdfast benchmarks`: published figures, and the company's own beside those that are like them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from holdfast.cli.context import Chosen, told
from holdfast.errors import InputError

if TYPE_CHECKING:
    from holdfast.benchmarks import Comparison

NO_DATA = "there is no data folder"


def benchmarks(
    context: typer.Context,
    metric: Annotated[str | None, typer.Option(metavar="METRIC", help="only the figures about one metric")] = None,
    currency: Annotated[
        str | None, typer.Option(metavar="CODE", help="convert all money into this currency; most bands are in USD")
    ] = None,
    policy: Annotated[
        str | None, typer.Option(metavar="NAME", help="rules for your own figures where the published one names none")
    ] = None,
    month: Annotated[
        str | None, typer.Option(metavar="2026-10", help="the month it is about; the last one that is over")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="as known at the end of that day, or at an instant")
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="every figure with its definition, period, segment, source and trap")
    ] = False,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="how they are printed")] = "table",
) -> None:
    """Show published benchmarks, with your own figure only where definition, period and segment match."""
    from holdfast.cli.benchmarks_shown import show

    with told():
        found = _found(context.obj, metric, currency, policy, month, as_of)
        if format_ == "json":
            _print_json(found)
        else:
            show(found, everything=all_)


def _found(
    chosen: Chosen, metric: str | None, currency: str | None, policy: str | None, month: str | None, as_of: str | None
) -> list[Comparison]:
    from holdfast.benchmarks import compare, load, published_only
    from holdfast.benchmarks.compare import chosen as about

    if not chosen.data.is_dir():
        return published_only(about(load(), metric), f"{NO_DATA} {chosen.data}")
    with chosen.open() as workspace:
        code = currency.strip().upper() if currency else None
        return compare(workspace, metric=metric, currency=code, policy=policy, month=_month(month), as_of=as_of)


def _month(text: str | None) -> date | None:
    """The first day of a month written as 2026-10."""
    if text is None:
        return None
    try:
        return date.fromisoformat(f"{text.strip()[:7]}-01")
    except ValueError:
        raise InputError(f"--month {text!r} is not a month; write it as 2026-10") from None


def _print_json(found: list[Comparison]) -> None:
    import json

    typer.echo(json.dumps([comparison.to_json() for comparison in found], ensure_ascii=False))
