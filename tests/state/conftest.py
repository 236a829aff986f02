from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.state import State, open_state


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with open_state(tmp_path) as one:
        yield one
