"""Signing in by an OpenID provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request


def is_offered(request: Request) -> bool:
    return getattr(request.app.state, "oidc", None) is not None
