"""Erasing from the SQLite files beside the lake: the inbox, what became of events, what Stripe said, the state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from holdfast.collector.events.event import key_of
from holdfast.errors import LakeError
from holdfast.privacy.certificate import StoreDone
from holdfast.privacy.subject import Subject
from holdfast.privacy.words import Words, is_distinct, spellings
from holdfast.state.sqlite import sqlite

MAGIC = b"SQLite format 3\0"
TRIES = 100
Row = dict[str, Any]


class Rule(Protocol):
    """What becomes of a row; None where it is to go."""

    def __call__(self, row: Row, subject: Subject, words: Words) -> Row | None: ...


def databases_in(data: Path) -> list[Path]:
    """All SQLite files of a data folder, those that were set aside too."""
    folders = [data, *(one for one in sorted(data.iterdir()) if one.is_dir() and one.name != "lake")]
    files = (path for folder in folders for path in sorted(folder.glob("*") if folder == data else folder.rglob("*")))
    return [path for path in files if path.is_file() and _begins(path) == MAGIC]


def _begins(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC))
    except OSError:
        return b""


def erase_in_database(path: Path, subject: Subject, store: str) -> StoreDone:
    """Erase somebody from one file, its free pages and its log. The same again changes nothing."""
    done, words = StoreDone(store), subject.words
    try:
        with closing(sqlite().connect(path, timeout=60, isolation_level=None)) as db:
            db.execute("PRAGMA secure_delete = ON")
            rules = {**RULES, "messages": _sent} if "-damaged-" in path.name else RULES
            for table in _tables(db):
                rule = rules.get(table, _plain)
                _erase_in_table(db, table, partial(rule, subject=subject, words=words), done)
            if done.anything or _raw(path, words):
                db.execute("VACUUM")
                _empty_log(db, path)
                done.files_rewritten = 1
    except sqlite().Error as error:
        raise LakeError(f"cannot erase from {path}: {error}", hint="run the same command again") from error
    return done


def _tables(db: Any) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return [name for (name,) in db.execute(query).fetchall()]


def _empty_log(db: Any, path: Path) -> None:
    """Cut the log that lies beside a file to nothing, as soon as nobody reads it."""
    for _ in range(TRIES):
        if not db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            return
        time.sleep(0.1)
    raise LakeError(f"another process keeps reading {path}", hint="end it, and run the same command again")


def _erase_in_table(db: Any, table: str, rule: Callable[[Row], Row | None], done: StoreDone) -> None:
    key = _key(db, table)
    db.execute("BEGIN IMMEDIATE")
    try:
        for old, new in list(_changes(db, table, rule)):
            where = " AND ".join(f"{_quoted(one)} IS ?" for one in key)
            if new is None:
                db.execute(f"DELETE FROM {_quoted(table)} WHERE {where}", [old[one] for one in key])  # noqa: S608 - names come from the file itself
                done.rows_removed += 1
                continue
            changed = [one for one in new if new[one] != old[one]]
            to = ", ".join(f"{_quoted(one)} = ?" for one in changed)
            values = [new[one] for one in changed] + [old[one] for one in key]
            db.execute(f"UPDATE OR REPLACE {_quoted(table)} SET {to} WHERE {where}", values)  # noqa: S608 - as above
            done.rows_changed += 1
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _changes(db: Any, table: str, rule: Callable[[Row], Row | None]) -> Iterator[tuple[Row, Row | None]]:
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({_quoted(table)})")]
    if table == "seen":
        return
    for values in db.execute(f"SELECT * FROM {_quoted(table)}"):  # noqa: S608 - the name comes from the file itself
        old = dict(zip(columns, values, strict=True))
        new = rule(old)
        if new != old:
            yield old, new


def _key(db: Any, table: str) -> list[str]:
    columns = db.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    return [row[1] for row in sorted(columns, key=lambda row: row[5]) if row[5]] or [row[1] for row in columns]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _raw(path: Path, words: Words) -> bool:
    """Whether one of the names still stands in the pages of a file or of its log."""
    needles = [one.encode() for text in {*words.inside, *words.exact} for one in spellings(text)]
    return any(
        any(needle in content for needle in needles)
        for suffix in ("", "-wal", "-journal")
        if (file := path.with_name(path.name + suffix)).exists()
        for content in [file.read_bytes()]
    )


# what becomes of the rows of each table


def _plain(row: Row, subject: Subject, words: Words) -> Row:
    return {name: _scrubbed(value, words) for name, value in row.items()}


def _scrubbed(value: Any, words: Words) -> Any:
    if isinstance(value, str):
        return words.exact[value] if value in words.exact and is_distinct(value) else words.replaced(value)
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return value
        new = words.replaced(text)
        return value if new == text else new.encode()
    return value


def _sent(row: Row, subject: Subject, words: Words) -> Row:
    """Something that was sent and did not go in: its content goes, that it came stays counted."""
    raw = "body" if "body" in row else "raw"
    if row[raw] and words.named_by(bytes(row[raw])):
        emptied: Mapping[str, Any] = {raw: b"", "checksum": b"", "headers": b"{}", "message_id": ""}
        row = row | {name: value for name, value in emptied.items() if name in row}
    return _plain(row, subject, words)


def _left(row: Row, subject: Subject, words: Words) -> Row:
    """What waits is applied, and checked then."""
    return row


def _cell(row: Row, subject: Subject, words: Words) -> Row | None:
    """What events said of somebody."""
    people, accounts = subject.people, subject.accounts
    first, second = (
        (accounts, people) if row["kind"] in ("accounts", "account_attributes", "trials") else (people, accounts)
    )
    if row["a"] in first or (row["kind"] == "memberships" and row["b"] in second):
        return None
    if row["kind"] == "identities" and row["b"] in people:
        return None
    if row["kind"] == "trials" and row["field"] == "user" and row["value"] in people:
        return None
    return _plain(row, subject, words)


def _latest(row: Row, subject: Subject, words: Words) -> Row | None:
    named = row["user_id"] in subject.people or row["anonymous_id"] in subject.people
    return None if named or row["account_id"] in subject.accounts else _plain(row, subject, words)


RULES: Mapping[str, Rule] = {
    "refused": _sent,
    "rejected": _sent,
    "conflicts": _sent,
    "cells": _cell,
    "latest": _latest,
    "messages": _left,
}


def forget_contents(book: Path, keys: Sequence[tuple[str, str]]) -> None:
    """Take away what is remembered of the content of events; their ids stay known, so that none comes in again."""
    if not keys or not book.exists():
        return
    try:
        with closing(sqlite().connect(book, timeout=60, isolation_level=None)) as db:
            db.execute("PRAGMA secure_delete = ON")
            db.execute("BEGIN IMMEDIATE")
            hashed = [(key_of(source, message_id),) for source, message_id in keys]
            db.executemany("UPDATE seen SET content = NULL WHERE key = ?", hashed)
            db.execute("COMMIT")
    except sqlite().Error as error:
        raise LakeError(f"cannot erase from {book}: {error}", hint="run the same command again") from error
