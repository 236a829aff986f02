"""What arrived, what became of it and what waits, as it can be looked at while another process collects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from holdfast.collector.events.book import FILE, FOLDER
from holdfast.collector.inbox import FOLDER as INBOX_FOLDER
from holdfast.collector.sqlite import sqlite
from holdfast.collector.tables import FILE as INBOX_FILE
from holdfast.collector.tables import reader
from holdfast.errors import LakeError
from holdfast.lake import Lake

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 1_000


@dataclass(frozen=True)
class SourceStatus:
    """What one source sent. `received = accepted + rejected + duplicate + conflict`, and
    `accepted = loaded + pending + erased`.

    >>> SourceStatus("web", 5, 3, 1, 1, 0, 2, 1, 0).holds
    True
    """

    source: str
    received: int
    accepted: int
    rejected: int
    duplicate: int
    conflict: int
    loaded: int
    pending: int
    erased: int
    last_received: datetime | None = None
    in_lake: int | None = None
    """Events of the source that the lake holds, counted there; null where nobody counted."""

    @property
    def holds(self) -> bool:
        """Whether nothing is missing and nothing is too much."""
        whole = self.received == self.accepted + self.rejected + self.duplicate + self.conflict
        counted = self.in_lake is None or self.loaded <= self.in_lake <= self.loaded + self.pending
        return whole and self.pending >= 0 and counted


@dataclass(frozen=True)
class Arrivals:
    """All sources, and the requests that nobody has looked into yet."""

    sources: list[SourceStatus] = field(default_factory=list)
    waiting_requests: int = 0
    oldest_waiting: datetime | None = None
    lost: list[tuple[int, int, str]] = field(default_factory=list)
    """First and last number of requests that were acknowledged and are gone, and why."""
    refused_requests: int = 0

    def to_json(self) -> dict[str, Any]:
        """Everything as plain data."""
        listed = [{**vars(one), "last_received": _iso(one.last_received), "holds": one.holds} for one in self.sources]
        waiting = {"requests": self.waiting_requests, "oldest": _iso(self.oldest_waiting)}
        lost = [{"first": first, "last": last, "reason": reason} for first, last, reason in self.lost]
        return {"sources": listed, "waiting": waiting, "lost": lost, "refused_requests": self.refused_requests}


@dataclass(frozen=True)
class SeenEvent:
    """One event that came in, and what became of it."""

    place: tuple[int, int]
    source: str
    received: datetime
    outcome: str
    reason: str | None
    type: str | None
    event: str | None
    user_id: str | None
    anonymous_id: str | None
    account_id: str | None
    message_id: str | None
    occurred: datetime | None
    time_note: str | None

    def to_json(self) -> dict[str, Any]:
        return _plain(self)


@dataclass(frozen=True)
class KeptEvent:
    """One event that did not go in, as it was sent."""

    place: tuple[int, int]
    source: str
    received: datetime
    outcome: str
    reason: str
    raw: str

    def to_json(self) -> dict[str, Any]:
        return _plain(self)


def arrivals(data: Path, *, count: bool = False) -> Arrivals:
    """What every source sent so far; with `count`, checked against what the lake holds."""
    with _opened(data / FOLDER / FILE) as book:
        rows = [] if book is None else book.execute(_SOURCES).fetchall()
    held = counted(Lake(data / "lake")) if count else None
    sources = [_source(row, held) for row in rows]
    with _opened(data / INBOX_FOLDER / INBOX_FILE) as inbox:
        if inbox is None:
            return Arrivals(sources)
        waiting, oldest = inbox.execute(_WAITING).fetchone()
        lost = inbox.execute("SELECT first, last, reason FROM losses ORDER BY first").fetchall()
        refused = inbox.execute("SELECT count(*) FROM refused WHERE kind = 'segment'").fetchone()[0]
    return Arrivals(sources, waiting, None if oldest is None else _moment(oldest), lost, refused)


_SOURCES = (
    "SELECT source, sum(received), sum(accepted), sum(rejected), sum(duplicate), sum(conflict), sum(loaded),"
    " sum(accepted - loaded - erased), sum(erased), max(last_at) FROM counts GROUP BY source ORDER BY source"
)
_WAITING = "SELECT count(*), min(received_at) FROM messages WHERE kind = 'segment'"
_LATEST = (
    "SELECT * FROM latest WHERE (place, item) > ($place, $item) AND ($source IS NULL OR source = $source)"
    " ORDER BY place DESC, item DESC LIMIT $limit"
)
_HAS_MINUTES = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'minutes'"
_MINUTES = "SELECT source, minute, received FROM minutes WHERE minute > ? AND minute <= ?"
_KEPT = {
    "rejected": "SELECT place, item, source, received_at, reason, raw FROM rejected",
    "conflict": "SELECT place, item, source, received_at, 'the id ' || message_id || ' came before with other content',"
    " raw FROM conflicts",
}
_KEPT_PART = " WHERE ($source IS NULL OR source = $source) ORDER BY place DESC, item DESC LIMIT $limit"


def _source(row: tuple[Any, ...], held: Mapping[str, int] | None) -> SourceStatus:
    in_lake = None if held is None else held.get(row[0], 0)
    last = _moment(row[-1]) if row[-1] else None
    return SourceStatus(*(*row[:9], last, in_lake))


def latest(
    data: Path, *, after: tuple[int, int] = (0, -1), source: str | None = None, limit: int = 20
) -> list[SeenEvent]:
    """The latest events that came in after a place, the oldest first."""
    asked = {"place": after[0], "item": after[1], "source": source, "limit": limit}
    with _opened(data / FOLDER / FILE) as book:
        rows = [] if book is None else book.execute(_LATEST, asked).fetchall()
    return [_seen(row) for row in reversed(rows)]


def kept(data: Path, outcome: str, *, source: str | None = None, limit: int = MOST) -> list[KeptEvent]:
    """The latest events that were rejected, or in conflict with others, as they were sent; the oldest first."""
    with _opened(data / FOLDER / FILE) as book:
        asked = {"source": source, "limit": limit}
        rows = [] if book is None else book.execute(_KEPT[outcome] + _KEPT_PART, asked).fetchall()
    return [
        KeptEvent((place, item), sender, _moment(at), outcome, reason, bytes(raw).decode(errors="replace"))
        for place, item, sender, at, reason, raw in reversed(rows)
    ]


def by_minute(data: Path, now: datetime, minutes: int = 30) -> dict[str, list[int]]:
    """How many events each source sent in each of the last minutes, the oldest first and the running one last."""
    last = (now - EPOCH) // timedelta(minutes=1)
    with _opened(data / FOLDER / FILE) as book:
        known = book is not None and book.execute(_HAS_MINUTES).fetchone()
        rows = book.execute(_MINUTES, (last - minutes, last)).fetchall() if known else []
    found: dict[str, list[int]] = {}
    for source, minute, received in rows:
        found.setdefault(source, [0] * minutes)[minute - last - 1] = received
    return found


def counted(lake: Lake) -> dict[str, int]:
    """How many events of each source the lake holds that came in over HTTP: imported ones were not received."""
    import duckdb

    files = lake.files("events")
    if not files:
        return {}
    with duckdb.connect() as connection:
        query = "SELECT source, count(received_at) FROM read_parquet($files) GROUP BY source"
        return dict(connection.execute(query, {"files": files}).fetchall())


def _seen(row: tuple[Any, ...]) -> SeenEvent:
    happened = None if row[12] is None else _moment(row[12])
    return SeenEvent(*((row[0], row[1]), row[2], _moment(row[3]), *row[4:12], happened, row[13]))


def _plain(event: SeenEvent | KeptEvent) -> dict[str, Any]:
    """An event as plain data: its place as the number of the request and of the item in it."""
    fields = {name: _iso(value) for name, value in vars(event).items() if name != "place"}
    return {"request": event.place[0], "item": event.place[1]} | fields


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file to be read, or None where there is none yet."""
    if not path.exists():
        yield None
        return
    try:
        with closing(reader(path)) as db:
            yield db
    except sqlite().Error as error:
        raise LakeError(f"cannot read {path}: {error}") from error
