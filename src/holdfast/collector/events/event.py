"""One event as the collector understands it, and one that it refuses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from holdfast.collector.events.json_text import canonical

TYPES = ("track", "page", "screen", "identify", "group", "alias")
LARGEST = 32 << 10
"""Bytes of one event."""


class Event(msgspec.Struct):
    """An event that can be stored. Instants are Unix microseconds; `traits` and `properties` are JSON as written."""

    number: int
    """Of the request in the inbox."""
    index: int
    """In its request."""
    source: str
    raw: bytes
    received: int
    type: str
    name: str | None
    message_id: str
    key: bytes
    user_id: str | None
    anonymous_id: str | None
    account_id: str | None
    previous_id: str | None
    occurred: int
    original: int | None
    sent: int | None
    note: str | None
    time_text: str | None
    given_time: str | None
    properties: bytes
    traits: bytes
    context: bytes
    erased: bool = False
    """Whether it is of somebody who was erased: it is counted, and not stored."""

    @property
    def content(self) -> bytes:
        """What happened, without what a client writes anew when it sends the event again."""
        named = (
            self.type, self.name, self.user_id, self.anonymous_id, self.account_id, self.previous_id, self.given_time
        )  # fmt: skip
        digest = hashlib.blake2b(repr(named).encode(), digest_size=8)
        digest.update(canonical(self.properties))
        digest.update(b"\0")
        digest.update(canonical(self.traits))
        return digest.digest()


@dataclass(frozen=True)
class Refused:
    """An event that can never be stored, and why."""

    number: int
    index: int
    source: str
    received: int
    reason: str
    raw: bytes


def key_of(source: str, message_id: str) -> bytes:
    """What tells one event from all others, in 16 bytes.

    >>> key_of("web", "m1") == key_of("web", "m1"), key_of("we", "bm1") == key_of("web", "m1")
    (True, False)
    """
    return hashlib.blake2b(f"{len(source)}:{source}{message_id}".encode(), digest_size=16).digest()
