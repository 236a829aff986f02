"""What a page looks at where its address does not say: the days, and whether people or accounts are counted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from holdfast.web.page import company_of, view_of
from holdfast.workspace.asking import day_of_text

if TYPE_CHECKING:
    from starlette.requests import Request

    from holdfast.workspace import Workspace

LONG = timedelta(days=60)


def seen_on(request: Request) -> tuple[date, date]:
    """The last day looked at, and the as-of day, as the address has them. Raises `InputError` for what is no day."""
    view = view_of(request)
    today = day_of_text(view.as_of[:10] or None, "--as-of") or company_of(request).today
    return day_of_text(view.end or None, "--to") or today, today


def usually_counted(request: Request) -> str:
    """Users, unless no event names any: then accounts."""
    return "users" if company_of(request).once(("people are named",), _people_are_named) else "accounts"


def ended_on(request: Request) -> date | None:
    """The day of the newest fact, where nothing has happened for so long that a page of the last months says little."""
    return company_of(request).quiet_since(LONG)


def _people_are_named(workspace: Workspace) -> bool:
    events = workspace.table("events")
    named = events.filter(events.user_id.notnull() | events.anonymous_id.notnull())
    return bool(workspace.engine.to_arrow(named.select("type").limit(1)).num_rows)
