"""Which characters the fonts at hand can show, and what is said of those that they cannot."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

BOX = "□"
"""Stands where a character cannot be shown."""
PLAIN = frozenset(map(chr, range(0x20, 0x7F)))
"""What every font has."""
HIDDEN = ("Cc", "Cs")
"""Control characters and lone halves of pairs: nothing is shown for them."""


def showable(told: Any, can_show: Callable[[str], bool]) -> tuple[Any, tuple[str, ...]]:
    """The same data with a box for each character that no font has, and a sentence that says which writing it is.

    >>> showable({"name": "Acme 한국"}, str.isascii)
    ({'name': 'Acme □□'}, ('No font on this computer has Hangul: a □ stands for each such character.',))
    """
    characters = set().union(*(set(text) for text in _texts(told))) - PLAIN
    hidden = {character for character in characters if unicodedata.category(character) in HIDDEN}
    missing = set(_missing(sorted(characters - hidden), can_show))
    if not missing and not hidden:
        return told, ()
    table = str.maketrans(dict.fromkeys(hidden, " ") | dict.fromkeys(missing, BOX))
    return _replaced(told, table), _said(missing)


def _texts(told: Any) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict):
        for value in told.values():
            yield from _texts(value)
    elif isinstance(told, list | tuple):
        for value in told:
            yield from _texts(value)


def _missing(characters: list[str], can_show: Callable[[str], bool]) -> list[str]:
    """Those that cannot be shown: halves are asked again until what is left is one character."""
    if not characters or can_show(" ".join(characters)):
        return []
    if len(characters) == 1:
        return characters
    middle = len(characters) // 2
    return _missing(characters[:middle], can_show) + _missing(characters[middle:], can_show)


def _replaced(told: Any, table: dict[int, str]) -> Any:
    if isinstance(told, str):
        return told.translate(table)
    if isinstance(told, dict):
        return {name: _replaced(value, table) for name, value in told.items()}
    return [_replaced(value, table) for value in told] if isinstance(told, list | tuple) else told


def _said(missing: set[str]) -> tuple[str, ...]:
    if not missing:
        return ()
    scripts = ", ".join(sorted({writing(character) for character in missing}))
    return (f"No font on this computer has {scripts}: a {BOX} stands for each such character.",)


def writing(character: str) -> str:
    """The writing that a character belongs to, by the first word of its Unicode name.

    >>> writing("한"), writing("ก"), writing("中"), writing("😀")
    ('Hangul', 'Thai', 'Chinese characters', 'symbols such as GRINNING FACE')
    """
    name = unicodedata.name(character, "")
    first = name.split(" ", maxsplit=1)[0].split("-", maxsplit=1)[0]
    if first == "CJK":
        return "Chinese characters"
    if unicodedata.category(character).startswith("S") or not first:
        return f"symbols such as {name or f'U+{ord(character):04X}'}"
    return first.title()
