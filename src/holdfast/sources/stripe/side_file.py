"""A file beside the lake in which the Stripe source keeps what no canonical table holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from holdfast.errors import LakeError
from holdfast.lake.lock import alone

FOLDER = "stripe"


class Busy(LakeError):
    """Another process reads or applies what Stripe says at this moment."""


def stripe_alone(data: Path, patience_seconds: float) -> AbstractContextManager[None]:
    """What Stripe says is read and written by one process at a time: a sync, a check, or a batch of webhooks.

    Raises `Busy` where another one has not ended after so many seconds.
    """
    busy = Busy(f"another sync with Stripe is running in {data}", hint="wait for it to end")
    return alone(data / FOLDER / ".sync.lock", patience_seconds, busy)


class SideFile:
    """One SQLite file in the data folder, open: for its owner alone, and a commit is on the disk when it returns."""

    def __init__(self, data: Path, name: str, schema: str) -> None:
        self.path = data / FOLDER / name
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            self.path.chmod(0o600)
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(schema)
        except (OSError, sqlite3.Error) as error:
            raise LakeError(f"cannot open {self.path}: {error}") from error

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is written inside stands whole, or not at all where the process ends in between."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise LakeError(f"cannot write {self.path}: {error}", hint="nothing that was stored is lost") from error
