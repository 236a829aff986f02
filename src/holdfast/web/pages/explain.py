"""Explain: what each number means, what it is made of, and why another system says another one."""

from __future__ import annotations

import json
import time
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from holdfast.charts import words
from holdfast.errors import InputError
from holdfast.explain.walk import metric_kind
from holdfast.metrics import catalog
from holdfast.metrics.evidence import worded
from holdfast.metrics.naming import day_in
from holdfast.metrics.policy import PRESETS
from holdfast.web import questioned
from holdfast.web.asked import MORE, answer_of, options_of, question_of
from holdfast.web.company import Answer
from holdfast.web.controls import choices
from holdfast.web.drawn import Height, Mode, Width
from holdfast.web.explaining import account_kinds, figure_kind, meant, period_column, rules, where
from holdfast.web.finding import metrics_like
from holdfast.web.guard import signed_in
from holdfast.web.page import company_of, page, shown_of, view_of, words_of
from holdfast.web.panel import Panel
from holdfast.web.parts import Part, Told, arrived, begun, now
from holdfast.web.view import LONGEST

if TYPE_CHECKING:
    from holdfast.explain.explanation import Explanation
    from holdfast.metrics.registry import Metric

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
PATIENCE_SECONDS = 0.5
"""How long the page waits for what takes long before it is sent without it."""
STAY_SECONDS = 15.0
"""How long a part waits to be ready before its asker has to ask again."""
PartName = Literal["accounts", "switches", "bridge", "diff"]


@router.get("/explain")
def metrics(request: Request) -> Response:
    """Every metric with what it says."""
    asked = request.query_params.get("q", "").strip()[:LONGEST]
    groups = catalog.grouped()
    if asked:
        fitting = {one.name for one in metrics_like(asked, words_of(request))}
        groups = {group: [one for one in found if one.name in fitting] for group, found in groups.items()}
    return page(request, "explain_index.html", groups={g: found for g, found in groups.items() if found}, asked=asked)


@router.get("/explain/{metric}")
def explain(request: Request, metric: str) -> Response:
    """A number, one click away."""
    found = catalog.find(metric)
    period = _period(request)
    try:
        answer = answer_of(request, found.name)
    except InputError as error:
        return page(request, "explain.html", 400, error=error, **_frame(request, found, period))
    question = question_of(request, found.name)
    deadline = time.monotonic() + PATIENCE_SECONDS
    parts = {name: _part(request, found, name, deadline) for name in _wanted(request, period)}
    told = questioned.explanation(company_of(request), question, period)
    return page(
        request, "explain.html", error=None, told=told, answer=answer, panel=_panel(request, answer),
        period_column=period_column(found, answer), parts=parts, rules=rules(told.result.query.policy, found),
        file_url=_panel(request, answer).file_url, **_frame(request, found, period),
    )  # fmt: skip


@router.get("/explain/{metric}/part/{name}")
async def part(request: Request, metric: str, name: PartName) -> Response:
    """What takes long, for the page that it stands in."""

    def rendered(done: Told) -> Response:
        made = Part.of(name, done, _url(request, found, f"/explain/{found.name}/part/{name}"))
        return page(request, "explain_part.html", part=made, **_frame(request, found, _period(request)))

    found = catalog.find(metric)
    under_way = await run_in_threadpool(_begin, request, found, name)
    done = await arrived(under_way, STAY_SECONDS)
    return await run_in_threadpool(rendered, done)


@router.get("/explain/{metric}/{name}.json")
async def waterfall(
    request: Request,
    metric: str,
    name: Literal["bridge", "diff"],
    width: Width = 680,
    height: Height = 260,
    mode: Mode = "light",
) -> Response:
    """A bridge or a difference, drawn."""
    from holdfast.charts.theme import Canvas

    done = await arrived(await run_in_threadpool(_begin, request, catalog.find(metric), name), STAY_SECONDS)
    if done.error is not None:
        raise done.error
    if done.value is None:
        return Response("it is still being computed", 503, {"Retry-After": "5"})
    chart = done.value.chart(Canvas(width, height, titled=False, mode=mode))
    return Response(json.dumps(chart.to_dict(validate=False)), media_type="application/json")


