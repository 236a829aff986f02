"""One measured task in a process of its own: `python -m bench.child TASK FOLDER [METRIC OUT]`.

Prints seconds and peak memory as JSON. Importing the libraries is not counted, on either side.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bench.company import SINCE, UNTIL
from bench.memory import peak_kilobytes

SQL = Path(__file__).parent / "sql"


def refresh(folder: Path) -> None:
    """Bring the roll-ups up to date, as an import does."""
    import holdfast

    with holdfast.open(folder) as workspace:
        workspace.refresh()


def ask_holdfast(folder: Path, metric: str) -> pa.Table:
    import holdfast

    with holdfast.open(folder) as workspace:
        return workspace.query(metric, start=SINCE, end=UNTIL).arrow


def ask_sql(folder: Path, metric: str) -> pa.Table:
    from holdfast.lake import Lake

    text = (SQL / f"{metric.replace('-', '_')}.sql").read_text(encoding="utf-8")
    known = {"since": SINCE, "until": UNTIL, "today": datetime.now(UTC).date()}
    known["terms"] = Lake(folder / "lake").files("subscription_terms")  # type: ignore[assignment]
    named = {name: value for name, value in known.items() if f"${name}" in text}
    with duckdb.connect() as connection:
        return connection.execute(text, named).to_arrow_table()


def measured(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    return result, {"seconds": seconds, "peak_mb": peak_kilobytes() / 1024}


def import_libraries(task: str) -> None:
    """What the task will need, so that importing it is not measured."""
    import holdfast.lake

    duckdb.sql("SELECT 1 WHERE 1 = $one", params={"one": 1}).fetchall()  # duckdb imports pandas when it first runs
    if task != "sql":
        import ibis

        import holdfast.engines
        import holdfast.metrics.catalog
        import holdfast.workspace  # noqa: F401

        ibis.duckdb.connect().disconnect()


def main(task: str, folder: str, metric: str = "", out: str = "") -> None:
    import_libraries(task)
    tasks: dict[str, Callable[[], Any]] = {
        "refresh": lambda: refresh(Path(folder)),
        "holdfast": lambda: ask_holdfast(Path(folder), metric),
        "sql": lambda: ask_sql(Path(folder), metric),
    }
    result, cost = measured(tasks[task])
    if out:
        pq.write_table(result, out)
    print(json.dumps(cost))


if __name__ == "__main__":
    main(*sys.argv[1:])
