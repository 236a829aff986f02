"""What an import did, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holdfast.sources.rows import Aside

MOST_SHOWN = 100_000
_COUNTS = ("received", "accepted", "rejected", "duplicate", "conflict")


@dataclass(frozen=True)
class FileMapping:
    """Which column of a file was read as which field."""

    file: str
    columns: dict[str, str]
    chosen: frozenset[str]
    unused: tuple[str, ...]


@dataclass
class ImportReport:
    """`received = accepted + rejected + duplicate + conflict`, counted in rows of the files. Of the accepted ones,
    the erased are counted and not stored: rows of erased people, and events of days that have expired.
    """

    kind: str
    received: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicate: int = 0
    conflict: int = 0
    erased: int = 0
    rejects: list[Aside] = field(default_factory=list)
    conflicts: list[Aside] = field(default_factory=list)
    mappings: list[FileMapping] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    """Tables that this import changed."""
    kept_in: Path | None = None
    """File that holds every rejected and conflicting row."""

    def keep(self, verdict: str, aside: Aside) -> None:
        shown = self.rejects if verdict == "rejected" else self.conflicts
        if len(shown) < MOST_SHOWN:
            shown.append(aside)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def as_json(self) -> dict[str, Any]:
        """The five counts and the rejected rows."""
        counts = {name: getattr(self, name) for name in _COUNTS}
        if self.erased:
            counts["erased"] = self.erased
        rows = [{"file": one.file, "line": one.line, "reason": one.reason, "row": one.row} for one in self.rejects]
        return counts | {"rejects": rows}
