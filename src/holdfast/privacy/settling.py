"""Everything that came in before is applied, so that nothing about anybody waits in the inbox."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from holdfast.collector.inbox import FOLDER
from holdfast.collector.signature import Secrets
from holdfast.collector.tables import FILE, mark, reader
from holdfast.errors import LakeError
from holdfast.lake import Lake

PATIENCE_SECONDS = 120.0


def settle(data: Path) -> None:
    """Apply what waits in the inbox, or wait until the process that collects has applied it."""
    path = data / FOLDER / FILE
    if not path.exists():
        return
    try:
        _apply(data)
    except LakeError as error:
        if "another process" not in error.message:
            raise
        _wait(path)


def _apply(data: Path) -> None:
    from holdfast.collector.serving import collecting

    with collecting(data, Secrets(()), lambda touched: None) as collector:
        if collector.applier is not None:
            collector.applier.apply_all()


def _wait(path: Path) -> None:
    with closing(reader(path)) as db:
        upto, until = mark(db, "last"), time.monotonic() + PATIENCE_SECONDS
        while mark(db, "applied") < upto:
            if time.monotonic() > until:
                raise LakeError(
                    f"messages wait in {path.parent} and are not being applied",
                    hint="look why with: holdfast sources; then run the same command again: nothing is lost",
                )
            time.sleep(0.1)


def refresh_usage(lake: Lake) -> None:
    """Bring the usage roll-up up to date: what is taken from the events is not made anew from them."""
    from holdfast.engines import open_engine
    from holdfast.rollups.usage import UsageRollups

    engine = open_engine("duckdb", lake_root=lake.root)
    try:
        UsageRollups(lake, engine).refresh()
    finally:
        engine.close()
