"""What a user types to compute on a cluster."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from holdfast.simulate import simulate
from tests.conformance.cluster import Cluster

RUN = "from holdfast.cli.main import main; main()"


def test_spark_and_duckdb_print_the_same(spark_cluster: Cluster, tmp_path: Path) -> None:
    simulate(tmp_path / "data", accounts=30, months=6, end=date(2026, 3, 20))
    on_spark = _query(tmp_path, "--engine", "spark", "--spark-master", spark_cluster.master)
    assert on_spark["rows"] == _query(tmp_path)["rows"] != []


def _query(folder: Path, *options: str) -> Any:
    command = ["--data", str(folder / "data"), *options, "query", "mrr", "--from", "2025-10-01", "--to", "2026-03-20"]
    done = subprocess.run(
        [sys.executable, "-c", RUN, *command, "--format", "json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
