"""The side file in which it is written down what became of each event: `<data>/events/decided.sqlite`."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from holdfast.collector.sqlite import sqlite
from holdfast.errors import LakeError
from holdfast.lake.durability import write_durably

log = logging.getLogger("holdfast.collector")

FOLDER, FILE = "events", "decided.sqlite"
INBOX_ID = Path("inbox") / "id"
KEPT_SECONDS = 35 * 86_400
"""How long an id is remembered at least: clients try again for hours, and 30 days are promised."""
MOST_SEEN = 20_000_000
"""Ids that are remembered before any is forgotten: about a gigabyte."""
SHOWN = 2_000
"""The latest events, kept to be looked at."""
MINUTES = 120
"""Minutes whose events are counted one by one."""
SCHEMA = """
BEGIN;
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (
    key BLOB PRIMARY KEY, place INTEGER NOT NULL, item INTEGER NOT NULL, content BLOB, second INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rejected (
    place INTEGER, item INTEGER, source TEXT, received_at INTEGER, reason TEXT, raw BLOB, PRIMARY KEY (place, item)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS conflicts (
    place INTEGER, item INTEGER, source TEXT, received_at INTEGER, message_id TEXT, raw BLOB, PRIMARY KEY (place, item)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (
    source TEXT, day INTEGER, received INTEGER DEFAULT 0, accepted INTEGER DEFAULT 0, rejected INTEGER DEFAULT 0,
    duplicate INTEGER DEFAULT 0, conflict INTEGER DEFAULT 0, loaded INTEGER DEFAULT 0, erased INTEGER DEFAULT 0,
    last_at INTEGER DEFAULT 0, PRIMARY KEY (source, day)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS minutes (
    source TEXT, minute INTEGER, received INTEGER NOT NULL, PRIMARY KEY (minute, source)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cells (
    kind TEXT, a TEXT, b TEXT, field TEXT, at INTEGER, tie BLOB, value TEXT, place INTEGER,
    PRIMARY KEY (kind, a, b, field)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cells_by_place ON cells (place);
CREATE TABLE IF NOT EXISTS latest (
    place INTEGER, item INTEGER, source TEXT, received_at INTEGER, outcome TEXT, reason TEXT, type TEXT, event TEXT,
    user_id TEXT, anonymous_id TEXT, account_id TEXT, message_id TEXT, occurred_at INTEGER, time_note TEXT,
    PRIMARY KEY (place, item)
) WITHOUT ROWID;
INSERT OR IGNORE INTO notes VALUES ('base', 0), ('decided', 0), ('loaded', 0), ('inbox', '');
COMMIT;
"""
_COUNTS = ("received", "accepted", "rejected", "duplicate", "conflict", "loaded", "erased")
TOGETHER = 500
"""Keys asked for in one statement."""


class Book:
    """The side file, open for writing. Only the process that holds the inbox writes it.

    Requests are known by their *place*: their number in the inbox, counted on where the inbox was begun anew.
    """

    def __init__(self, data: Path) -> None:
        self.path = data / FOLDER / FILE
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.db = _sound(self.path)
            self.db.executescript(SCHEMA)
            self.inbox = _inbox_id(data)
            self._begin_anew()
        except (OSError, sqlite().Error) as error:
            raise LakeError(f"cannot open {self.path}: {error}") from error
        self.base = int(self.note("base"))
        self.known_since: dict[tuple[str, str, str, str], int] = {}
        """Earliest instants that are written down already, so that nearly all events need not ask."""
        self._swept = 0

    def _begin_anew(self) -> None:
        """Numbers begin at 1 again in a new inbox; the places go on."""
        if self.note("inbox") == self.inbox:
            return
        with self.transaction():
            self.set_note("base", self.note("decided"))
            self.db.execute("UPDATE notes SET value = ? WHERE name = 'inbox'", (self.inbox,))

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever written down in it."""
        return self.note("decided") == 0 and self.db.execute("SELECT 1 FROM seen LIMIT 1").fetchone() is None

    @property
    def application(self) -> str:
        """Under which the lake notes how far this inbox was loaded."""
        return f"inbox-{self.inbox}"

    def note(self, name: str) -> Any:
        return self.db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()[0]

    def set_note(self, name: str, value: object) -> None:
        self.db.execute("UPDATE notes SET value = ? WHERE name = ?", (value, name))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is written inside stands whole, or not at all."""
        try:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")
        except sqlite().Error as error:
            raise LakeError(f"cannot write {self.path}: {error}", hint="nothing is lost: it is tried again") from error

    def claim(self, rows: Iterable[tuple[bytes, int, int, bytes, int]]) -> None:
        """Note the keys that are new, each with where it was first seen."""
        self.db.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?, ?)", rows)

    def owners(self, keys: Sequence[bytes]) -> dict[bytes, tuple[int, int, bytes | None]]:
        """Where each key was first seen, and with what content."""
        found: dict[bytes, tuple[int, int, bytes | None]] = {}
        for start in range(0, len(keys), TOGETHER):
            some = keys[start : start + TOGETHER]
            marks = ", ".join("?" * len(some))
            rows = self.db.execute(f"SELECT key, place, item, content FROM seen WHERE key IN ({marks})", some)  # noqa: S608
            found.update((key, (place, item, content)) for key, place, item, content in rows)
        return found

    def count(self, source: str, day: int, **more: int) -> None:
        """Add to the counts of a source's day."""
        last_at = more.pop("last_at", 0)
        self.db.execute("INSERT OR IGNORE INTO counts (source, day) VALUES (?, ?)", (source, day))
        self.db.execute(
            "UPDATE counts SET received = received + ?, accepted = accepted + ?, rejected = rejected + ?,"
            " duplicate = duplicate + ?, conflict = conflict + ?, loaded = loaded + ?, erased = erased + ?,"
            " last_at = max(last_at, ?) WHERE source = ? AND day = ?",
            [more.get(name, 0) for name in _COUNTS] + [last_at, source, day],
        )

    def count_minutes(self, received: Mapping[tuple[str, int], int]) -> None:
        """Add to the counts of sources' minutes; those of long ago are dropped."""
        self.db.executemany(
            "INSERT INTO minutes VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET received = received + excluded.received",
            [(source, minute, count) for (source, minute), count in received.items()],
        )
        latest = max((minute for _, minute in received), default=0)
        self.db.execute("DELETE FROM minutes WHERE minute < ?", (latest - MINUTES,))

    def forget(self, now: int) -> None:
        """Forget old ids where there are very many: one part in 256 of them at each call."""
        if not self._swept and self._rows() < MOST_SEEN:
            return
        low, high = bytes([self._swept]), bytes([self._swept + 1]) if self._swept < 255 else b"\xff" * 17
        self._swept = (self._swept + 1) % 256
        with self.transaction():
            query = "DELETE FROM seen WHERE key >= ? AND key < ? AND second < ? AND place <= ?"
            self.db.execute(query, (low, high, now // 1_000_000 - KEPT_SECONDS, self.note("loaded")))

    def _rows(self) -> int:
        """About how many ids are remembered, from the size of the file."""
        return self.path.stat().st_size // 60

    def close(self) -> None:
        self.db.close()


def _connected(path: Path) -> Any:
    db = sqlite().connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    path.chmod(0o600)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA cache_size = -131072")
    return db


def _sound(path: Path) -> Any:
    """The database; one that is damaged is set aside, and begun anew."""
    db = None
    try:
        db = _connected(path)
        verdict = db.execute("PRAGMA quick_check").fetchone()[0]
        if verdict == "ok":
            return db
    except sqlite().DatabaseError as error:
        if not any(word in str(error) for word in ("malformed", "not a database", "corrupt")):
            raise
        verdict = str(error)
    if db is not None:
        db.close()
    aside = path.with_name(f"{path.stem}-damaged-{time.time_ns() // 1_000_000}{path.suffix}")
    log.error("%s was damaged (%s) and is set aside as %s", path, verdict, aside)
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
    return _connected(path)


def _inbox_id(data: Path) -> str:
    """The name of the inbox, which it has from the first time that something is read out of it."""
    path = data / INBOX_ID
    try:
        if name := path.read_text(encoding="utf-8").strip():
            return name
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = secrets.token_hex(8)
    write_durably(path, name + "\n", 0o600)
    return name
