"""What the page about sources shows of the events that arrive."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from holdfast.collector.events.status import Arrivals, SeenEvent, SourceStatus, arrivals, by_minute, latest
from holdfast.web.bars import Bar, bars

COUNTS = ("received", "accepted", "rejected", "duplicate", "conflict")
MINUTES = 30
LATEST = 25


@dataclass(frozen=True)
class Pace:
    """How many events a source sent lately."""

    minutes: tuple[int, ...]

    @property
    def last_minute(self) -> int:
        """In the last minute that is over."""
        return self.minutes[-2] if len(self.minutes) > 1 else 0

    @property
    def in_all(self) -> int:
        return sum(self.minutes)

    @property
    def bars(self) -> list[Bar]:
        return bars(self.minutes)


@dataclass(frozen=True)
class Arriving:
    """The sources with their pace, and the latest events, the newest first."""

    arrivals: Arrivals
    paces: dict[str, Pace] = field(default_factory=dict)
    events: tuple[SeenEvent, ...] = ()

    def pace(self, source: str) -> Pace:
        return self.paces.get(source, Pace((0,) * MINUTES))

    @property
    def totals(self) -> dict[str, int]:
        """Of all sources: received = accepted + rejected + duplicate + conflict."""
        return totals(self.arrivals.sources)

    @property
    def wrong(self) -> list[str]:
        """Sources whose counts do not add up."""
        return [one.source for one in self.arrivals.sources if not one.holds]


def arriving(data: Path, now: datetime, *, count: bool = False) -> Arriving:
    """What arrived in a data folder; with `count`, checked against what the lake holds."""
    paces = {source: Pace(tuple(minutes)) for source, minutes in by_minute(data, now, MINUTES).items()}
    return Arriving(arrivals(data, count=count), paces, tuple(reversed(latest(data, limit=LATEST))))


def totals(sources: list[SourceStatus]) -> dict[str, int]:
    """The counts of all sources together.

    >>> totals([SourceStatus("web", 5, 3, 1, 1, 0, 2, 1, 0), SourceStatus("ios", 2, 2, 0, 0, 0, 2, 0, 0)])["received"]
    7
    """
    return {name: sum(getattr(one, name) for one in sources) for name in COUNTS}
