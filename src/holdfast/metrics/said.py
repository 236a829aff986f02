"""Sentences that can be said in another language."""

from __future__ import annotations

from typing import Any, Self


class Said(str):
    """A sentence in English, and what it was put together from, so that a page can say it in its reader's language.

    >>> note = Said("%(rows)s rows rest on few accounts", rows=3)
    >>> note
    '3 rows rest on few accounts'
    >>> note.sentence, note.values
    ('%(rows)s rows rest on few accounts', {'rows': 3})
    """

    sentence: str
    values: dict[str, Any]

    def __new__(cls, sentence: str, **values: Any) -> Self:
        made = super().__new__(cls, sentence % values if values else sentence)
        made.sentence, made.values = sentence, values
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.sentence,), self.values
