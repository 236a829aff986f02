"""Options written as name=value."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.errors import InputError


def pairs(option: str, texts: Iterable[str] | None) -> dict[str, str]:
    """`name=value` texts as a dictionary.

    >>> pairs("--set", ["discounts=none"])
    {'discounts': 'none'}
    """
    found: dict[str, str] = {}
    for text in texts or []:
        name, mark, value = text.partition("=")
        if not mark or not name.strip():
            raise InputError(f"{option} {text!r} cannot be read; write it as {option} name=value")
        found[name.strip()] = value.strip()
    return found
