"""The days that a page looks at: the last one of its range, and the one that counts as today."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from holdfast.web.page import company_of, view_of
from holdfast.workspace.asking import day_of_text

if TYPE_CHECKING:
    from starlette.requests import Request


def seen_on(request: Request) -> tuple[date, date]:
    """The last day looked at, and the as-of day, as the address has them. Raises `InputError` for what is no day."""
    view = view_of(request)
    today = day_of_text(view.as_of[:10] or None, "--as-of") or company_of(request).today
    return day_of_text(view.end or None, "--to") or today, today
