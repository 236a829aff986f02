"""The conservation law after events went: those that are no longer in the lake count as erased."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from holdfast.collector.events.book import FILE, FOLDER
from holdfast.lake import Lake
from holdfast.state.sqlite import sqlite

DAY = 86_400_000_000
TRIES = 40
_IN_LAKE = """
SELECT source, epoch_us(received_at) // $day AS day, count(*) FROM read_parquet($files)
WHERE received_at IS NOT NULL GROUP BY ALL
"""
_WAITING = "SELECT count(*) FROM counts WHERE accepted > loaded + erased"
_MOVED = "UPDATE counts SET erased = erased + loaded - ?, loaded = ? WHERE source = ? AND day = ? AND loaded > ?"


def recount(data: Path, lake: Lake) -> None:
    """Count anew what the lake holds of each source's day. The same again changes nothing."""
    path = data / FOLDER / FILE
    if not path.exists():
        return
    with closing(sqlite().connect(path, timeout=60, isolation_level=None)) as db:
        for _ in range(TRIES):
            with lake.writing():
                if not db.execute(_WAITING).fetchone()[0]:
                    _recount(db, _in_lake(lake))
                    return
            time.sleep(0.25)  # another process has put events into the lake, and is about to count them


def _in_lake(lake: Lake) -> dict[tuple[str, int], int]:
    files = lake.files("events")
    if not files:
        return {}
    with duckdb.connect() as connection:
        rows = connection.execute(_IN_LAKE, {"files": files, "day": DAY}).fetchall()
    return {(source, day): count for source, day, count in rows}


def _recount(db: Any, held: dict[tuple[str, int], int]) -> None:
    days = db.execute("SELECT source, day FROM counts").fetchall()
    db.execute("BEGIN IMMEDIATE")
    for source, day in days:
        count = held.get((source, day), 0)
        db.execute(_MOVED, (count, count, source, day, count))
    db.execute("COMMIT")
