"""What a question about a metric takes: the same names as in the address of a page."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request

from holdfast.errors import InputError
from holdfast.metrics import catalog
from holdfast.web.asked import question_of
from holdfast.web.company import Question

OF_ALL: dict[str, str] = {
    "from": "first day, such as 2026-01-01; twelve periods back by default",
    "to": "last day; today by default",
    "grain": "day, week, month, quarter or year",
    "by": "split by plan, product, currency, cohort, account or any attribute; may be given several times",
    "where": "a condition such as country = 'DE'; may be given several times",
    "segment": "a saved segment",
    "policy": "whose rules; /api/v1/policies lists them",
    "set": "another value for one rule, such as paused=count; may be given several times",
    "currency": "convert all money into this currency",
    "as_of": "as known at the end of that day, or at an instant",
    "week_start": "monday or sunday",
    "cohort_by": "what makes the cohorts of a cohort metric, in place of the month",
}
SEVERAL = ("by", "where", "set")


def options() -> dict[str, str]:
    """What only some metrics take, by name: its meaning, and of which metrics it is."""
    found: dict[str, list[Any]] = {}
    for metric in catalog.load().values():
        for option in metric.options:
            found.setdefault(option.name, [option.meaning]).append(metric.name)
    return {name: f"{told[0]} ({', '.join(told[1:])})" for name, told in found.items()}


def asks(*more: str) -> Callable[..., Question]:
    """A dependency that reads a question; a parameter that nobody reads is refused. `more` are the route's own."""
    known = OF_ALL | options()

    def asked(request: Request, metric: str, **_: Any) -> Question:
        refuse_unknown(request, metric, {*known, *more})
        return question_of(request, metric)

    asked.__dict__["__signature__"] = _signature(known)
    return asked


def _signature(known: dict[str, str]) -> inspect.Signature:
    one, kind = inspect.Parameter, inspect.Parameter.KEYWORD_ONLY
    own = [one("request", kind, annotation=Request), one("metric", kind, annotation=str)]
    return inspect.Signature(
        [*own, *(one(f"given_{name}", kind, **_query(name, said)) for name, said in known.items())]
    )


def _query(name: str, said: str) -> dict[str, Any]:
    given = list[str] if name in SEVERAL else str
    return {"annotation": Annotated[given | None, Query(alias=name, description=said)], "default": None}


def refuse_unknown(request: Request, metric: str, known: set[str]) -> None:
    """Raises `InputError` where an address says something that the metric does not take."""
    own = {option.name for option in catalog.find(metric).options}
    allowed = [name for name in sorted(known) if name not in options() or name in own]
    for name in request.query_params:
        if name not in allowed:
            raise InputError(f"{metric} takes no parameter {name!r}", hint=f"it takes: {', '.join(allowed)}")
