"""The cookie that holds a session's token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast.state.sessions import LIFE

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.responses import Response

PLAIN = "holdfast"
SECURE = f"__Host-{PLAIN}"
"""Browsers take it over https alone, and from no other host than this one: not from a neighbour below its domain."""


def is_secure(request: HTTPConnection) -> bool:
    return request.url.scheme == "https"


def session_token(request: HTTPConnection) -> str:
    """The token that the browser sent; empty where there is none."""
    return request.cookies.get(_name(request), "")


def keep_session(response: Response, request: HTTPConnection, token: str) -> None:
    response.set_cookie(_name(request), token, max_age=int(LIFE.total_seconds()), **_how(request))


def forget_session(response: Response, request: HTTPConnection) -> None:
    response.delete_cookie(_name(request), **_how(request))


def _name(request: HTTPConnection) -> str:
    return SECURE if is_secure(request) else PLAIN


def _how(request: HTTPConnection) -> dict[str, Any]:
    return {"path": "/", "secure": is_secure(request), "httponly": True, "samesite": "lax"}
