from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.state import State, open_state
from holdfast.state.database import FILE


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state in which nothing is: to make one takes longer than to copy it."""
    folder = tmp_path_factory.mktemp("empty")
    open_state(folder).close()
    return folder / FILE


@pytest.fixture
def state(tmp_path: Path, empty: Path) -> Iterator[State]:
    shutil.copy(empty, tmp_path)
    with open_state(tmp_path) as one:
        yield one
