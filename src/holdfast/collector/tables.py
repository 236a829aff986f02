"""The inbox's database: what is in it, how it is opened, and what is done where it is damaged."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.collector.message import Message, Stored
from holdfast.collector.sqlite import sqlite
from holdfast.lake.erased import FILE as ERASED_FILE
from holdfast.lake.erased import FOLDER as ERASED_FOLDER

FILE = "inbox.sqlite"
SCHEMA = """
BEGIN;
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, received_at INTEGER NOT NULL, headers BLOB NOT NULL,
    body BLOB NOT NULL, checksum BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS refused (
    number INTEGER PRIMARY KEY, kind TEXT, received_at INTEGER, headers BLOB, body BLOB, checksum BLOB, reason TEXT,
    refused_at INTEGER
);
CREATE TABLE IF NOT EXISTS losses (first INTEGER PRIMARY KEY, last INTEGER, reason TEXT, found_at INTEGER);
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO marks VALUES ('last', 0), ('applied', 0);
COMMIT;
"""
COLUMNS = "number, kind, received_at, headers, body, checksum"
SEVERAL = (256, 16, 1)
"""Rows in one statement."""
_INSERT = {count: f"INSERT INTO messages VALUES {', '.join(['(?, ?, ?, ?, ?, ?)'] * count)}" for count in SEVERAL}  # noqa: S608


def connect(path: Path) -> Any:
    """A connection whose commits are on the disk when they return."""
    db = sqlite().connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    path.chmod(0o600)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    if (path.parent.parent / ERASED_FOLDER / ERASED_FILE).exists():
        db.execute("PRAGMA secure_delete = ON")  # what erased people still send is not left in free pages
    return db


def reader(path: Path) -> Any:
    """A second connection, which only reads and so never touches the log."""
    db = sqlite().connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA query_only = ON")
    db.execute("PRAGMA wal_autocheckpoint = 0")
    return db


def mark(db: Any, name: str) -> int:
    return int(db.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()[0])


def set_mark(db: Any, name: str, value: int) -> None:
    db.execute("UPDATE marks SET value = ? WHERE name = ?", (value, name))


def insert(db: Any, messages: Sequence[Stored]) -> None:
    """Many rows a statement: around each one the writer gives up the interpreter, and waits to get it back."""
    begin = 0
    while begin < len(messages):
        count = next(one for one in SEVERAL if one <= len(messages) - begin)
        db.execute(_INSERT[count], [value for one in messages[begin : begin + count] for value in _row(one)])
        begin += count


def _row(one: Stored) -> tuple[Any, ...]:
    message = one.message
    headers = msgspec.json.encode(dict(message.headers))
    return (one.number, message.kind, message.received_at, headers, message.body, message.checksum)


def stored(row: Any) -> Stored | None:
    """A row as a message; None where it is not what was put in."""
    number, kind, received_at, headers, body, checksum = row
    try:
        message = Message(kind, bytes(body), msgspec.json.decode(headers, type=dict[str, str]), received_at)
        return Stored(number, message) if message.checksum == checksum else None
    except (TypeError, ValueError, msgspec.MsgspecError):
        return None


def refuse(db: Any, number: int, reason: str) -> None:
    """Keep a message, but do not try it again."""
    db.execute(
        f"INSERT OR REPLACE INTO refused SELECT {COLUMNS}, ?, ? FROM messages WHERE number = ?",  # noqa: S608
        (reason, time.time_ns() // 1_000, number),
    )
    db.execute("DELETE FROM messages WHERE number = ?", (number,))


def lose(db: Any, first: int, last: int, reason: str) -> None:
    """Note that messages which were acknowledged are gone."""
    db.execute("INSERT OR REPLACE INTO losses VALUES (?, ?, ?, ?)", (first, last, reason, time.time_ns() // 1_000))
