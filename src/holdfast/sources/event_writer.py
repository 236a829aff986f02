"""Events of an import on their way to the disk: written by a thread, while the next ones are read."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Self

from holdfast.lake import Lake
from holdfast.sources.store_events import EVENTS, append_events
from holdfast.sources.stored_ids import Digests, StoredIds

if TYPE_CHECKING:
    import pyarrow as pa


class EventWriter:
    """One write at a time, and one that waits: use it in a `with`, and what was given to it is on the disk behind it.

    `stored` holds the ids of what was given to it, written or not.
    """

    def __init__(self, lake: Lake, known_at: datetime, stored: StoredIds) -> None:
        self.lake, self.known_at, self.stored = lake, known_at, stored
        self._thread = ThreadPoolExecutor(1, "holdfast-import")
        self._given: list[Future[None]] = []

    def append(self, rows: pa.Table, digests: Digests) -> None:
        """Write rows whose ids have these hashes; returns when what was given before is written."""
        self.stored.add(digests)
        self.settle()
        self._given.append(self._thread.submit(self._append, rows))

    def tidy(self) -> None:
        """Join small files, when what was given is written."""
        self._given.append(self._thread.submit(self.lake.tidy, EVENTS))

    def settle(self) -> None:
        """Return when all that was given is written; raises what went wrong."""
        given, self._given = self._given, []
        for one in given:
            one.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        try:
            if kind is None:
                self.settle()
        finally:
            self._thread.shutdown()

    def _append(self, rows: pa.Table) -> None:
        with self.lake.writing():
            append_events(self.lake, rows, self.known_at)
            self.stored.known_version(self.lake.version(EVENTS))
