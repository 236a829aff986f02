"""The answers that a page asks for at once, each with the address of the very same question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from holdfast.insights.latest import before, full_of, full_pair
from holdfast.metrics import catalog
from holdfast.metrics.query import GRAINS
from holdfast.web.asked import options_of, question_of
from holdfast.web.company import Question
from holdfast.web.headlines import of_currency
from holdfast.web.page import company_of, view_of, words_of
from holdfast.web.panel import Panel

if TYPE_CHECKING:
    from starlette.requests import Request

SET = "set"


@dataclass(frozen=True)
class Wanted:
    """A metric on a page, with what the page decides in place of the address."""

    metric: str
    title: str = ""
    height: int = 260
    instead: Mapping[str, Any] = field(default_factory=dict)
    """Of the view; an empty value leaves it out."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the metric."""
    switch: tuple[str, str] | None = None
    """Of the policy: its name and value."""
    only: tuple[str, ...] = ()
    column: str = ""
    """The column that the chart draws, where it is not the metric's own."""

    def question(self, request: Request) -> Question:
        asked = {**question_of(request, self.metric).asked, **self.decided(request), **self.options}
        if self.switch:
            asked[SET] = {**asked.get(SET, {}), self.switch[0]: self.switch[1]}
        return Question(self.metric, {name: value for name, value in asked.items() if value not in (None, "", ())})

    def decided(self, request: Request) -> dict[str, Any]:
        """What stands in place of the view: a grain that the metric cannot be asked by is left out."""
        grain = view_of(request).grain
        odd = grain in GRAINS and grain not in catalog.find(self.metric).grains
        return {**({"grain": ""} if odd else {}), **self.instead}


def panels_of(request: Request, wanted: Sequence[Wanted]) -> list[Panel]:
    """The panels, asked for all at once."""
    answers = company_of(request).answers([one.question(request) for one in wanted])
    view, sets = view_of(request), request.query_params.getlist(SET)
    found = []
    for one, answer in zip(wanted, answers, strict=True):
        switch = [f"{one.switch[0]}={one.switch[1]}"] if one.switch else sets
        options = {
            **options_of(request, answer.metric),
            **one.options,
            **({SET: switch[0]} if switch else {}),
            **({"column": one.column} if one.column else {}),
        }
        instead = {name: _written(value) for name, value in one.decided(request).items()}
        found.append(Panel(answer, view, one.title, one.height, options, one.only, instead))
    return found


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True)
class Figure:
    """A cell of the last period that is over, beside the same cell of the period before."""

    label: str
    kind: str
    value: Any
    before: Any
    of: date
    before_of: date
    grain: str
    href: str
    currency: str | None = None


def figures_of(panel: Panel, columns: Iterable[tuple[str, str]], currency: str | None = None) -> list[Figure]:
    """One figure for each pair of a column and its label."""
    query = panel.answer.query
    rows = panel.rows if currency is None else of_currency(panel.rows, currency)
    now, then = full_pair(rows, query)
    of = full_of(query)
    kinds = {column.name: column.kind for column in panel.answer.metric.columns}
    href = panel.url(f"/explain/{panel.name}", period=of.isoformat())
    return [
        Figure(label, kinds[name], now.get(name), then.get(name), of, before(of, query), query.grain, href, currency)
        for name, label in columns
    ]


@dataclass(frozen=True)
class Link:
    """One way to see a page, of several."""

    label: str
    href: str
    chosen: bool


def links_of(
    request: Request, ways: Mapping[str, str], chosen: str, name: str, place: str = "", **kept: str
) -> list[Link]:
    """A link for each way to see this page, the first being the usual one; `kept` are further values of the address."""
    view, say = view_of(request), words_of(request).say
    usual = next(iter(ways))
    found = [(way, label, {**kept, name: "" if way == usual else way}) for way, label in ways.items()]
    return [
        Link(say(label), view.url(request.url.path, **values) + place, way == chosen) for way, label, values in found
    ]
