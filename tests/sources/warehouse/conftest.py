"""A folder of tables, and a data folder to read it into."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import holdfast
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources.warehouse import FolderReport, import_folder

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
Cells = Mapping[str, object]


class Books:
    """Short ways to write tables, to import them and to look at what stands."""

    def __init__(self, folder: Path) -> None:
        self.tables, self.data = folder / "tables", folder / "data"
        self.tables.mkdir()
        self.lake = Lake(self.data / "lake")
        self.settings = Settings()

    def table(self, name: str, rows: Sequence[Cells]) -> Path:
        path = self.tables / f"{name}.csv"
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        return path

    def load(self, kind: str, path: Path | None = None, **options: Any) -> FolderReport:
        report = import_folder(self.lake, self.settings, kind, path or self.tables, **options)
        assert report.received == report.accepted + report.rejected + report.duplicate + report.conflict
        assert len(report.rejects) == report.rejected
        counted = [use for use in report.tables if "not counted" not in use.read_as]
        assert report.received == sum(use.rows - sum(use.left_out.values()) for use in counted)
        return report

    def rows(self, table: str, **wanted: Any) -> list[dict[str, Any]]:
        rows = self.lake.standing(table).to_pylist()
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def spans(self, **wanted: Any) -> list[tuple[Any, ...]]:
        """First and last day, status, quantity, price and evidence of the spans that are not empty."""
        rows = sorted(self.rows("subscription_terms", **wanted), key=lambda row: (row["item_id"], row["valid_from_at"]))
        names = ("status", "quantity", "unit_amount", "known_by")
        return [
            (str(row["valid_from_day"]), str(row["valid_to_day"] or ""), *(row[name] for name in names))
            for row in rows
            if row["valid_from_at"] != row["valid_to_at"]
        ]

    def adds_up(self, *days: str) -> list[Decimal]:
        """MRR at the close of each day, added up here from the spans that stand: what `mrr` must answer too."""
        return [sum((_monthly(row) for row in self._live(day)), Decimal(0)) for day in days]

    def _live(self, day: str) -> list[dict[str, Any]]:
        """The paying spans of a day. A later row of an item ends the earlier one."""
        begun = [row for row in self.rows("subscription_terms") if str(row["valid_from_day"]) <= day]
        last = {
            (row["subscription_id"], row["item_id"]): row for row in sorted(begun, key=lambda row: row["valid_from_at"])
        }
        running = [row for row in last.values() if row["valid_to_day"] is None or day < str(row["valid_to_day"])]
        return [row for row in running if row["status"] in {"active", "past_due"}]

    def mrr(self, *days: str) -> list[Decimal]:
        """MRR at the close of each day, over all currencies."""
        with holdfast.open(self.data) as workspace:
            rows = workspace.query("mrr", start=min(days), end=max(days), grain="day").arrow.to_pylist()
        return [sum((row["mrr"] for row in rows if str(row["period"]) == day), Decimal(0)) for day in days]


def _monthly(row: dict[str, Any]) -> Decimal:
    months = row["interval_count"] * {"month": 1, "year": 12}[row["billing_interval"]]
    return Decimal(row["net_micros"]) / 1_000_000 / months


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path)


@pytest.fixture
def shared() -> Callable[[str], Path]:
    """A folder of shared data by its name; the test is skipped where it is not beside the project."""

    def find(name: str) -> Path:
        if not (DATA / name).is_dir():
            pytest.skip(f"the shared data ({name}) is not beside the project")
        return DATA / name

    return find
