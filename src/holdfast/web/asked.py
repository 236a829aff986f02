"""From an address to a question about a metric: the view, and what only that metric takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from holdfast.metrics import catalog
from holdfast.web.company import Question
from holdfast.web.page import company_of, view_of
from holdfast.web.segments import with_segment
from holdfast.web.view import LONGEST

if TYPE_CHECKING:
    from starlette.requests import Request

    from holdfast.metrics.registry import Metric
    from holdfast.web.company import Answer

MORE = ("cohort_by", "week_start")


def question_of(request: Request, metric: str, **instead: Any) -> Question:
    """The question that an address asks. Raises `UnknownName` where there is no such metric."""
    found = catalog.find(metric)
    view = with_segment(request, view_of(request))
    more = {name: request.query_params[name] for name in MORE if request.query_params.get(name)}
    return Question(found.name, view.question(**{**more, **options_of(request, found), **instead}))


def options_of(request: Request, metric: Metric) -> dict[str, Any]:
    """What only this metric takes, as the address has it."""
    found: dict[str, Any] = {}
    for option in metric.options:
        given = request.query_params.get(option.name, "").strip()[:LONGEST]
        if given:
            found[option.name] = int(given) if isinstance(option.default, int) and given.isdecimal() else given
    return found


def answer_of(request: Request, metric: str, **instead: Any) -> Answer:
    """The answer to the question that an address asks."""
    return company_of(request).answers([question_of(request, metric, **instead)])[0]


def answers_of(
    request: Request, names_or_questions: Iterable[str | tuple[str, Mapping[str, Any]] | Question]
) -> dict[str, Answer]:
    """The answers to all questions of a page, computed side by side, by the name of the metric.

    A question is a metric's name, a name with what is asked instead of what the address says, or a whole `Question`.
    Where one metric is asked twice, the second is `answer_of`'s.
    """
    questions = [_question(request, one) for one in names_or_questions]
    found = company_of(request).answers(questions)
    return {question.metric: answer for question, answer in zip(questions, found, strict=True)}


def _question(request: Request, one: str | tuple[str, Mapping[str, Any]] | Question) -> Question:
    if isinstance(one, Question):
        return one
    name, instead = (one, {}) if isinstance(one, str) else one
    return question_of(request, name, **instead)
