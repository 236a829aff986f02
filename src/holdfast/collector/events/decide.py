"""What becomes of each event: accepted, rejected, a duplicate, or in conflict with one of the same id.

An event is accepted where its id was first seen in it. That is written down before anything is loaded, so the same
events again, after a crash, are judged the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from holdfast.collector.events.book import SHOWN, Book
from holdfast.collector.events.cells import note_cells
from holdfast.collector.events.event import Event, Refused

DAY = 86_400_000_000
MINUTE = 60_000_000
One = Event | Refused


def decide(book: Book, upto: int, events: Sequence[One]) -> list[Event]:
    """Judge the events of the requests up to a number, once. Returns those that are accepted, in order."""
    decided, loaded = int(book.note("decided")), int(book.note("loaded"))
    fresh = [one for one in events if book.base + one.number > decided]
    accepted: list[Event] = []
    if book.base + upto > decided:
        with book.transaction():
            _claim(book, fresh)
            outcomes = _outcomes(book, fresh)
            _write_down(book, fresh, outcomes)
            accepted = _accepted(fresh, outcomes)
            note_cells(book, accepted)
            book.set_note("decided", book.base + upto)
    old = [one for one in events if loaded < book.base + one.number <= decided]
    return _accepted(old, _outcomes(book, old)) + accepted


def _accepted(events: Sequence[One], outcomes: Sequence[str]) -> list[Event]:
    return [
        one for one, said in zip(events, outcomes, strict=True) if said == "accepted" and isinstance(one, Event)
    ]  # fmt: skip


def _claim(book: Book, events: Sequence[One]) -> None:
    book.claim(
        (one.key, book.base + one.number, one.index, one.content, one.received // 1_000_000)
        for one in events
        if isinstance(one, Event)
    )


def _outcomes(book: Book, events: Sequence[One]) -> list[str]:
    owners = book.owners([one.key for one in events if isinstance(one, Event)])
    return [_outcome(book, one, owners) for one in events]


def _outcome(book: Book, one: One, owners: dict[bytes, tuple[int, int, bytes | None]]) -> str:
    if isinstance(one, Refused):
        return "rejected"
    place, item, content = owners.get(one.key, (0, 0, None))
    if (place, item) == (book.base + one.number, one.index):
        return "accepted"
    return "duplicate" if content is None or content == one.content else "conflict"


def _write_down(book: Book, events: Sequence[One], outcomes: Sequence[str]) -> None:
    counts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    last: Counter[str] = Counter()
    for one, outcome in zip(events, outcomes, strict=True):
        counts[one.source, one.received // DAY][outcome] += 1
        last[one.source] = max(last[one.source], one.received)
        if outcome == "rejected":
            _keep_rejected(book, one)
        elif outcome == "conflict":
            _keep_conflict(book, one)
    for (source, day), told in counts.items():
        book.count(source, day, received=told.total(), last_at=last[source], **told)
    book.count_minutes(Counter((one.source, one.received // MINUTE) for one in events))
    _show(book, events[-SHOWN:], outcomes[-SHOWN:])


def _keep_rejected(book: Book, one: One) -> None:
    row = (book.base + one.number, one.index, one.source, one.received, getattr(one, "reason", ""), one.raw)
    book.db.execute("INSERT OR IGNORE INTO rejected VALUES (?, ?, ?, ?, ?, ?)", row)


def _keep_conflict(book: Book, one: One) -> None:
    message_id = getattr(one, "message_id", "")
    row = (book.base + one.number, one.index, one.source, one.received, message_id, one.raw)
    book.db.execute("INSERT OR IGNORE INTO conflicts VALUES (?, ?, ?, ?, ?, ?)", row)


def _show(book: Book, events: Sequence[One], outcomes: Sequence[str]) -> None:
    """Keep the latest events where they can be looked at."""
    rows = [(book.base + one.number, one.index, *_shown(one, said)) for one, said in zip(events, outcomes, strict=True)]
    book.db.executemany("INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    book.db.execute(
        "DELETE FROM latest WHERE (place, item) < (SELECT place, item FROM latest"
        " ORDER BY place DESC, item DESC LIMIT 1 OFFSET ?)",
        (SHOWN - 1,),
    )


def _shown(one: One, outcome: str) -> tuple[str | int | None, ...]:
    if isinstance(one, Refused):
        return (one.source, one.received, outcome, one.reason, *[None] * 8)
    return (
        one.source, one.received, outcome, None, one.type, one.name, one.user_id, one.anonymous_id, one.account_id,
        one.message_id, one.occurred, one.note,
    )  # fmt: skip
