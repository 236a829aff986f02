from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from holdfast.state import State, open_state
from holdfast.state.database import FILE

POSTGRESQL = os.environ.get("HOLDFAST_TEST_POSTGRESQL", "")
DATABASES = ["sqlite", *(["postgresql"] if POSTGRESQL else [])]


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state in which nothing is: to make one takes longer than to copy it."""
    folder = tmp_path_factory.mktemp("empty")
    open_state(folder).close()
    return folder / FILE


@pytest.fixture(params=DATABASES)
def state(tmp_path: Path, empty: Path, request: pytest.FixtureRequest) -> Iterator[State]:
    """A state in which nothing is, and in PostgreSQL too where HOLDFAST_TEST_POSTGRESQL names a database to empty."""
    if request.param == "postgresql":
        _emptied(POSTGRESQL)
    else:
        shutil.copy(empty, tmp_path)
    with open_state(tmp_path, POSTGRESQL if request.param == "postgresql" else None) as one:
        yield one


def _emptied(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


@pytest.fixture
def kept(state: State, tmp_path: Path) -> Path:
    """The folder of a state that is kept in a file."""
    if state.engine.dialect.name != "sqlite":
        pytest.skip("what is in PostgreSQL is in no file of ours")
    return tmp_path
