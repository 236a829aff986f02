"""What an erasure did, as it can be shown to anybody: no id, name or address is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from holdfast.lake.durability import write_durably
from holdfast.lake.erased import FOLDER

BEYOND = (
    "copies outside the data folder: backups, exports, reports that were sent, and the systems that the data came from",
    "processes that had a file open when it was deleted: they can read it until they close it",
    "free blocks of the disk, where the file system or an SSD keeps what was deleted until it is overwritten",
)
"""What no erasure of a data folder reaches."""


@dataclass
class StoreDone:
    """What was done in one store: a table of the lake, a database or a folder."""

    store: str
    rows_changed: int = 0
    rows_removed: int = 0
    files_rewritten: int = 0
    files_deleted: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.rows_changed or self.rows_removed or self.files_rewritten or self.files_deleted)


@dataclass
class Certificate:
    """The certificate of one erasure."""

    number: str
    asked_at: str
    completed_at: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    """Kind and keyed hash of each id that was asked for."""
    forget_use: bool = False
    resumed: bool = False
    """Whether it was interrupted, and completed by a later run."""
    stores: list[StoreDone] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    beyond: tuple[str, ...] = BEYOND

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Certificate:
        stores = [StoreDone(**one) for one in stored["stores"]]
        return cls(**{**stored, "stores": stores, "beyond": tuple(stored["beyond"])})

    def add(self, done: StoreDone) -> None:
        """Count what was done in a store; what was done there before an interruption stays counted."""
        for known in self.stores:
            if known.store == done.store:
                known.rows_changed += done.rows_changed
                known.rows_removed += done.rows_removed
                known.files_rewritten += done.files_rewritten
                known.files_deleted += done.files_deleted
                return
        self.stores.append(done)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def text(self) -> str:
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f"Certificate of erasure {self.number}"
        yield ""
        for one in self.asked:
            yield f"Asked for: {one['kind']} with the keyed hash {one['hash']}"
        yield f"Asked at {self.asked_at}, completed at {self.completed_at}" + (
            " after an interruption" if self.resumed else ""
        )
        yield (
            "What the person did was forgotten" if self.forget_use else "What was done keeps counting, under random ids"
        )
        yield ""
        yield f"{'Store':<34}{'changed':>10}{'removed':>10}{'rewritten':>11}{'deleted':>9}"
        yield f"{'':<34}{'rows':>10}{'rows':>10}{'files':>11}{'files':>9}"
        for store in self.stores:
            if store.anything:
                yield (
                    f"{store.store:<34}{store.rows_changed:>10,}{store.rows_removed:>10,}"
                    f"{store.files_rewritten:>11,}{store.files_deleted:>9,}"
                )
        quiet = [store.store for store in self.stores if not store.anything]
        if quiet:
            yield f"Searched, and nothing found: {', '.join(quiet)}"
        for heading, lines in (("Notes", self.notes), ("Not reached", self.beyond)):
            if lines:
                yield ""
                yield f"{heading}:"
                yield from (f"- {line}" for line in lines)

    def save(self, data: Path) -> Path:
        """Store it as JSON and as text; returns where the text is."""
        folder = data / FOLDER / "certificates"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(folder / f"{self.number}.json", json.dumps(self.as_json(), indent=2) + "\n", 0o600)
        path = folder / f"{self.number}.txt"
        write_durably(path, self.text(), 0o600)
        return path
