"""JSON kept as it was written: no number is rounded, no text is changed."""

from __future__ import annotations

import re
from typing import Any

import msgspec

NOTHING = msgspec.Raw(b"")
_fields: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])

_ESCAPE = re.compile(
    rb"\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})(?P<low>\\u[dD][c-fC-F][0-9a-fA-F]{2})?"
    rb"|\\u(?P<alone>[dD][c-fC-F][0-9a-fA-F]{2})|\\."
)


def without_lone_surrogates(body: bytes) -> bytes:
    r"""The same JSON, in which half of a surrogate pair is spelt out as text: no store can hold it as a character.

    >>> without_lone_surrogates(rb'["\ud800", "\ud83d\ude00", "\\ud800"]')
    b'["\\\\ud800", "\\ud83d\\ude00", "\\\\ud800"]'
    """
    return _ESCAPE.sub(_spelt_out, body)


def _spelt_out(match: re.Match[bytes]) -> bytes:
    lone = (match["high"] and not match["low"]) or match["alone"]
    return b"\\" + match[0] if lone else match[0]


def text_of(raw: msgspec.Raw) -> str | None:
    """A text, number or truth value as text, exactly as JSON writes it. Raises `ValueError` for anything else.

    >>> text_of(msgspec.Raw(b"18446744073709551617")), text_of(msgspec.Raw(b'"a"')), text_of(msgspec.Raw(b"null"))
    ('18446744073709551617', 'a', None)
    """
    written = bytes(raw)
    if not written or written == b"null":
        return None
    if written[:1] == b'"':
        return str(msgspec.json.decode(written, type=str))
    if written[:1] in b"{[":
        raise ValueError("an object" if written[:1] == b"{" else "a list")
    return written.decode("ascii")


def scalars(written: bytes) -> dict[str, str | None]:
    """The texts, numbers and truth values of a JSON object by name; objects and lists in it are passed over.

    >>> scalars(b'{"plan": "pro", "seats": 5.0, "old": null, "tags": ["a"]}')
    {'plan': 'pro', 'seats': '5.0', 'old': None}
    """
    found: dict[str, str | None] = {}
    for name, raw in fields(written).items():
        if bytes(raw)[:1] not in (b"{", b"["):
            found[name] = text_of(raw)
    return found


def fields(written: bytes) -> dict[str, msgspec.Raw]:
    """The fields of a JSON object, each as written; none where there is no object."""
    if written[:1] != b"{":
        return {}
    return _fields.decode(written)


def canonical(written: bytes) -> bytes:
    """The same text for the same content, however it is spaced and ordered.

    >>> canonical(b'{"b": 1, "a": [2]}') == canonical(b'{"a":[2],"b":1}')
    True
    """
    if len(written) <= 2:
        return written
    try:
        content: Any = msgspec.json.decode(written)
        return msgspec.json.encode(content, order="sorted")
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return written
