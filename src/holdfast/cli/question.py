"""The options of a question about a metric, listed once for every command that asks one.

A command declares its own parameters and, as `question`, where those of the question go; `asks` puts them there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from holdfast.cli.context import told
from holdfast.cli.pairs import pairs

Metric = Annotated[str, typer.Argument(help="a metric; `holdfast metrics` lists them", metavar="METRIC")]
Question = dict[str, Any]
"""What was given of a question, as `Workspace.query` takes it."""
By = Annotated[
    list[str] | None,
    typer.Option("--by", metavar="DIM", help="split by plan, product, currency, cohort, account or any attribute"),
]
Where = Annotated[list[str] | None, typer.Option("--where", metavar="CONDITION", help="such as \"country = 'DE'\"")]
PolicyName = Annotated[
    str | None, typer.Option("--policy", metavar="NAME", help="whose rules; `holdfast policies` lists them")
]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="SWITCH=VALUE", help="another value for one rule")]
Currency = Annotated[
    str | None, typer.Option("--currency", metavar="CODE", help="convert all money into this currency")
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="as known at the end of that day, or at an instant")
]
Period = Annotated[
    str | None,
    typer.Option(
        "--period", metavar="PERIOD", help="2026-10, 2026-Q3, 2026 or a day in it; the last one over by default"
    ),
]
Column = Annotated[str | None, typer.Option("--column", metavar="NAME", help="the figure that is followed")]
Age = Annotated[int | None, typer.Option("--age", metavar="N", help="the age of a cohort metric; 1 by default")]


def _text(name: str, metavar: str, help_: str) -> Any:
    return Annotated[str | None, typer.Option(name, metavar=metavar, help=help_)]


def _count(name: str, metavar: str, help_: str) -> Any:
    return Annotated[int | None, typer.Option(name, metavar=metavar, help=help_)]


GRAIN = "day, week, month, quarter or year"
OF_ALL: dict[str, Any] = {
    "start": _text("--from", "DATE", "first day; twelve periods back by default"),
    "end": _text("--to", "DATE", "last day; the as-of day by default"),
    "grain": _text("--grain", "GRAIN", GRAIN),
    "by": By,
    "where": Where,
    "policy": PolicyName,
    "set": Set,
    "currency": Currency,
    "as_of": AsOf,
    "week_start": _text("--week-start", "monday|sunday", "first day of a week; the setting's by default"),
    "cohort_by": _text("--cohort-by", "DIM", "what makes the cohorts of a cohort metric, in place of the month"),
}
"""What any metric may be asked with, by the name that `Workspace.query` has for it."""
OF_SOME: dict[str, Any] = {
    "window": _count(
        "--window", "N", "months that nrr and grr look back, 12 by default; days of a funnel, 14 by default"
    ),
    "within": _count("--within", "DAYS", "days from a start within which a conversion, a first event or a step counts"),
    "of": _text("--of", "users|accounts", "who is counted by a usage metric"),
    "entry": _text("--entry", "first|recurring", "usage-retention: a cohort at the first start event, or at each"),
    "return": _text("--return", "on|on-or-after", "usage-retention: back in that very period, or in it or a later one"),
    "mode": _text("--mode", "calendar|rolling", "usage-retention: calendar periods, or 24 hours from each one's start"),
    "start_event": _text("--start-event", "EVENT", "usage-retention: the event that begins it; any by default"),
    "return_event": _text("--return-event", "EVENT", "usage-retention: the event that shows a return; any by default"),
    "min_events": _count("--min-events", "N", "usage-retention: so many return events in a period; 1 by default"),
    "key_event": _text("--key-event", "EVENT", "time-to-value: the event that shows value; the setting's by default"),
    "steps": _text("--steps", "EVENTS", "funnel, onboarding: 'Signed up, Project created'"),
    "order": _text("--order", "sequential|strict|any", "funnel: whether other events may lie between two steps"),
}
"""What only some metrics take, by the name of the metric's `Option`."""
GRAIN_OR_PERIOD = Annotated[str | None, typer.Option("--grain", "--period", metavar="GRAIN", help=GRAIN)]
"""Where `--period` does not name the period that a command is about, it says how long periods are."""


def asks(*left_out: str, **instead: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command that asks a question: its parameter `question` is given by the options of `OF_ALL` and `OF_SOME`, but
    for those left out. `instead` holds other options by the same name.
    """
    options = {name: kind for name, kind in (OF_ALL | OF_SOME | instead).items() if name not in left_out}

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def asking(**values: Any) -> None:
            asked = {name: values.pop(_parameter(name)) for name in options}
            with told():
                question = given(asked)
            command(**values, question=question)

        signature = _signature(command, options)
        asking.__dict__["__signature__"] = signature
        asking.__annotations__ = {name: one.annotation for name, one in signature.parameters.items()}
        return asking

    return with_options


def _signature(command: Callable[..., None], options: Mapping[str, Any]) -> inspect.Signature:
    """The command's own parameters, with the options in the place of `question`."""
    hints = get_type_hints(command, include_extras=True)
    kind, parameters = inspect.Parameter.KEYWORD_ONLY, []
    for one in inspect.signature(command).parameters.values():
        if one.name == "question":
            parameters += [
                inspect.Parameter(_parameter(name), kind, default=None, annotation=option)
                for name, option in options.items()
            ]
        else:
            parameters.append(one.replace(kind=kind, annotation=hints[one.name]))
    return inspect.Signature(parameters)


def _parameter(name: str) -> str:
    """A name that a parameter may have: `return` and the like may not."""
    return f"asked_{name}"


def given(values: Mapping[str, Any]) -> Question:
    """What was given, as `Workspace.query` takes it.

    >>> given({"set": ["paused=count"], "window": None, "grain": "month", "by": None})
    {'set': {'paused': 'count'}, 'grain': 'month'}
    """
    asked = {name: value for name, value in values.items() if value is not None}
    return {**asked, "set": pairs("--set", asked.get("set"))}
