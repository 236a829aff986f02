"""What an engine needs and this machine lacks: a failure in CI, and a loud word everywhere else."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

from holdfast.engines.spark import has_java

PACKAGES = {
    "duckdb": (),
    "spark": ("pyspark",),
    "clickhouse": ("chdb", "clickhouse_connect"),
}


def missing(engine: str) -> str | None:
    """What is missing and how to get it, or None."""
    absent = [package for package in PACKAGES[engine] if find_spec(package) is None]
    if absent:
        return f"{engine} is not tested: {', '.join(absent)} is not installed (pip install 'holdfast[{engine}]')"
    if engine == "spark" and not has_java():
        return "spark is not tested: there is no Java (sudo apt-get install openjdk-17-jre-headless)"
    return None


def require(engine: str) -> None:
    reason = missing(engine)
    if reason is None:
        return
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(reason)
    pytest.skip(reason)
