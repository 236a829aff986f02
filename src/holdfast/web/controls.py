"""What the controls of a page offer, and what of it is chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from holdfast.facts.days import add_months
from holdfast.metrics.policy import PRESETS
from holdfast.web.page import _, company_of, view_of
from holdfast.web.seen import ended_on

if TYPE_CHECKING:
    from starlette.requests import Request

    from holdfast.web.view import View

OWN = ("plan", "product", "currency")
"""What any number can be split by, beside the attributes of accounts."""
USUAL = "month"
MOST_SPLITS = 40


@dataclass(frozen=True)
class Range:
    """A choice of period."""

    label: str
    start: str
    end: str
    chosen: bool


@dataclass(frozen=True)
class Choices:
    """What the controls offer on a page."""

    view: View
    path: str
    ranges: tuple[Range, ...]
    splits: tuple[str, ...]
    segments: tuple[str, ...]
    policies: tuple[str, ...]
    policy: str
    currency: str
    grains: tuple[str, ...] = ("day", "week", "month", "quarter", "year")
    grain: str = USUAL
    ended: date | None = None
    """The day of the newest fact, where it is long ago and the address names no period."""
    kept: tuple[tuple[str, str], ...] = ()
    """Further values of the address that the form carries along."""

    @property
    def more_used(self) -> bool:
        view = self.view
        custom = bool(view.start) and not any(one.chosen for one in self.ranges)
        return bool(view.where or view.policy or view.currency or view.as_of or custom)

    @property
    def used(self) -> bool:
        return self.view != type(self.view)()

    @property
    def year_until_the_end(self) -> str:
        """The address of the page in the twelve months until the newest fact; nothing where that is not long ago."""
        if self.ended is None:
            return ""
        first = add_months(self.ended.replace(day=1), -11)
        return self.view.url(self.path, start=first.isoformat(), end=self.ended.isoformat())

    def without(self, condition: str) -> str:
        rest = tuple(one for one in self.view.where if one != condition)
        return replace(self.view, where=rest).url(self.path)


def choices(request: Request, **instead: Any) -> Choices:
    """The controls of a page. `instead` replaces what the page offers differently, such as `grains`."""
    company, view = company_of(request), view_of(request)
    settings = company.settings
    return Choices(
        view=view,
        path=request.url.path,
        ranges=_ranges(view, company.today),
        splits=(*OWN, *attributes(request))[:MOST_SPLITS],
        segments=tuple(request.app.state.segments.names()),
        policies=(*PRESETS, *settings.policies),
        policy=settings.policy,
        currency=company.currency,
        ended=None if view.start or view.end or view.as_of else ended_on(request),
        **instead,
    )


def attributes(request: Request) -> list[str]:
    """The attributes that accounts have, by name."""
    return company_of(request).once(("attributes",), lambda workspace: workspace.attribute_names())


def _ranges(view: View, today: date) -> tuple[Range, ...]:
    this = today.replace(day=1)
    offered = (
        (_("Last 12 months"), "", ""),
        (_("Last 3 months"), add_months(this, -2).isoformat(), ""),
        (_("Last 24 months"), add_months(this, -23).isoformat(), ""),
        (_("This year"), today.replace(month=1, day=1).isoformat(), ""),
        (_("Last year"), f"{today.year - 1}-01-01", f"{today.year - 1}-12-31"),
    )
    found = [Range(label, start, end, (start, end) == (view.start, view.end)) for label, start, end in offered]
    if not any(one.chosen for one in found):
        found.append(Range(_("Other dates"), view.start, view.end, True))
    return tuple(found)
