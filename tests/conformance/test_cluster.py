"""The cluster is real, and so is what a user types to use it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from holdfast.engines import open_engine
from holdfast.errors import InputError
from tests.conformance.cluster import Cluster

REGISTERED_WITHIN_SECONDS = 60


def test_two_workers_compute(spark_engine: Any, spark_cluster: Cluster) -> None:
    context = spark_engine.backend._session.sparkContext
    context.parallelize(range(4), 4)  # the session is up; the executors are what is counted
    deadline = time.monotonic() + REGISTERED_WITHIN_SECONDS
    while _executors(context) < spark_cluster.workers and time.monotonic() < deadline:
        time.sleep(0.2)
    assert (context.master, _executors(context)) == (spark_cluster.master, spark_cluster.workers)


def _executors(context: Any) -> int:
    return int(context._jsc.sc().getExecutorMemoryStatus().size()) - 1


def test_a_second_engine_shares_the_application(spark_engine: Any, spark_cluster: Cluster) -> None:
    with open_engine("spark", {"master": spark_cluster.master}) as second:
        assert second.backend._session.sparkContext is spark_engine.backend._session.sparkContext
    assert spark_engine.to_arrow(spark_engine.backend.sql("SELECT 1 AS x")).to_pydict() == {"x": [1]}


def test_another_master_is_refused(spark_engine: Any) -> None:
    with pytest.raises(InputError, match="already uses the Spark master"):
        open_engine("spark", {"master": "spark://127.0.0.1:1"})
