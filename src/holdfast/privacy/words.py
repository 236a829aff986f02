"""Names and ids found in texts, and replaced there."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any

LONG_ENOUGH = 6
"""Letters of an id that is searched for inside texts. A shorter one, or a small number, means too much else there."""
LONG_NUMBER = 9
ID_NAMES = {
    "userid", "anonymousid", "previousid", "groupid", "accountid", "customer", "customerid", "distinctid", "unitid",
}  # fmt: skip
"""Names of JSON fields under which a short id means the person or account, too."""


def is_distinct(text: str) -> bool:
    """Whether a text, found somewhere, means what it means and nothing else.

    >>> [is_distinct(one) for one in ("ann@example.com", "u_planted", "12", "123456", "ann")]
    [True, True, False, False, False]
    """
    return len(text) >= (LONG_NUMBER if text.isdigit() else LONG_ENOUGH)


def is_address(text: str) -> bool:
    """Whether a text is an e-mail address.

    >>> is_address("ann@example.com"), is_address("@ann")
    (True, False)
    """
    return re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) is not None


_FIELD = (
    r'("(?i:user_?id|anonymous_?id|previous_?id|group_?id|account_?id|customer(?:_?id)?|distinct_?id|unit_?id)"\s*:\s*)'
    r'"?({})"?'
)
"""A JSON field that holds an id."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class Words:
    """The texts that name somebody, each with what stands in its place."""

    def __init__(self, exact: Mapping[str, str], inside: Mapping[str, str]) -> None:
        self.exact = dict(exact)
        """Ids, replaced where one is the whole value."""
        self.inside = {text: new for text, new in inside.items() if is_distinct(text)}
        """Texts that are searched for inside others."""
        self._new = {_folded(text): new for text, new in self.inside.items()}
        self._pattern = _pattern(self.inside)
        short = [re.escape(text) for text in self.exact if not is_distinct(text)]
        self._fields = re.compile(_FIELD.format("|".join(short)) + r"(?=\s*[,}])") if short else None
        rough = {re.escape(one) for text in self.inside for one in spellings(text)}
        rough |= {_FIELD.format(text) for text in short}
        self.rough = "|".join(sorted(rough))
        """A pattern that is found wherever one of the texts may stand, for a quick look."""

    def found(self, text: str) -> bool:
        """Whether a text names somebody."""
        return self.replaced(text) != text

    def replaced(self, text: str) -> str:
        r"""A text without the names. JSON is looked at as what it says, however it is written.

        >>> words = Words({}, {"ann@example.com": "erased-1"})
        >>> words.replaced("write to Ann@Example.com, not to joann@example.com")
        'write to erased-1, not to joann@example.com'
        >>> words.replaced('{"to": "ann\\u0040example.com", "n": 1.50}')
        '{"to": "erased-1", "n": 1.50}'
        """
        new = text if self._pattern is None else self._pattern.sub(self._put, text)
        if self._fields is not None:
            new = self._fields.sub(lambda match: f'{match[1]}"{self.exact[match[2]]}"', new)
        if "\\" in new:
            new = self._by_strings(new)
        return new

    def _put(self, match: re.Match[str]) -> str:
        return self._new[_folded(html.unescape(match[0]))]

    def _by_strings(self, text: str) -> str:
        """Each JSON string in a text looked at as what it says; everything else stays as it is written."""

        def one(match: re.Match[str]) -> str:
            try:
                said = json.loads(match[0])
            except ValueError:
                return match[0]
            new = self.replaced(said)
            return match[0] if new == said else json.dumps(new, ensure_ascii=False)

        return _STRING.sub(one, text)

    def in_value(self, value: Any) -> Any:
        """A decoded JSON value without the names."""
        if isinstance(value, str):
            return self.exact_or_inside(value) if is_distinct(value) else value
        if isinstance(value, dict):
            return {self._key(name): self._field(name, one) for name, one in value.items()}
        return [self.in_value(one) for one in value] if isinstance(value, list) else value

    def _key(self, name: str) -> str:
        return name if self._pattern is None else self._pattern.sub(self._put, name)

    def _field(self, name: str, value: Any) -> Any:
        if (
            name.replace("_", "").lower() in ID_NAMES
            and not isinstance(value, (dict, list, bool))
            and value is not None
        ):
            return self.exact.get(str(value), self.in_value(value))
        return self.in_value(value)

    def exact_or_inside(self, text: str) -> str:
        if text in self.exact:
            return self.exact[text]
        return text if self._pattern is None else self._pattern.sub(self._put, text)

    def named_by(self, raw: bytes) -> bool:
        """Whether something that was sent names one of them: read as JSON where it can be, else word by word."""
        try:
            content = json.loads(raw)
        except (ValueError, RecursionError):
            return self.found(raw.decode(errors="surrogateescape"))
        return bool(self.in_value(content) != content)


def spellings(text: str) -> set[str]:
    r"""The ways in which programs write a text: plain, in JSON, in HTML.

    >>> sorted(spellings("a/é"))
    ['a/\\u00e9', 'a/é', 'a\\/é']
    """
    in_json = json.dumps(text)[1:-1]
    return {text, in_json, text.replace("/", "\\/"), html.escape(text), html.escape(text, quote=False)}


def _folded(text: str) -> str:
    return text.casefold() if is_address(text) else text


def _pattern(inside: Mapping[str, str]) -> re.Pattern[str] | None:
    parts = []
    for text in sorted(inside, key=len, reverse=True):
        for one in sorted({text, html.escape(text), html.escape(text, quote=False)}):
            body = re.escape(one)
            parts.append(rf"(?<![\w.+%-])(?i:{body})(?!\w)" if is_address(text) else rf"(?<!\w){body}(?!\w)")
    return re.compile("|".join(parts)) if parts else None
