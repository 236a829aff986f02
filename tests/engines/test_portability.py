"""The cases of `portability.py` on DuckDB; `tests/conformance` runs them on all three engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engines.checks import PORTABILITY, check
from tests.engines.portability import SAFE, table_of_differences

DOCS = Path(__file__).parents[2] / "docs" / "engines.md"


@pytest.mark.parametrize("case", PORTABILITY, ids=lambda case: case.name)
def test_duckdb_answers_as_documented(duckdb_engine, sample, case):
    check(duckdb_engine, sample(duckdb_engine), case)


def test_the_safe_subset_is_documented():
    documented = DOCS.read_text(encoding="utf-8")
    assert [case.name for case in SAFE if f"\n- {case.name}\n" not in documented] == []


def test_the_differences_are_documented():
    assert table_of_differences() in DOCS.read_text(encoding="utf-8"), (
        "docs/engines.md: put tests.engines.portability.table_of_differences() there"
    )
