"""The inbox: a message is acknowledged when it is on the disk, and stays until it is applied.

One thread writes. What waits while a commit is under way goes into the next one together, so that the cost of a
commit is shared by however many senders there are.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from holdfast.collector.ledger import Ledger, Position
from holdfast.collector.message import Message, Stored
from holdfast.collector.recovery import open_checked
from holdfast.collector.sqlite import sqlite
from holdfast.collector.tables import COLUMNS, FILE, connect, insert, lose, mark, reader, refuse, set_mark, stored
from holdfast.errors import LakeError

log = logging.getLogger("holdfast.collector")

FOLDER = "inbox"
TOGETHER = 2_000
"""Messages in one commit."""
MOST_BYTES = 1 << 30
"""Bytes that may wait to be applied, before new messages are put off."""
MOST_WAITING = 20_000
"""Messages that may wait for a commit."""


class InboxUnavailable(LakeError):
    """The message was not acknowledged: it may be sent again."""


@dataclass
class _Job:
    """A message to store, or something else to do, and who waits for it."""

    done: Future[int] | asyncio.Future[int]
    loop: asyncio.AbstractEventLoop | None = None
    message: Message | None = None
    work: Callable[[Any], int] | None = None
    result: int = 0


@dataclass
class Losses:
    """Messages that were acknowledged and are gone."""

    messages: int = 0
    runs: list[tuple[int, int, str]] = field(default_factory=list)


class Inbox:
    """The inbox in `data/inbox`, open. Only one process holds it at a time."""

    def __init__(self, data: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self.folder = data / FOLDER
        self.most_bytes = most_bytes
        self.arrived = threading.Event()
        """Set when there is something new to apply."""
        self._lock = _held(self.folder)
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise
        self._jobs: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._gathered: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
        self._waiting = 0
        """Jobs that no commit has taken up yet."""
        self._counting = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._write_on, name="holdfast-inbox", daemon=True)
        self._thread.start()

    def _open(self) -> None:
        try:
            self._ledger = Ledger(self.folder / "ledger")
            self._db = open_checked(self.folder, self._ledger)
            self._reader = reader(self.folder / FILE)
            size = self._db.execute("SELECT coalesce(sum(length(body)), 0), count(*) FROM messages").fetchone()
        except (OSError, sqlite().Error) as error:
            raise LakeError(f"cannot open the inbox in {self.folder}: {error}") from error
        self.bytes_pending, self.pending_count = size
        self._last = mark(self._db, "last")
        self._applied = mark(self._db, "applied")
        self.broken: str | None = None

    # putting in

    @property
    def full(self) -> bool:
        """Whether new messages are put off."""
        return self._closed or self.bytes_pending >= self.most_bytes or self._waiting >= MOST_WAITING

    @property
    def load(self) -> float:
        """How full it is; new messages are put off at 1."""
        return max(float(self.bytes_pending) / max(self.most_bytes, 1), self._waiting / MOST_WAITING)

    async def put(self, message: Message) -> int:
        """Store a message. Returns its number when it is on the disk. Raises `InboxUnavailable` where it is not.

        Messages of one turn of the event loop are handed to the writer together: waking it costs more than a message.
        """
        self._check_room()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[int] = loop.create_future()
        gathered = self._gathered.get(loop)
        if gathered is None:
            gathered = self._gathered[loop] = []
            loop.call_soon(self._hand_over, loop)
        gathered.append(_Job(done, loop, message))
        return await done

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        jobs = self._gathered.pop(loop)
        if self._closed:
            _tell(jobs, InboxUnavailable("the inbox is closed"))
        else:
            self._queue(jobs)

    def submit(self, message: Message) -> Future[int]:
        """As `put`, for threads."""
        self._check_room()
        done: Future[int] = Future()
        self._queue([_Job(done, None, message)])
        return done

    def _check_room(self) -> None:
        if self.full:
            raise InboxUnavailable("the inbox is full", hint="send the message again later")

    def _queue(self, jobs: list[_Job]) -> None:
        with self._counting:
            self._waiting += len(jobs)
        self._jobs.put(jobs)

    # taking out

    def pending(self, limit: int, most_bytes: int = 16 << 20) -> list[Stored]:
        """The oldest messages that are not applied yet, in order."""
        found: list[Stored] = []
        size = 0
        rows = self._reader.execute(f"SELECT {COLUMNS} FROM messages ORDER BY number LIMIT ?", (limit,))  # noqa: S608
        for row in rows:
            one = stored(row)
            if one is None:
                self.refuse_damaged(row[0])
                continue
            size += len(one.message.body)
            if found and size > most_bytes:
                break
            found.append(one)
        rows.close()
        return found

    def refuse_damaged(self, number: int) -> None:
        log.error("message %d is damaged on the disk and set aside", number)

        def work(db: Any) -> int:
            refuse(db, number, "damaged on the disk: its checksum does not fit")
            lose(db, number, number, "the message is damaged on the disk")
            return number

        self._do(work)

    def finish(self, upto: int, refused: Mapping[int, str] | None = None) -> None:
        """Everything up to a number is applied, except what was refused, which is kept with its reason."""

        def work(db: Any) -> int:
            for number, reason in (refused or {}).items():
                refuse(db, number, reason)
            db.execute("DELETE FROM messages WHERE number <= ?", (upto,))
            set_mark(db, "applied", max(upto, mark(db, "applied")))
            return upto

        self._do(work)
        self._count()

    def _do(self, work: Callable[[Any], int]) -> int:
        done: Future[int] = Future()
        self._queue([_Job(done, work=work)])
        return done.result()

    def _count(self) -> None:
        query = "SELECT coalesce(sum(length(body)), 0), count(*) FROM messages"
        self.bytes_pending, self.pending_count = self._reader.execute(query).fetchone()

    def refused(self) -> list[tuple[int, str, str]]:
        """Number, kind and reason of what could not be applied."""
        rows = self._reader.execute("SELECT number, kind, reason FROM refused ORDER BY number")
        return [(number, kind, reason) for number, kind, reason in rows]

    def losses(self) -> Losses:
        rows = self._reader.execute("SELECT first, last, reason FROM losses ORDER BY first").fetchall()
        return Losses(sum(last - first + 1 for first, last, _ in rows), rows)

    def oldest(self) -> int | None:
        """When the oldest message that is not applied was received, in Unix microseconds."""
        found = self._reader.execute("SELECT min(received_at) FROM messages").fetchone()
        return None if found is None else found[0]

    @property
    def position(self) -> Position:
        return Position(self._last, self._applied)

    # the writer

    def _write_on(self) -> None:
        while (first := self._jobs.get()) is not None:
            jobs, ended = list(first), False
            while len(jobs) < TOGETHER and not self._jobs.empty():
                more = self._jobs.get()
                if more is None:
                    ended = True
                    break
                jobs += more
            with self._counting:
                self._waiting -= len(jobs)
            self._write(jobs)
            if ended:
                return

    def _write(self, jobs: list[_Job]) -> None:
        error: Exception | None = None
        try:
            self._commit(jobs)
            self.broken = None
        except Exception as found:  # noqa: BLE001 - whatever it was, the senders are told, and the next ones are tried
            error = found
            self.broken = str(found)
            log.error("the inbox cannot be written: %s", found)  # noqa: TRY400 - no traceback, it may hold a body
            self._reopen()
        if error is None:
            self._count_in([job.message for job in jobs if job.message is not None])
        _settle(jobs, error)

    def _commit(self, jobs: list[_Job]) -> None:
        """One transaction for all; the ledger is written before anybody is told."""
        self._db.execute("BEGIN IMMEDIATE")
        last = mark(self._db, "last")
        new: list[Stored] = []
        for job in jobs:
            if job.message is not None:
                job.result = last + len(new) + 1
                new.append(Stored(job.result, job.message))
        insert(self._db, new)
        set_mark(self._db, "last", last + len(new))
        for job in jobs:
            if job.work is not None:
                job.result = job.work(self._db)
        applied = mark(self._db, "applied")
        self._db.execute("COMMIT")
        self._last, self._applied = last + len(new), applied
        self._ledger.write(Position(self._last, applied))

    def _count_in(self, messages: list[Message]) -> None:
        self.bytes_pending += sum(len(one.body) for one in messages)
        self.pending_count += len(messages)
        if messages:
            self.arrived.set()

    def _reopen(self) -> None:
        """After an error nobody knows what was stored: begin again from what the disk says."""
        try:
            self._db.close()
            self._db = connect(self.folder / FILE)
        except Exception as error:  # noqa: BLE001 - the next commit fails too, and tries again
            log.error("the inbox cannot be opened again: %s", error)  # noqa: TRY400

    def close(self) -> None:
        """Store what waits, and give the folder back."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        self._thread.join()
        self._reader.close()
        self._db.close()
        self._ledger.close()
        self._lock.release()


def _settle(jobs: list[_Job], error: Exception | None) -> None:
    """Tell everybody, each loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in jobs:
        if job.loop is None:
            _tell([job], error)
        else:
            loops.setdefault(job.loop, []).append(job)
    for loop, several in loops.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_tell, several, error)


def _tell(jobs: list[_Job], error: Exception | None) -> None:
    for job in jobs:
        if job.done.done():
            continue
        if error is None:
            job.done.set_result(job.result)
        else:
            told = InboxUnavailable(f"the message could not be stored: {error}", hint="send it again later")
            job.done.set_exception(told)


def _held(folder: Path) -> FileLock:
    """The folder, made where it is missing, for this process alone."""
    owner = folder / ".owner"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(timeout=0)
        owner.write_text(str(os.getpid()), encoding="utf-8")
    except Timeout:
        by = owner.read_text(encoding="utf-8") if owner.exists() else "unknown"
        raise LakeError(
            f"another process ({by}) is collecting into {folder.parent}", hint="end that one first, or use --data DIR"
        ) from None
    except OSError as error:
        raise LakeError(f"cannot write to {folder}: {error.strerror or error}") from error
    return lock
