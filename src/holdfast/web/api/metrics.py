"""/api/v1/metrics: the list, a question, and a number questioned; /api/v1/policies."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from holdfast.metrics import catalog
from holdfast.metrics.policy import PRESETS, SWITCHES, policy
from holdfast.metrics.registry import Metric
from holdfast.web import questioned
from holdfast.web.api import models
from holdfast.web.api.answering import ERRORS, SLOW, answered, when_ready
from holdfast.web.api.asking import asks
from holdfast.web.company import Question
from holdfast.web.guard import signed_in
from holdfast.web.page import company_of

router = APIRouter(prefix="/api/v1", dependencies=[Depends(signed_in)], tags=["Metrics"], responses=ERRORS)
Period = Annotated[str, Query(description="2026-10, 2026-Q3, 2026 or a day in it", max_length=40)]
Column = Annotated[str, Query(description="the figure that is followed; the metric's own by default", max_length=200)]
Age = Annotated[int | None, Query(description="of a cohort metric: the age that is followed; 1 by default", ge=0)]
Limit = Annotated[int, Query(description="how many accounts", ge=1, le=questioned.MOST_ACCOUNTS)]
AT = ("period", "column", "age")


@router.get("/metrics", response_model=models.MetricList)
def metrics() -> Response:
    """List every metric with what it says and what it takes."""
    found = [_info(metric, group) for group, members in catalog.grouped().items() for metric in members]
    return answered({"metrics": found})


def _info(metric: Metric, group: str) -> dict[str, Any]:
    return {
        "metric": metric.name, "title": metric.title, "group": group, "unit": metric.unit,
        "definition": metric.definition, "formula": metric.formula, "grain": metric.grain, "grains": metric.grains,
        "columns": [{"name": one.name, "kind": one.kind, "meaning": one.meaning} for one in metric.columns],
        "options": [vars(option) for option in metric.options],
    }  # fmt: skip


@router.get("/metrics/{metric}", response_model=models.MetricAnswer)
def query(request: Request, question: Annotated[Question, Depends(asks())]) -> Response:
    """Ask for a metric over a range of periods, split and filtered, under any policy."""
    result = company_of(request).evidenced(question)
    return answered({**result.to_json(), "sql": result.sql})


@router.get("/metrics/{metric}/explain", response_model=models.ExplanationAnswer, responses=SLOW)
async def explain(
    request: Request,
    question: Annotated[Question, Depends(asks("period", "limit"))],
    period: Period = "",
    limit: Limit = questioned.ACCOUNTS,
) -> Response:
    """Explain a number: formula with its figures, policy, rows in and out; with a period also the accounts behind it
    with their facts, and the rules that mattered.
    """
    company = company_of(request)
    if not period:
        told = await run_in_threadpool(questioned.explanation, company, question)
    else:
        told = await when_ready(await run_in_threadpool(questioned.everything, company, question, period, limit))
    return answered(told.to_json())


@router.get("/metrics/{metric}/bridge", response_model=models.BridgeAnswer, responses=SLOW)
async def bridge(
    request: Request,
    question: Annotated[Question, Depends(asks("to_policy", *AT))],
    to_policy: Annotated[str, Query(description="the policy whose number it leads to", max_length=200)],
    period: Period = "",
    column: Column = "",
    age: Age = None,
) -> Response:
    """Show what each rule contributes to the difference between two policies in one period, adding up exactly."""
    at = _at(period, column, age)
    under_way = await run_in_threadpool(questioned.bridge, company_of(request), question, to_policy, at)
    return answered((await when_ready(under_way)).to_json())


@router.get("/metrics/{metric}/diff", response_model=models.DiffAnswer, responses=SLOW)
async def diff(
    request: Request,
    question: Annotated[Question, Depends(asks("since", *AT))],
    since: Annotated[str, Query(description="as known at the end of that day, or at an instant", max_length=60)],
    period: Period = "",
    column: Column = "",
    age: Age = None,
) -> Response:
    """Show what changed of a number since it was known, by account and by cause, adding up exactly."""
    at = _at(period, column, age)
    under_way = await run_in_threadpool(questioned.diff, company_of(request), question, since, at)
    return answered((await when_ready(under_way)).to_json())


def _at(period: str, column: str, age: int | None) -> dict[str, Any]:
    given = {"period": period or None, "column": column or None, "age": age}
    return {name: value for name, value in given.items() if value is not None}


@router.get("/policies", response_model=models.PolicyList)
def policies(request: Request) -> Response:
    """List the policies: the named rules under which the same facts give different numbers."""
    settings = company_of(request).settings
    switches = [
        {"switch": one.name, "meaning": one.meaning, "default": one.default, "values": one.values}
        for one in SWITCHES.values()
    ]
    found = [
        {
            "name": name,
            "own": name in settings.policies,
            "used": name == settings.policy,
            "switches": dict(policy(name, own=settings.policies).switches),
        }
        for name in dict.fromkeys((*PRESETS, *settings.policies))
    ]
    return answered({"switches": switches, "policies": found})
