"""Segments in a view: a name in the address, the conditions that it stands for in the question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

    from holdfast.web.view import View


def with_segment(request: Request, view: View) -> View:
    """The view with its segment's conditions. Raises `UnknownName` where there is no such segment."""
    if not view.segment:
        return view
    return replace(view, meant=tuple(request.app.state.segments.conditions(view.segment)))
