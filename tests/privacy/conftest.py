"""The planted person's data folder, built once and copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.privacy.planted import planted

_BUILT: list[Path] = []
"""The folder, once it is there: tests of another folder use it too."""


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not _BUILT:
        folder = tmp_path_factory.mktemp("company")
        _BUILT.append(planted(folder / "data", folder / "csv"))
    return _BUILT[0]


@pytest.fixture
def data(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "data"))
