"""What arrived, counted since the start and shown as it comes: for those who look whether their events get here."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass

from holdfast.collector.segment.answers import Answer

SHOWN = 200
"""Requests that are remembered."""


@dataclass(frozen=True)
class Arrival:
    """A request and its answer; nothing of what was in it."""

    at: float
    """Unix seconds."""
    source: str | None
    endpoint: str
    status: int
    code: str
    events: int
    bytes: int


class Arrivals:
    """Counts by source and answer, and the latest requests."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        """By source (empty where it is not known) and the code of the answer."""
        self.events: Counter[str] = Counter()
        """Events that were stored, by source; whether each can be used is decided later."""
        self._recent: deque[tuple[float, str, str, Answer, int, int]] = deque(maxlen=SHOWN)

    def count(self, source: str, endpoint: str, answer: Answer, events: int = 0, size: int = 0) -> None:
        self.requests[source, answer.code] += 1
        self.events[source] += events
        self._recent.append((time.time(), source, endpoint, answer, events, size))

    @property
    def recent(self) -> list[Arrival]:
        """The latest first."""
        return [
            Arrival(at, source or None, endpoint, answer.status, answer.code, events, size)
            for at, source, endpoint, answer, events, size in reversed(self._recent)
        ]

    def by_source(self) -> dict[str, dict[str, object]]:
        """Requests by answer and events stored, for each source."""
        found: dict[str, dict[str, object]] = {}
        for (source, code), count in sorted(self.requests.items()):
            one = found.setdefault(source, {"requests": {}, "events": self.events[source]})
            one["requests"][code] = count  # type: ignore[index]
        return found
