"""Data folders made once and opened once; every question of a test module finds its company there."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from holdfast.workspace import Workspace
from tests.oracle import Facts
from tests.system import stored

Opener = Callable[[Facts], Workspace]


@pytest.fixture(scope="session", autouse=True)
def _quiet_collector() -> Iterator[None]:
    """Compiling questions makes millions of small objects that live long: the collector looks at them less often."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    """Opens the data folder of a company, which is stored the first time that it is asked for."""
    with ExitStack() as stack:
        kept: list[Facts] = []

        @cache
        def by_identity(number: int) -> Workspace:
            folder: Path = tmp_path_factory.mktemp("company")
            return stack.enter_context(Workspace(stored(folder, kept[number])))

        def open_once(facts: Facts) -> Workspace:
            number = next((n for n, one in enumerate(kept) if one is facts), None)
            if number is None:
                kept.append(facts)
                number = len(kept) - 1
            return by_identity(number)

        yield open_once
