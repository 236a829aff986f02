"""The address that is printed when the server starts."""

from __future__ import annotations

from pathlib import Path


def sign_in_path(data: Path) -> str | None:
    """The path of the one-time link for the first owner; None where there is an owner already.

    This is the hook for `web.auth.welcome_link(state)`.
    """
    return "/"
