"""Signing in: the first owner, people who were invited, passwords, sessions, and OpenID providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.web import guard, security
from holdfast.web.auth import links, oidc, signing
from holdfast.web.auth.attempts import Attempts
from holdfast.web.auth.oidc_settings import oidc_settings
from holdfast.web.auth.provider import Provider
from holdfast.web.auth.signing import welcome_link

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["install", "welcome_link"]


def install(app: FastAPI) -> None:
    """Put signing in, what guards pages, and what stands before them into an application that has its state.

    Raises `InputError` and `MissingExtra` where an OpenID provider is named and cannot be used.
    """
    settings = oidc_settings()
    app.state.oidc = None if settings is None else Provider(settings)
    app.state.attempts = Attempts()
    for one in (signing, links, oidc):
        app.include_router(one.router)
    guard.install(app)
    security.install(app)
