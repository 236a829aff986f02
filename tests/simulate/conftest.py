from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from holdfast.lake import Lake
from holdfast.simulate import Truth, simulate
from holdfast.simulate.block import BEHAVIOUR_TABLES

if TYPE_CHECKING:
    import pyarrow as pa

END = date(2026, 11, 21)


@dataclass(frozen=True)
class Company:
    folder: Path
    truth: Truth

    def table(self, name: str) -> pa.Table:
        return Lake(self.folder / "lake").read(name)

    def rows(self, name: str) -> list[dict[str, Any]]:
        return self.table(name).to_pylist()


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A readable company, with everything in it."""
    folder = tmp_path_factory.mktemp("company")
    return Company(folder, simulate(folder, accounts=700, end=END))


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Enough accounts to see effects in, without invoices and behaviour."""
    folder = tmp_path_factory.mktemp("crowd")
    without = ("invoices", "payments", *BEHAVIOUR_TABLES)
    return Company(folder, simulate(folder, accounts=12_000, seed=7, end=END, without=without))
