"""One request as it came in, and as the inbox keeps it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

STRIPE_WEBHOOK = "stripe-webhook"


@dataclass(frozen=True)
class Message:
    """A request whose sender waits for an answer: its kind, its body as it came, and the headers that are needed."""

    kind: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    received_at: int = field(default_factory=lambda: time.time_ns() // 1_000)
    """Unix microseconds."""

    @property
    def checksum(self) -> bytes:
        """Over everything that is kept, so that a flipped bit in any of it shows."""
        rest = msgspec.json.encode([self.kind, self.received_at, sorted(self.headers.items())])
        return hashlib.blake2b(self.body, digest_size=16, key=hashlib.blake2b(rest, digest_size=32).digest()).digest()


@dataclass(frozen=True)
class Stored:
    """A message in the inbox, under the number by which it was acknowledged."""

    number: int
    message: Message
