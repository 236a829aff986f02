"""Rows that did not go in are kept in the data folder, readable by their owner alone."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from holdfast.errors import UnknownName
from holdfast.lake.delta import explained
from holdfast.lake.durability import sync
from holdfast.lake.erased import Erased
from holdfast.sources.rows import Aside

FOLDER = "rejects"


@dataclass(frozen=True)
class KeptFile:
    """A file of rows that did not go in."""

    name: str
    kind: str
    kept_at: datetime

    @property
    def id(self) -> str:
        """Its name without the ending."""
        return Path(self.name).stem


@dataclass(frozen=True)
class KeptRow:
    """A row that did not go in, why, and where it stood."""

    verdict: str
    reason: str
    file: str
    line: int
    row: dict[str, str | None]


def kept_files(data: Path) -> list[KeptFile]:
    """The files of rows that were kept aside, the newest first."""
    found = [
        KeptFile(one.name, one.stem.rpartition("-")[0], datetime.fromtimestamp(one.stat().st_mtime, UTC))
        for one in (data / FOLDER).glob("*.jsonl")
    ]
    return sorted(found, key=lambda one: one.kept_at, reverse=True)


def kept_rows(data: Path, name: str) -> Iterator[KeptRow]:
    """The rows of one of the files. Raises `UnknownName` where there is none of that name."""
    if name not in {one.name for one in kept_files(data)}:
        raise UnknownName(f"there are no rows kept aside under {name!r}")
    with explained(data / FOLDER, "read"), (data / FOLDER / name).open(encoding="utf-8") as file:
        for line in file:
            told = json.loads(line)
            yield KeptRow(told["verdict"], told["reason"], told["file"], told["line"], told["row"])


class KeptAside:
    """A file of rejected and conflicting rows; the same rows again make the same file."""

    def __init__(self, data: Path, kind: str) -> None:
        self.folder = data / FOLDER
        self.kind = kind
        self._draft = self.folder / f".{kind}.{os.getpid()}.draft"
        self._file: TextIO | None = None
        self._digest = hashlib.sha256()
        self._erased = Erased(data)

    def add(self, verdict: str, aside: Aside) -> None:
        row = self._erased.cells(aside.row)
        reason = aside.reason if row == aside.row else "erased"
        entry = {"verdict": verdict, "file": aside.file, "line": aside.line, "reason": reason, "row": row}
        line = json.dumps(entry, ensure_ascii=False) + "\n"
        self._digest.update(line.encode())
        with explained(self.folder, "write to"):
            self._opened().write(line)

    def _opened(self) -> TextIO:
        if self._file is None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(descriptor, "w", encoding="utf-8")
        return self._file

    def close(self) -> Path | None:
        """Finish the file and return its path, or None where nothing was kept aside."""
        if self._file is None:
            return None
        path = self.folder / f"{self.kind}-{self._digest.hexdigest()[:12]}.jsonl"
        with explained(self.folder, "write to"):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._draft.replace(path)
            sync(self.folder)
        return path
