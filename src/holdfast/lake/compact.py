"""Small files of a table that is appended to, joined part by part: first into files of some megabytes, and these into
large ones, so that no row is rewritten more than twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, PostCommitHookProperties
from deltalake.exceptions import CommitFailedError

from holdfast.errors import LakeError
from holdfast.lake.append import LARGEST_FILE, MONTH, WRITER
from holdfast.lake.delta import READERS_GRACE, explained, open_table
from holdfast.lake.durability import sync_commits
from holdfast.lake.rewrite import joining_alone

log = logging.getLogger("holdfast.lake")

SMALL_FILE = 16 << 20
MOST_SMALL, MOST_MIDDLE = 60, 24
"""Files of a month under 16 MB, and under 256 MB, that are left as they are."""
VACUUM_SECONDS, FIRST_VACUUM_SECONDS = 86_400, 3_600


def due(table: DeltaTable) -> list[tuple[int, int]]:
    """The parts with too many small files, each with the size up to which they are joined."""
    files = pa.table(table.get_add_actions(flatten=True))
    months = files[f"partition.{MONTH}"].to_pylist()
    sizes = files["size_bytes"].to_pylist()
    small = Counter(month for month, size in zip(months, sizes, strict=True) if size < SMALL_FILE)
    middle = Counter(month for month, size in zip(months, sizes, strict=True) if SMALL_FILE <= size < LARGEST_FILE)
    return [
        *((month, LARGEST_FILE) for month, count in middle.items() if count > MOST_MIDDLE),
        *((month, 2 * SMALL_FILE) for month in small if small[month] > MOST_SMALL and middle[month] <= MOST_MIDDLE),
    ]  # fmt: skip


def compact(path: Path) -> int:
    """Join small files where there are many. Returns in how many parts; readers and writers go on meanwhile."""
    table = open_table(path)
    if table is None:
        return 0
    parts = due(table)
    if not parts:
        return 0
    with joining_alone(path.parent):
        table.update_incremental()
        return _joined(path, table, parts)


def _joined(path: Path, table: DeltaTable, parts: list[tuple[int, int]]) -> int:
    for month, size in parts:
        start = table.version()
        try:
            with explained(path, "compact"):
                table.optimize.compact(
                    partition_filters=[(MONTH, "=", str(month))],
                    target_size=size,
                    max_concurrent_tasks=1,
                    writer_properties=WRITER,
                    post_commithook_properties=PostCommitHookProperties(
                        create_checkpoint=False, cleanup_expired_logs=False
                    ),
                )
                sync_commits(path, start, table.version())
        except CommitFailedError:
            log.info("%s was changed meanwhile: it is compacted another time", path)
            return 0
    return len(parts)


def vacuum(path: Path) -> None:
    """Delete the files that no version of the last days lists."""
    table = open_table(path)
    if table is not None:
        with explained(path, "clean up"):
            table.vacuum(retention_hours=int(READERS_GRACE.total_seconds() // 3600), dry_run=False)


class Tidier:
    """Keeps a table tidy in a thread of its own, beside whoever appends to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread: threading.Thread | None = None
        self._vacuumed = time.monotonic() - VACUUM_SECONDS + FIRST_VACUUM_SECONDS

    def tidy(self, table: DeltaTable) -> None:
        """Begin to join files, where that is due and not under way."""
        if (self._thread is not None and self._thread.is_alive()) or not (due(table) or self._dirty()):
            return
        self._thread = threading.Thread(target=self._run, name="holdfast-tidier", daemon=True)
        self._thread.start()

    def _dirty(self) -> bool:
        return time.monotonic() - self._vacuumed > VACUUM_SECONDS

    def _run(self) -> None:
        try:
            compact(self.path)
            if self._dirty():
                self._vacuumed = time.monotonic()
                vacuum(self.path)
        except LakeError as error:
            log.warning("%s", error.message)

    def wait(self) -> None:
        """Return when nothing is under way."""
        if self._thread is not None:
            self._thread.join()
