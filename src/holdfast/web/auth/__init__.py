"""Signing in: the first owner, people who were invited, passwords, sessions, and OpenID providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.web import guard, security
from holdfast.web.auth import links, signing
from holdfast.web.auth.attempts import Attempts
from holdfast.web.auth.signing import welcome_link

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["install", "welcome_link"]


def install(app: FastAPI) -> None:
    """Put signing in, what guards pages, and what stands before them into an application that has its state."""
    app.state.attempts = Attempts()
    for one in (signing, links):
        app.include_router(one.router)
    guard.install(app)
    security.install(app)
