"""A table is opened again where, and only where, a commit was made since."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa

from holdfast.lake import delta
from holdfast.lake.latest import Latest


def write(path: Path, *values: int) -> None:
    delta.overwrite(path, pa.table({"value": values}), None, None, {})


def test_a_table_that_nobody_changed_is_not_opened_again(tmp_path: Path) -> None:
    latest, path = Latest(), tmp_path / "numbers"
    assert latest.of(path) is None
    write(path, 1)
    first = latest.of(path)
    assert first is not None
    assert latest.of(path) is first


def test_a_commit_of_anybody_is_seen(tmp_path: Path) -> None:
    latest, path = Latest(), tmp_path / "numbers"
    write(path, 1)
    before = latest.of(path)
    write(path, 2)
    after = latest.of(path)
    assert before is not None
    assert after is not None
    assert after.version == before.version + 1
    assert set(after.files).isdisjoint(before.files)


def test_another_folder_in_its_place_is_seen(tmp_path: Path) -> None:
    """A backup that was put back has the same version number, and other files."""
    latest, path = Latest(), tmp_path / "numbers"
    write(path, 1)
    before = latest.of(path)
    shutil.rmtree(path)
    assert latest.of(path) is None
    write(path, 1)
    after = latest.of(path)
    assert before is not None
    assert after is not None
    assert after.version == before.version
    assert after.files != before.files
