from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from holdfast.engines import Engine, open_engine
from tests.engines.portability import ROWS, SCHEMA

if TYPE_CHECKING:
    import ibis.expr.types as ir


@pytest.fixture(scope="session")
def duckdb_engine() -> Iterator[Engine]:
    with open_engine("duckdb", {"threads": "2"}) as engine:
        yield engine


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Engine], ir.Table]:
    """The rows of `portability.py`, as a table of an engine."""
    file = tmp_path_factory.mktemp("sample") / "rows.parquet"
    pq.write_table(ROWS, file)
    return lambda engine: engine.parquet([str(file)], SCHEMA, name="sample")
