"""Secrets out of the environment: given outright, or as the path of a file that holds them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from holdfast.errors import InputError


def secret_text(name: str, hint: str, environment: Mapping[str, str] | None = None) -> tuple[str, str]:
    """The secret that `name` holds, or the file that `name_FILE` names; and which of the two it came from.

    Empty where neither is set. Raises `InputError` where both are, or the file cannot be read; never with the secret.

    >>> secret_text("HOLDFAST_KEY", "", {"HOLDFAST_KEY": " abc "})
    ('abc', 'HOLDFAST_KEY')
    """
    given, named = os.environ if environment is None else environment, f"{name}_FILE"
    text, path = given.get(name, "").strip(), given.get(named, "").strip()
    if text and path:
        raise InputError(f"both {name} and {named} are set", hint="keep one of them")
    return (_read(Path(path), named, hint), named) if path else (text, name)


def _read(path: Path, named: str, hint: str) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InputError(f"cannot read {path}, which {named} names: {reason}", hint=hint) from error
    if not text:
        raise InputError(f"{path}, which {named} names, is empty", hint=hint)
    return text
