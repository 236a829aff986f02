"""The first steps: what is shown in place of figures as long as there are none, and which steps are done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from holdfast.collector.events.status import arrivals
from holdfast.simulate.truth import FILE_NAME as TRUTH
from holdfast.sources.stripe.status import stripe_status
from holdfast.state import Key, Keys, State
from holdfast.web.guard import person_of, state_of
from holdfast.web.page import company_of, page

FIGURES = ("/", "/revenue", "/retention", "/accounts", "/usage", "/features", "/trials", "/payments")
"""Pages that show nothing but figures."""
IMPORTED = ("subscription_terms", "accounts", "invoices", "payments")


class NothingYet(Exception):
    """There is nothing that a number could be made of."""


@dataclass(frozen=True)
class Steps:
    """Which of the ways to begin were taken."""

    stripe: bool = False
    key: bool = False
    """Whether there is a write key that is valid."""
    events: bool = False
    imported: bool = False
    simulated: bool = False


def steps_of(data: Path, state: State) -> Steps:
    """Which steps are done in a data folder."""
    stripe = stripe_status(data).synced_at is not None
    key = any(one.kind == "write" and one.revoked_at is None for one in Keys(state).all())
    simulated = (data / TRUTH).is_file()
    files = any((data / "lake" / name / "_delta_log").is_dir() for name in IMPORTED)
    return Steps(stripe, key, bool(arrivals(data).sources), files and not stripe and not simulated, simulated)


def needs_figures(request: Request) -> None:
    """A dependency: pages of figures teach the first steps where there are no figures."""
    if request.method == "GET" and request.url.path in FIGURES and company_of(request).is_empty():
        raise NothingYet


def taught(request: Request, error: Exception | None = None) -> Response:
    """The first steps, in place of a page of figures."""
    return start_page(request)


def start_page(request: Request, status: int = 200, *, made: Key | None = None, text: str = "") -> Response:
    """The first steps; with a key that was just made, which is shown this once."""
    data, person = company_of(request).data, person_of(request)
    return page(
        request,
        "start.html",
        status,
        steps=steps_of(data, state_of(request)),
        folder=str(data),
        address=str(request.base_url).rstrip("/"),
        made=made,
        text=text,
        may_import=person is not None and person.may("analyst"),
        may_make_keys=person is not None and person.may("owner"),
    )
