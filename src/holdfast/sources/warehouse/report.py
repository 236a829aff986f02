"""What the import of a folder did: which tables it read, ignored and missed, and what became of their rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from holdfast.sources.report import ImportReport


@dataclass
class TableUse:
    """One table of the folder and what it was read for. `left_out` counts rows by the reason why."""

    name: str
    files: list[str]
    rows: int
    read_as: str
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass
class FolderReport(ImportReport):
    """The counts are of rows of the tables that were read; what is only looked up is not counted."""

    tables: list[TableUse] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    """Tables that are not there, and what is lost without each."""
    spans: int = 0
    unknown_spans: int = 0
    unknown_subscriptions: int = 0

    def as_json(self) -> dict[str, Any]:
        tables = [
            {"table": one.name, "files": one.files, "rows": one.rows, "read_as": one.read_as, "left_out": one.left_out}
            for one in self.tables
        ]
        return super().as_json() | {
            "tables": tables, "ignored": self.ignored, "missing": self.missing, "notes": self.notes,
            "unknown_spans": self.unknown_spans,
        }  # fmt: skip
