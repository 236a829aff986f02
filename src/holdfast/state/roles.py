"""Roles: each may do all that the one before it may."""

from __future__ import annotations

from typing import Literal, TypeGuard, get_args

from holdfast.errors import InputError

Role = Literal["viewer", "success", "analyst", "owner"]
"""viewer: reads; success: segments, and what is done about accounts; analyst: imports, publishing, policies;
owner: settings, people, keys."""
ROLES: tuple[Role, ...] = get_args(Role)


def may(role: Role, needed: Role) -> bool:
    """Whether a role is enough for what needs another one.

    >>> may("analyst", "success"), may("viewer", "success")
    (True, False)
    """
    return ROLES.index(role) >= ROLES.index(needed)


def checked_role(text: str) -> Role:
    """Raises `InputError` that says which roles there are.

    >>> checked_role("analyst")
    'analyst'
    """
    if not _is_role(text):
        raise InputError(f"{text!r} is no role", hint=f"the roles are {', '.join(ROLES)}")
    return text


def _is_role(text: str) -> TypeGuard[Role]:
    return text in ROLES
