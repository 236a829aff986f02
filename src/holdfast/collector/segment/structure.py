"""Whether a body has the form of a request: a JSON object, and in a batch a list. Each event is judged later."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeVar

import msgspec

T = TypeVar("T")
MOST_EVENTS = 2_500
"""In one batch."""


class NotARequest(Exception):
    """The body cannot be a request; `code` and `message` say why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Request(NamedTuple):
    """What of a body matters here."""

    events: int
    write_key: str | None


class _Single(msgspec.Struct, rename="camel", gc=False):
    write_key: msgspec.Raw = msgspec.Raw()


class _Batch(msgspec.Struct, rename="camel", gc=False):
    batch: list[msgspec.Raw]
    write_key: msgspec.Raw = msgspec.Raw()


_SINGLE, _BATCH = msgspec.json.Decoder(_Single), msgspec.json.Decoder(_Batch)
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)")
_LONE = 6
"""Bytes of a \\uXXXX that stands alone."""


def read_single(body: bytes) -> Request:
    """One event. Raises `NotARequest`."""
    found = _decoded(_SINGLE, body)
    return Request(1, _text(found.write_key))


def read_batch(body: bytes) -> Request:
    """A batch. Raises `NotARequest`.

    >>> read_batch(b'{"batch": [{"type": "track"}, {"type": "page"}], "writeKey": "k"}')
    Request(events=2, write_key='k')
    """
    found = _decoded(_BATCH, body)
    if len(found.batch) > MOST_EVENTS:
        raise NotARequest("too_many_events", f"the batch has {len(found.batch):,} events, and may have {MOST_EVENTS:,}")
    return Request(len(found.batch), _text(found.write_key))


def without_lone_surrogates(body: bytes) -> bytes:
    r"""The same body, as long as it was, with U+FFFD where half a character was escaped.

    JavaScript and Python write such halves where a text was cut inside an emoji; a strict reader refuses them.

    >>> without_lone_surrogates(rb'{"a": "cut \ud83d", "b": "\ud83d\ude00", "c": "\\ud83d"}')
    b'{"a": "cut \\ufffd", "b": "\\ud83d\\ude00", "c": "\\\\ud83d"}'
    """
    return _ESCAPE.sub(lambda found: rb"\ufffd" if _is_lone(found[0]) else found[0], body)


def _is_lone(escape: bytes) -> bool:
    return len(escape) == _LONE


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        if not body.isascii():
            body.decode()
        return _strict(decoder, body)
    except RecursionError as error:
        raise NotARequest("too_deep", "the JSON is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise NotARequest("invalid_json", "the body is not UTF-8") from error
    except msgspec.ValidationError as error:
        raise NotARequest("invalid_request", f"the body has not the form of a request: {error}") from error
    except msgspec.DecodeError as error:
        raise NotARequest("invalid_json", f"the body is not JSON: {error}") from error


def _strict(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        if b"\\u" not in body:
            raise
    return decoder.decode(without_lone_surrogates(body))


def _text(raw: msgspec.Raw) -> str | None:
    """The text in a field, where it is one."""
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw, type=str)
    except msgspec.MsgspecError:
        return None
