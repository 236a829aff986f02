"""Fixtures of the conformance suite: the three engines, and the cluster that Spark runs on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from holdfast.engines import ENGINES, Engine, open_engine
from tests.conformance import gaps
from tests.conformance.cluster import Cluster
from tests.conformance.cluster import spark_cluster as start_cluster
from tests.conformance.missing import missing, require
from tests.engines.portability import ROWS, SCHEMA

if TYPE_CHECKING:
    import ibis.expr.types as ir

SPARK = {
    "spark.executor.memory": "512m",
    "spark.cores.max": "2",  # the other two are for a second application, such as the command line
    "spark.executor.cores": "1",
    "spark.default.parallelism": "2",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.memory": "1g",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if "conformance" in item.path.parts]
    for item in here:
        item.add_marker(pytest.mark.conformance)
        # py4j leaves the closing of its sockets to the garbage collector, in whichever test that comes
        item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))
        item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))
        if _is_on_spark(item):
            item.add_marker(pytest.mark.spark)
    gaps.mark(here)


def _is_on_spark(item: pytest.Item) -> bool:
    """Spark's tests run in one process, for it has one application, and all others beside it."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return params.get("engine_name") == "spark" or "spark_cluster" in getattr(item, "fixturenames", ())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not tested where nobody can overlook it."""
    reasons = [reason for engine in ENGINES if (reason := missing(engine))]
    if reasons:
        terminalreporter.section("conformance is incomplete", red=True, bold=True)
        for reason in reasons:
            terminalreporter.line(reason)


@pytest.fixture(scope="session")
def spark_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    require("spark")
    with start_cluster(tmp_path_factory.mktemp("spark")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def spark_options(spark_cluster: Cluster) -> dict[str, str]:
    return {"master": spark_cluster.master} | SPARK


@pytest.fixture(scope="session")
def spark_engine(spark_options: dict[str, str]) -> Iterator[Engine]:
    """Opened once a run: a Spark application takes seconds to start, and every other session shares it."""
    with open_engine("spark", spark_options) as engine:
        yield engine


@pytest.fixture(params=ENGINES, scope="session")
def engine_name(request: pytest.FixtureRequest) -> str:
    require(request.param)
    return str(request.param)


@pytest.fixture(scope="session")
def engine_options(engine_name: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """What a workspace on this engine is opened with; the Spark application is up already."""
    if engine_name != "spark":
        return {}
    request.getfixturevalue("spark_engine")
    options: dict[str, str] = request.getfixturevalue("spark_options")
    return options


@pytest.fixture(scope="session")
def engine(engine_name: str, engine_options: dict[str, str]) -> Iterator[Engine]:
    with open_engine(engine_name, engine_options) as engine:
        yield engine


@pytest.fixture(scope="session")
def sample(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> ir.Table:
    """The rows of `tests/engines/portability.py` on the engine."""
    file = tmp_path_factory.mktemp("sample") / "rows.parquet"
    pq.write_table(ROWS, file)
    return engine.parquet([str(file)], SCHEMA, name="sample")
