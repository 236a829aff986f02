"""Tables as they were last read: opened anew only where a commit was made since."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.lake import delta
from holdfast.lake.paths import files_of

if TYPE_CHECKING:
    from deltalake import DeltaTable

Mark = tuple[int, int, int]


class Read:
    """A table at one version. It is only looked at, never moved to another version."""

    def __init__(self, path: Path, table: DeltaTable) -> None:
        self.path, self.table = path, table
        self.version = table.version()
        self._mark = _mark(self._commit(self.version))

    @cached_property
    def files(self) -> tuple[str, ...]:
        return tuple(files_of(self.table))

    def is_latest(self) -> bool:
        """Whether no commit came after it, and its own is the same: another folder may have been put in its place."""
        same = self._mark is not None and self._mark == _mark(self._commit(self.version))
        return same and not self._commit(self.version + 1).exists()

    def _commit(self, version: int) -> Path:
        return self.path / "_delta_log" / f"{version:020}.json"


class Latest:
    """The latest version of each table in use."""

    def __init__(self) -> None:
        self._read: dict[Path, Read] = {}

    def of(self, path: Path) -> Read | None:
        """The table, or None where there is none yet."""
        known = self._read.get(path)
        if known is not None and known.is_latest():
            return known
        table = delta.open_table(path)
        if table is None:
            self._read.pop(path, None)
            return None
        self._read[path] = found = Read(path, table)
        return found


def _mark(file: Path) -> Mark | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
