"""A folder that cannot be written, is missing, or is full: an answer anyway, or an error that says what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import holdfast
from holdfast.errors import LakeError
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files

LINES = "subscription_id,account_id,valid_from,unit_amount\ns1,a1,2024-01-01,10\n"
RANGE = {"start": "2024-01-31", "end": "2024-01-31"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    file = tmp_path / "file.csv"
    file.write_text(LINES)
    import_files(Lake(tmp_path / "data" / "lake"), Settings(), "subscriptions", [file])
    return tmp_path / "data"


def mrr(folder: Path) -> list[Any]:
    with holdfast.open(folder) as workspace:
        return [row["mrr"] for row in workspace.query("mrr", **RANGE).to_dicts()]


@pytest.fixture
def read_only(folder: Path) -> Iterator[Path]:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    places = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for place in places:
        place.chmod(0o555)
    yield folder
    for place in places:
        place.chmod(0o755)


def test_a_missing_folder_is_empty_and_stays_missing(tmp_path: Path) -> None:
    with holdfast.open(tmp_path / "nothing") as workspace:
        assert workspace.is_empty()


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises((LakeError, NotADirectoryError)):
        mrr(tmp_path / "data")


def test_kept_roll_ups_are_read_from_a_read_only_folder(folder: Path, request: pytest.FixtureRequest) -> None:
    assert mrr(folder) == [10.0]
    assert mrr(request.getfixturevalue("read_only")) == [10.0]


def test_roll_ups_that_cannot_be_kept(read_only: Path) -> None:
    """They are computed elsewhere, or the error names the folder."""
    try:
        found = mrr(read_only)
    except LakeError as error:
        found = [float(str(read_only) in str(error) and error.hint is not None) * 10]
    assert found == [10.0]


def test_a_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing more can be written: the question is answered, or the error says that the disk is full."""
    import pyarrow.parquet as pq

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    stands = Lake(folder / "lake").read("subscription_terms")
    with monkeypatch.context() as patched:
        patched.setattr(pq.ParquetWriter, "write_batch", full)
        with pytest.raises(LakeError, match=r"[Nn]o space left on device(.|\n)*free some space"):
            mrr(folder)
    assert Lake(folder / "lake").read("subscription_terms").equals(stands)
    assert mrr(folder) == [10.0]


def test_a_full_disk_while_roll_ups_are_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scratch files fit, the lake does not: the question is answered all the same, and the next one too."""

    def full(*_: Any, **__: Any) -> None:
        raise LakeError("cannot write: no space left on device", hint="free some space")

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "replace", full)
        assert mrr(folder) == [10.0]
    assert mrr(folder) == [10.0]


def test_a_killed_refresh_leaves_no_scratch_behind_for_good(folder: Path) -> None:
    mrr(folder)
    assert not list((folder / "lake" / "_scratch").glob("*/*"))
