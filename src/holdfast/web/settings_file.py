"""Changing `holdfast.toml`: what is not changed stays as it was written, comments too."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

_HEADER = re.compile(r"\s*\[")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def rewritten(text: str, changes: Mapping[str, Any]) -> str:
    """The text with other values for some keys; a key whose value is None goes.

    >>> print(rewritten('# ours\\ncompany = "A"  # short\\nmargin = 0.8\\n', {"company": "B", "founded": 2019}), end="")
    # ours
    company = "B"
    margin = 0.8
    founded = 2019
    """
    wanted = {**tomllib.loads(text), **changes}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    kept = _with_comments(text, changes)
    return kept if _parsed(kept) == wanted else written(wanted)


def written(values: Mapping[str, Any]) -> str:
    """Values as TOML, without any comments."""
    return "".join(f"{line}\n" for name, value in values.items() for line in _lines(name, value))


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _with_comments(text: str, changes: Mapping[str, Any]) -> str:
    """The statements of changed keys go, and stand anew where the first of them stood."""
    top: list[str] = []
    rest: list[str] = []
    left = dict(changes)
    inside = ""
    for statement in _statements(text):
        if _HEADER.match(statement):
            inside = _first_key(statement)
        key = inside or _first_key(statement)
        if key not in changes:
            (rest if inside else top).append(statement)
        elif not inside and key in left:
            top += _lines(key, left.pop(key))
    end = next((place for place in range(len(top), 0, -1) if top[place - 1].strip()), 0)
    top[end:end] = [line for name, value in left.items() for line in _lines(name, value)]
    return "".join(f"{one}\n" for one in (*top, *rest))


def _statements(text: str) -> Iterable[str]:
    """The lines of a text, those of one statement together."""
    waiting = ""
    for line in text.splitlines():
        waiting = f"{waiting}\n{line}" if waiting else line
        if not waiting.strip() or _HEADER.match(waiting) or _parsed(waiting) is not None:
            yield waiting
            waiting = ""
    if waiting:
        yield waiting


def _first_key(statement: str) -> str:
    """The first key of a statement; empty where it is a comment or blank."""
    return next(iter(_parsed(statement) or {}), "")


def _lines(name: str, value: Any) -> list[str]:
    """A key as lines that can stand anywhere before the first table."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [f"{_key(name)}.{line}" for one, inner in value.items() for line in _lines(one, inner)]
    return [f"{_key(name)} = {_value(value)}"]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(name)} = {_value(one)}' for name, one in value.items())} }}"
    return repr(value) if isinstance(value, (int, float)) else str(value)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
