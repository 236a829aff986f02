"""Files mean the same on every engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.engines import Engine
from holdfast.errors import LakeError
from tests.engines import reading


def test_rows_come_in_the_declared_columns(engine: Engine, tmp_path: Path) -> None:
    reading.check_rows(engine, tmp_path)


def test_no_files_are_an_empty_table(engine: Engine) -> None:
    reading.check_no_files(engine)


def test_moments_are_exact(engine: Engine, tmp_path: Path) -> None:
    reading.check_as_of(engine, tmp_path)


def test_microseconds_since_1970_are_exact(engine: Engine, tmp_path: Path) -> None:
    reading.check_micros(engine, tmp_path)


def test_many_files(engine: Engine, tmp_path: Path) -> None:
    reading.check_many_files(engine, tmp_path)


def test_a_missing_file_is_an_error(engine: Engine, tmp_path: Path) -> None:
    files = [*reading.write(tmp_path), str(tmp_path / "gone.parquet")]
    error = LakeError if engine.name == "clickhouse" else Exception
    with pytest.raises(error, match=r"gone\.parquet|sees 2 of 3 files"):
        engine.to_arrow(engine.parquet(files, reading.SCHEMA))
