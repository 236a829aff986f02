"""What reading files means, checked on one engine: `tests/engines` on DuckDB, `tests/conformance` on all."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.engines import Engine
from holdfast.metrics.activity import unix_micros

SCHEMA = pa.schema(
    [
        ("later", pa.string()),
        ("account_id", pa.string()),
        ("day", pa.date32()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("micros", pa.int64()),
        ("share", pa.float64()),
        ("paid", pa.bool_()),
    ]
)
MOMENT = datetime(2024, 3, 31, 21, 59, 59, 999999, tzinfo=UTC)
FIRST = {
    "account_id": "ä'\\\"", "day": date(1969, 12, 31), "at": MOMENT, "micros": 2**53 + 1, "share": 0.1, "paid": True,
}  # fmt: skip
EMPTY = dict.fromkeys(SCHEMA.names)


def write(folder: Path) -> list[str]:
    """Two files: the first from before the column `later` existed, the second in a folder of awkward name."""
    old, new = folder / "old.parquet", folder / "k=a%3D1;b c" / "new.parquet"
    new.parent.mkdir()
    own = pa.schema([field for field in SCHEMA if field.name != "later"])
    pq.write_table(pa.Table.from_pylist([FIRST], schema=own), old)
    pq.write_table(pa.Table.from_pylist([EMPTY | {"later": "x", "micros": -1}], schema=SCHEMA), new)
    return [str(old), str(new)]


def check_rows(engine: Engine, folder: Path) -> None:
    rows = engine.to_arrow(engine.parquet(write(folder), SCHEMA).order_by("micros"))
    assert rows.schema == SCHEMA
    assert rows.to_pylist() == [EMPTY | {"later": "x", "micros": -1}, EMPTY | FIRST]


def check_no_files(engine: Engine) -> None:
    table = engine.parquet([], SCHEMA)
    assert table.schema().names == tuple(SCHEMA.names)
    assert engine.to_arrow(table) == SCHEMA.empty_table()
    assert engine.to_arrow(table.count().name("rows")).to_pydict() == {"rows": [0]}


def check_as_of(engine: Engine, folder: Path) -> None:
    """A moment is exact to the microsecond."""
    table = engine.parquet(write(folder), SCHEMA)
    for moment, found in ((MOMENT, 1), (MOMENT.replace(microsecond=999998), 0)):
        known = table.filter(table.at <= ibis.literal(moment, "timestamp('UTC')"))
        assert engine.to_arrow(known.count().name("rows")).to_pydict() == {"rows": [found]}


def check_many_files(engine: Engine, folder: Path) -> None:
    files = [str(folder / f"{number}.parquet") for number in range(120)]
    for number, file in enumerate(files):
        pq.write_table(pa.table({"x": [number]}), file)
    table = engine.parquet(files, pa.schema({"x": pa.int64()}))
    assert engine.to_arrow(table.x.sum().name("x")).to_pydict() == {"x": [sum(range(120))]}


def check_micros(engine: Engine, folder: Path) -> None:
    """Microseconds since 1970 are exact, null of a null, and negative before."""
    rows = engine.parquet(write(folder), SCHEMA)
    found = engine.to_arrow(rows.select(now=unix_micros(rows["at"])))["now"].to_pylist()
    assert set(found) == {None, 1_711_922_399_999_999}
    early = ibis.literal(datetime(1969, 12, 31, 23, 59, 59, 500_001, tzinfo=UTC), "timestamp('UTC')")
    assert engine.to_arrow(unix_micros(early).name("at").as_table())["at"].to_pylist() == [-499_999]
