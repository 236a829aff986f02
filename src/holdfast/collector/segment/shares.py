"""How much of the intake one source may take up, so that the others still get through."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from holdfast.collector.segment.answers import BUSY, OVER_SHARE, Answer

MOST_REQUESTS = 2_000
"""That are answered at the same time."""
MOST_BYTES = 256 << 20
"""In their bodies."""
HALF_LIFE_SECONDS = 30.0
PRESSED = 0.5
"""From this part of a full inbox on, sources that send more than the others are put off."""


class Shares:
    """What is under way by source, and what each has sent of late.

    A source takes at most half of what can be under way. While the inbox is more than half full, a source that has
    sent more than the mean of all that are sending is put off; alone, it may fill the inbox.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.requests = self.bytes = 0
        self._requests: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._sent: dict[str, tuple[float, float]] = {}
        """Bytes that count, halved every half-life, and when they were last counted."""

    def admit(self, source: str, size: int, load: float) -> Answer | None:
        """Begin a request, or say why not. `load` is how full the inbox is, 1 being full."""
        if self.requests >= MOST_REQUESTS or self.bytes + size > MOST_BYTES:
            return BUSY
        if self._requests[source] >= MOST_REQUESTS // 2 or self._bytes[source] + size > MOST_BYTES // 2:
            return OVER_SHARE
        if load > PRESSED and self._over_mean(source):
            return OVER_SHARE
        self.requests += 1
        self.bytes += size
        self._requests[source] += 1
        self._bytes[source] += size
        return None

    def release(self, source: str, size: int) -> None:
        self.requests -= 1
        self.bytes -= size
        self._requests[source] -= 1
        self._bytes[source] -= size

    def sent(self, source: str, size: int) -> None:
        """Count what a source has brought in."""
        now = self.clock()
        self._sent[source] = self._counting(source, now) + size, now

    def _counting(self, source: str, now: float) -> float:
        amount, at = self._sent.get(source, (0.0, now))
        return float(amount * 0.5 ** ((now - at) / HALF_LIFE_SECONDS))

    def _over_mean(self, source: str) -> bool:
        now = self.clock()
        counting = [amount for one in self._sent if (amount := self._counting(one, now)) >= 1]
        return len(counting) > 1 and self._counting(source, now) > sum(counting) / len(counting)
