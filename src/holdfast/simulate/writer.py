"""Writes what was made into the lake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

import pyarrow as pa

from holdfast.lake import Lake
from holdfast.simulate import months
from holdfast.simulate.accounts import Window
from holdfast.sources.store_events import EVENTS, append_events


@dataclass
class Writer:
    """Collects rows and writes a table when there are enough for a commit."""

    lake: Lake
    window: Window
    without: frozenset[str]
    rows_per_commit: int
    waiting: dict[str, list[pa.Table]] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)

    def add(self, tables: Iterator[tuple[str, pa.Table]]) -> None:
        for name, table in tables:
            if name not in self.without and table.num_rows:
                self.waiting.setdefault(name, []).append(table)
                if sum(part.num_rows for part in self.waiting[name]) >= self.rows_per_commit:
                    self._write(name)

    def flush(self) -> None:
        for name in list(self.waiting):
            self._write(name)

    def _write(self, name: str) -> None:
        table = pa.concat_tables(self.waiting.pop(name))
        if name == EVENTS:
            append_events(self.lake, table, self.known_at)
        else:
            self.lake.record(name, table, self.known_at)
        self.written[name] = self.written.get(name, 0) + table.num_rows

    @property
    def known_at(self) -> datetime:
        """The simulated company is known from its first day on, so that it can be shown as of any day."""
        return datetime.combine(months.as_date(self.window.start), time.min, tzinfo=UTC)
