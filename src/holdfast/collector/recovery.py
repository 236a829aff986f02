"""What is checked when the inbox is opened: that it still holds everything that was acknowledged and not applied."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from holdfast.collector.ledger import Ledger, Position
from holdfast.collector.message import Stored
from holdfast.collector.sqlite import sqlite
from holdfast.collector.tables import COLUMNS, FILE, SCHEMA, connect, insert, lose, mark, refuse, set_mark, stored

log = logging.getLogger("holdfast.collector")
SUFFIXES = ("", "-wal", "-shm")


def open_checked(folder: Path, ledger: Ledger) -> Any:
    """The database, whole; what is missing or damaged is set aside and noted as a loss."""
    path = folder / FILE
    try:
        return _checked(_opened(path), ledger)
    except sqlite().DatabaseError as error:
        if not _is_damage(error):
            raise
        return _checked(_rescued(path, ledger, str(error)), ledger)


def _is_damage(error: Exception) -> bool:
    damaged = ("malformed", "not a database", "corrupt", "no such", "damaged", "has no column", "syntax error")
    return any(word in str(error) for word in damaged)


def _opened(path: Path) -> Any:
    db = connect(path)
    try:
        db.executescript(SCHEMA)
        _sound(db)
    except BaseException:
        db.close()
        raise
    return db


def _sound(db: Any) -> None:
    verdict = db.execute("PRAGMA quick_check").fetchone()[0]
    if verdict != "ok":
        raise sqlite().DatabaseError(f"damaged: {verdict}")


def _rescued(path: Path, ledger: Ledger, reason: str) -> Any:
    """A new database with every message that could still be read out of the damaged one, which is set aside."""
    aside = path.with_name(f"{path.stem}-damaged-{time.time_ns() // 1_000_000}{path.suffix}")
    for suffix in SUFFIXES:
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
    log.error("the inbox was damaged (%s) and is set aside as %s", reason, aside)
    before = ledger.position or Position(0, 0)
    saved = _readable(aside, before)
    db = _opened(path)
    db.execute("BEGIN IMMEDIATE")
    insert(db, saved)
    set_mark(db, "applied", before.applied)
    set_mark(db, "last", max([before.acknowledged, *(one.number for one in saved)]))
    db.execute("COMMIT")
    return db


def _readable(path: Path, position: Position) -> list[Stored]:
    """Asked for one by one, so that one damaged page hides no more than what is on it."""
    found = []
    query = f"SELECT {COLUMNS} FROM messages WHERE number = ?"  # noqa: S608
    with contextlib.suppress(sqlite().Error, OSError), contextlib.closing(connect(path)) as db:
        for number in range(position.applied + 1, position.acknowledged + 1):
            with contextlib.suppress(sqlite().Error):
                row = db.execute(query, (number,)).fetchone()
                if row is not None and (one := stored(row)) is not None:
                    found.append(one)
    return found


def _checked(db: Any, ledger: Ledger) -> Any:
    try:
        _check(db, ledger)
    except BaseException:
        db.close()
        raise
    return db


def _check(db: Any, ledger: Ledger) -> None:
    last, applied = mark(db, "last"), mark(db, "applied")
    known = ledger.position
    if known is None:
        if last:
            log.warning("%s was missing or damaged: whether the inbox lost its end cannot be told", ledger.path)
        known = Position(last, applied)
    db.execute("BEGIN IMMEDIATE")
    for number in _damaged(db):
        refuse(db, number, "damaged on the disk: its checksum does not fit")
        _say_lost(db, [number], "the message is damaged on the disk")
    here = {row[0] for row in db.execute("SELECT number FROM messages UNION SELECT number FROM refused")}
    here |= {number for row in db.execute("SELECT first, last FROM losses") for number in range(row[0], row[1] + 1)}
    expected = range(max(applied, known.applied) + 1, max(last, known.acknowledged) + 1)
    _say_lost(db, [number for number in expected if number not in here], "the message is no longer in the inbox")
    set_mark(db, "last", max(last, known.acknowledged))
    db.execute("COMMIT")
    ledger.write(Position(max(last, known.acknowledged), max(applied, known.applied)))


def _damaged(db: Any) -> list[int]:
    rows = db.execute(f"SELECT {COLUMNS} FROM messages ORDER BY number")  # noqa: S608
    return [row[0] for row in rows if stored(row) is None]


def _say_lost(db: Any, numbers: list[int], reason: str) -> None:
    for first, last in _runs(numbers):
        lose(db, first, last, reason)
        log.error("messages %d to %d were acknowledged and are lost: %s", first, last, reason)


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers in order as first and last of each unbroken run.

    >>> _runs([3, 4, 5, 9])
    [(3, 5), (9, 9)]
    """
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs
