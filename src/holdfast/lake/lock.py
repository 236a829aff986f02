"""Locks between processes: one short lock for all writers of a lake, and others for what one process does at a time.

Readers never take any, and a killed process leaves none behind.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from holdfast.errors import LakeError

log = logging.getLogger("holdfast.lake")

PATIENCE_SECONDS = 1.0
LIMIT_SECONDS = 900.0


@contextmanager
def alone(lock_file: Path, patience_seconds: float, otherwise: LakeError) -> Iterator[None]:
    """Inside, no other process holds the lock; raises `otherwise` where one has not let go of it after so long."""
    lock_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(lock_file)
    try:
        lock.acquire(timeout=patience_seconds)
    except Timeout:
        raise otherwise from None
    try:
        yield
    finally:
        lock.release()


class WriteLock:
    """The lock of the lake at `root`; entering it again in the same thread costs nothing."""

    def __init__(self, root: Path) -> None:
        self.path = root / ".write.lock"
        self.owner_path = root / ".write.owner"
        self._lock = FileLock(self.path)

    @contextmanager
    def held(self) -> Iterator[None]:
        outermost = not self._lock.is_locked
        self._acquire()
        try:
            if outermost:
                self._sign()
            yield
        finally:
            try:
                if outermost:
                    with suppress(OSError):
                        self.owner_path.unlink()
            finally:  # whatever interrupts the line above: who waits for this lock waits for a quarter of an hour
                self._lock.release()

    def _acquire(self) -> None:
        try:
            self._lock.acquire(timeout=PATIENCE_SECONDS)
            return
        except Timeout:
            log.warning("waiting for %s, which is writing to %s", self.owner(), self.path.parent)
        try:
            self._lock.acquire(timeout=LIMIT_SECONDS)
        except Timeout:
            raise LakeError(
                f"{self.owner()} has been writing to {self.path.parent} for more than {LIMIT_SECONDS / 60:.0f} minutes",
                hint="wait for it, or end that process and try again: nothing is lost",
            ) from None

    def _sign(self) -> None:
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]]).strip() or "python"
        note = f"process {os.getpid()} ({command}, since {datetime.now(UTC):%H:%M:%S} UTC)"
        with suppress(OSError):
            self.owner_path.write_text(note, encoding="utf-8")

    def owner(self) -> str:
        """Who holds the lock, in words."""
        try:
            return self.owner_path.read_text(encoding="utf-8") or "another process"
        except OSError:
            return "another process"
