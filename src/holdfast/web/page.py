"""Pages out of templates: with navigation, the reader's language, and the controls that are the same everywhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from holdfast.web.csrf import csrf_token
from holdfast.web.guard import Person, person_of
from holdfast.web.shown import Shown
from holdfast.web.statics import static_url
from holdfast.web.view import View
from holdfast.web.words import LANGUAGES, Words, preferred, words

if TYPE_CHECKING:
    from starlette.requests import Request

    from holdfast.web.company import Company

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Own:
    """What of a page is its reader's own."""

    name: str
    initial: str
    csrf: str


STAND_INS = Own(secrets.token_hex(32), secrets.token_hex(32), secrets.token_hex(32))
"""What stands in their places in a page that is made for many readers: words that stand nowhere else."""


@dataclass(frozen=True)
class Place:
    """A page in the navigation."""

    path: str
    title: str
    icon: str


def _(sentence: str) -> str:
    """Marks a sentence for translation; it is translated where it is shown."""
    return sentence


PLACES = (
    Place("/", _("Overview"), "home"),
    Place("/revenue", _("Revenue"), "trend"),
    Place("/retention", _("Retention"), "grid"),
    Place("/accounts", _("Accounts"), "people"),
    Place("/usage", _("Usage"), "pulse"),
    Place("/features", _("Features"), "blocks"),
    Place("/trials", _("Trials"), "clock"),
    Place("/payments", _("Payments and renewals"), "card"),
    Place("/explain", _("Explain"), "lens"),
    Place("/sources", _("Sources"), "inbox"),
    Place("/settings", _("Settings"), "gear"),
)


def company_of(request: Request) -> Company:
    """The company that the application serves."""
    found: Company = request.app.state.company
    return found


def words_of(request: Request) -> Words:
    """The reader's language: as chosen, else as the browser asks for."""
    person = person_of(request)
    chosen = (person.language if person else "") or request.cookies.get("language", "")
    return words(chosen if chosen in LANGUAGES else preferred(request.headers.get("accept-language", "")))


def view_of(request: Request) -> View:
    """What the address says is to be looked at."""
    return View.of(request.query_params)


def shown_of(request: Request) -> Shown:
    company = company_of(request)
    known = company.currency if person_of(request) else company.settings.currency  # who signs in waits for no number
    return Shown(words_of(request), view_of(request).currency.upper() or known, company.settings.zone)


def own_of(request: Request) -> Own:
    """The reader's own: the name, and the token that forms carry."""
    person = person_of(request)
    name = (person.name or person.email) if person else ""
    return Own(name, name[:1].upper(), csrf_token(request))


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A template as a page. `values` beside what every page has: person, view, words, and how values are shown."""
    told, person = words_of(request), person_of(request)
    settings = company_of(request).settings
    own = STAND_INS if getattr(request.state, "is_for_many", False) else own_of(request)
    known: dict[str, Any] = {
        "request": request,
        "reader": own,
        "path": request.url.path,
        "places": PLACES,
        "person": person,
        "theme": theme_of(request, person),
        "languages": LANGUAGES,
        "language": told.language,
        "_": told.say,
        "ngettext": told.says,
        "shown": shown_of(request),
        "view": view_of(request),
        "company_name": settings.company or told.say("Your company"),
        "csrf_field": lambda: Markup('<input type="hidden" name="csrf" value="{}">').format(own.csrf),
    }
    return HTMLResponse(environment().get_template(template).render(**{**known, **values}), status)


def theme_of(request: Request, person: Person | None) -> str:
    """Light, dark, or as the system: `auto`."""
    theme = person.theme if person else request.cookies.get("theme", "")
    return theme if theme in ("light", "dark") else "auto"


@lru_cache
def environment() -> Environment:
    """The templates: everything is escaped, and a name that is not there is a fault."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    made.globals["static"] = static_url
    return made
