"""The options of a question about a metric, the same for every command that asks one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from holdfast.cli.pairs import pairs

Metric = Annotated[str, typer.Argument(help="a metric; `holdfast metrics` lists them", metavar="METRIC")]
From = Annotated[str | None, typer.Option("--from", metavar="DATE", help="first day; twelve periods back by default")]
To = Annotated[str | None, typer.Option("--to", metavar="DATE", help="last day; the as-of day by default")]
Grain = Annotated[str | None, typer.Option(metavar="GRAIN", help="day, week, month, quarter or year")]
By = Annotated[
    list[str] | None,
    typer.Option("--by", metavar="DIM", help="split by plan, product, currency, cohort, account or any attribute"),
]
Where = Annotated[list[str] | None, typer.Option("--where", metavar="CONDITION", help="such as \"country = 'DE'\"")]
PolicyName = Annotated[str | None, typer.Option(metavar="NAME", help="whose rules; `holdfast policies` lists them")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="SWITCH=VALUE", help="another value for one rule")]
Currency = Annotated[str | None, typer.Option(metavar="CODE", help="convert all money into this currency")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="as known at the end of that day, or at an instant")
]
Window = Annotated[int | None, typer.Option(metavar="MONTHS", help="months that nrr and grr look back; 12 by default")]
Within = Annotated[
    int | None, typer.Option(metavar="DAYS", help="days from a trial's start within which a conversion counts")
]
CohortBy = Annotated[
    str | None, typer.Option(metavar="DIM", help="what makes the cohorts of a cohort metric, in place of the month")
]
Period = Annotated[
    str | None,
    typer.Option(
        "--period", metavar="PERIOD", help="2026-10, 2026-Q3, 2026 or a day in it; the last one over by default"
    ),
]
Column = Annotated[str | None, typer.Option("--column", metavar="NAME", help="the figure that is followed")]
Age = Annotated[int | None, typer.Option("--age", metavar="N", help="the age of a cohort metric; 1 by default")]


def given(set_: list[str] | None = None, window: int | None = None, **question: Any) -> dict[str, Any]:
    """What was given, as `Workspace.query` takes it.

    >>> given(["paused=count"], None, grain="month", by=None)
    {'grain': 'month', 'set': {'paused': 'count'}}
    """
    asked = {name: value for name, value in question.items() if value is not None}
    asked["set"] = pairs("--set", set_)
    return asked if window is None else {**asked, "window": window}
