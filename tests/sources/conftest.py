"""A data folder to import into, and files to import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import ImportReport, import_files


class Company:
    """A data folder, and short ways to import text and to look at what stands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = Lake(folder / "data" / "lake")
        self.settings = Settings()

    def file(self, content: str | bytes, name: str = "file.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def load(self, kind: str, content: str | bytes, name: str = "file.csv", **options: Any) -> ImportReport:
        report = import_files(self.lake, self.settings, kind, [self.file(content, name)], **options)
        assert report.received == report.accepted + report.rejected + report.duplicate + report.conflict
        assert len(report.rejects) == report.rejected
        return report

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """What stands, in order, without its provenance."""
        rows = self.lake.standing(table).to_pylist()
        return sorted((tuple(row[name] for name in columns) for row in rows), key=repr)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


@pytest.fixture
def new_company(tmp_path: Path) -> Callable[[], Company]:
    count = iter(range(1000))

    def make() -> Company:
        folder = tmp_path / f"company{next(count)}"
        folder.mkdir()
        return Company(folder)

    return make
