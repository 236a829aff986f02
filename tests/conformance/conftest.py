"""Fixtures of the conformance suite: the three engines, and the cluster that Spark runs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import ibis.expr.types as ir
import pyarrow.parquet as pq
import pytest

from holdfast.engines import ENGINES, Engine, open_engine
from tests.conformance import gaps
from tests.conformance.cluster import Cluster
from tests.conformance.cluster import spark_cluster as start_cluster
from tests.conformance.missing import missing, require
from tests.engines.portability import ROWS, SCHEMA

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
    gaps.mark(here)


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
def opened(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Engine]]:
    """Opens each engine once a run: a Spark application takes seconds to start."""
    engines: dict[str, Engine] = {}

    def open_once(name: str) -> Engine:
        if name not in engines:
            engines[name] = open_engine(name, options_of(name, request))
        return engines[name]

    yield open_once
    for engine in engines.values():
        engine.close()


def options_of(name: str, request: pytest.FixtureRequest) -> dict[str, str]:
    require(name)
    if name == "spark":
        cluster: Cluster = request.getfixturevalue("spark_cluster")
        return {"master": cluster.master} | SPARK
    return {}


@pytest.fixture(params=ENGINES, scope="session")
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def engine_options(engine_name: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """What `holdfast.open(folder, engine=…, engine_options=…)` takes; the Spark application is up already."""
    options = options_of(engine_name, request)
    if engine_name == "spark":
        request.getfixturevalue("opened")("spark")
    return options


@pytest.fixture(scope="session")
def engine(engine_name: str, opened: Callable[[str], Engine]) -> Engine:
    return opened(engine_name)


@pytest.fixture(scope="session")
def sample(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> ir.Table:
    """The rows of `tests/engines/portability.py` on the engine."""
    file = tmp_path_factory.mktemp("sample") / "rows.parquet"
    pq.write_table(ROWS, file)
    return engine.parquet([str(file)], SCHEMA, name="sample")
