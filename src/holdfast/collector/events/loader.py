"""Requests of events from the inbox into the lake, exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from holdfast.collector.applier import Pace, Verdict
from holdfast.collector.events.book import Book
from holdfast.collector.events.decide import DAY, decide
from holdfast.collector.events.erasing import cleared
from holdfast.collector.events.event import Event
from holdfast.collector.events.profiles import Profiles
from holdfast.collector.events.read import read
from holdfast.collector.events.restore import opened
from holdfast.collector.events.rows import rows_of
from holdfast.collector.message import Stored
from holdfast.lake import Lake
from holdfast.settings import Settings


class EventsHandler:
    """Applies messages of the kind `segment` to the lake in a data folder.

    Each step may be cut off and is then repeated: what became of each event is written down first, the lake knows how
    far it was loaded, and facts about people are recorded as often as it takes.
    """

    pace = Pace(seconds=2.0, messages=50_000)

    def __init__(self, data: Path, settings: Settings) -> None:
        self.data, self.settings = data, settings
        self.lake = Lake(data / "lake")
        self.profiles = Profiles(self.lake, settings.zone)
        self._book: Book | None = None

    def __call__(self, messages: Sequence[Stored]) -> Verdict:
        self.lake.prepare(self.settings.timezone)
        book = self._book = self._book or opened(self.data, self.lake)
        upto = messages[-1].number
        sent = [event for one in messages for event in read(one, f"{book.inbox[:6]}-")]
        accepted = decide(book, upto, cleared(self.lake.erased, sent))
        touched = self._load(book, accepted, upto)
        touched |= self.profiles.record(
            book, int(book.note("loaded")), max(one.message.received_at for one in messages)
        )
        self._note(book, accepted, upto)
        book.forget(messages[-1].message.received_at)
        return Verdict(touched=touched)

    def _load(self, book: Book, events: Sequence[Event], upto: int) -> set[str]:
        """Put the events into the lake which are not there yet."""
        done = self.lake.transaction("events", book.application) or 0
        fresh = [event for event in events if event.number > done and not event.erased]
        if not fresh:
            return {"events"} if events else set()
        self.lake.append("events", rows_of(fresh, self.settings.timezone), book.application, upto)
        self.lake.tidy_aside("events")
        return {"events"}

    def _note(self, book: Book, events: Sequence[Event], upto: int) -> None:
        counts = Counter((event.source, event.received // DAY, event.erased) for event in events)
        with book.transaction():
            for (source, day, erased), count in counts.items():
                book.count(source, day, **{"erased" if erased else "loaded": count})
            book.set_note("loaded", max(book.base + upto, int(book.note("loaded"))))

    def close(self) -> None:
        if self._book is not None:
            self._book.close()
            self._book = None