def _wanted(request: Request, period: str) -> list[PartName]:
    """The parts that an address asks for."""
    found: list[PartName] = ["accounts", "switches"] if period else []
    found += ["bridge"] if request.query_params.get("to_policy") else []
    found += ["diff"] if request.query_params.get("since") else []
    return found


def _part(request: Request, metric: Metric, name: PartName, deadline: float) -> Part:
    done = now(_begin(request, metric, name), deadline - time.monotonic())
    return Part.of(name, done, _url(request, metric, f"/explain/{metric.name}/part/{name}"))


def _begin(request: Request, metric: Metric, name: str) -> Any:
    company, question, period = company_of(request), question_of(request, metric.name), _period(request)
    given = request.query_params
    if name == "accounts":
        return begun(lambda: questioned.accounts(company, question, period))
    if name == "switches":
        return begun(lambda: questioned.switches(company, question, period))
    at = where(given, period)
    if name == "bridge":
        return begun(lambda: questioned.bridge(company, question, given.get("to_policy", "")[:LONGEST], at))
    return begun(lambda: questioned.diff(company, question, given.get("since", "")[:LONGEST], at))


def _frame(request: Request, metric: Metric, period: str) -> dict[str, Any]:
    """What the page has in any case."""
    company = company_of(request)
    own = company.settings.policies
    return {
        "metric": metric,
        "period": period,
        "period_day": day_in(period) if period else None,
        "choices": choices(request, grains=metric.grains, grain=metric.grain, kept=_kept(request, metric)),
        "options": _options(request, metric),
        "shown_options": [name for name in MORE if _takes(metric, name)],
        "url": lambda **more: _url(request, metric, f"/explain/{metric.name}", **more),
        "others": [name for name in (*PRESETS, *own) if name != (view_of(request).policy or company.settings.policy)],
        "chart_url": lambda name: _url(request, metric, f"/explain/{metric.name}/{name}.json"),
        "given": request.query_params,
        "meant": meant,
        "columns_of": lambda told: Panel(Answer(told.result), view_of(request)).columns,
        "open_periods": lambda told: _open(request, told),
        "account_kinds": account_kinds,
        "figure_kind": figure_kind,
        "worded": worded,
        "column_name": words.words,
        "walk_kind": lambda told, walk: metric_kind(told.metric, walk.column),
        "amount": lambda value, kind, key: shown_of(request).cell(value, kind, dict(key).get("currency")),
    }


def _open(request: Request, told: Explanation) -> list[str]:
    shown, grain = shown_of(request), told.result.query.grain
    return [shown.period(date.fromisoformat(day), grain) for day in told.result.evidence["open_periods"]]


def _takes(metric: Metric, name: str) -> bool:
    return metric.any_cohort if name == "cohort_by" else "week" in metric.grains


def _options(request: Request, metric: Metric) -> list[dict[str, Any]]:
    """What only this metric takes, with what is chosen."""
    chosen = options_of(request, metric)
    return [{"option": one, "value": chosen.get(one.name, one.default)} for one in metric.options]


CARRIED = ("period", "to_policy", "since", "column", "age")


def _kept(request: Request, metric: Metric) -> tuple[tuple[str, str], ...]:
    """What the address says beside the view: the form of the view carries it along."""
    names = (*(option.name for option in metric.options), *MORE, *CARRIED)
    return tuple((name, request.query_params[name][:LONGEST]) for name in names if request.query_params.get(name))


def _url(request: Request, metric: Metric, place: str, **more: Any) -> str:
    return view_of(request).url(place, **{**dict(_kept(request, metric)), **more})


def _panel(request: Request, answer: Answer) -> Panel:
    carried = {name: value for name, value in _kept(request, answer.metric) if name not in CARRIED}
    return Panel(answer, view_of(request), options=carried)


def _period(request: Request) -> str:
    given = request.query_params.get("period", "").strip()[:LONGEST]
    if given:
        day_in(given, "period")
    return given
