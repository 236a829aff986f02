from __future__ import annotations

from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.engines import open_engine
from holdfast.errors import InputError, LakeError, UnknownName
from tests.engines import reading


def test_rows_come_in_the_declared_columns(duckdb_engine, tmp_path):
    reading.check_rows(duckdb_engine, tmp_path)


def test_no_files_are_an_empty_table(duckdb_engine):
    reading.check_no_files(duckdb_engine)


def test_moments_are_exact(duckdb_engine, tmp_path):
    reading.check_as_of(duckdb_engine, tmp_path)


def test_microseconds_since_1970_are_exact(duckdb_engine, tmp_path):
    reading.check_micros(duckdb_engine, tmp_path)


def test_many_files(duckdb_engine, tmp_path):
    reading.check_many_files(duckdb_engine, tmp_path)


def test_pattern_characters_in_a_path_stand_for_themselves(duckdb_engine, tmp_path):
    folder = tmp_path / "a[1]*?{b,c}"
    folder.mkdir()
    reading.check_rows(duckdb_engine, folder)


def test_an_unknown_engine_lists_the_known():
    with pytest.raises(UnknownName, match="there are: duckdb, spark, clickhouse"):
        open_engine("duckbd")


def test_an_unknown_option_lists_the_known():
    with pytest.raises(InputError, match="it takes: threads, memory_limit"):
        open_engine("duckdb", {"cores": "2"})


def test_a_memtable_is_refused(duckdb_engine):
    with pytest.raises(InputError, match="memtable"):
        duckdb_engine.to_arrow(ibis.memtable(pa.table({"x": [1]})))


def test_the_same_files_are_one_table(duckdb_engine, tmp_path):
    files = reading.write(tmp_path)
    first, second = (duckdb_engine.parquet(files, reading.SCHEMA) for _ in range(2))
    assert first.equals(second)


@pytest.fixture
def confined(tmp_path):
    lake = tmp_path / "lake"
    lake.mkdir()
    pq.write_table(pa.table({"x": [1]}), lake / "in.parquet")
    pq.write_table(pa.table({"x": [1]}), tmp_path / "out.parquet")
    with open_engine("duckdb", lake_root=lake) as engine:
        yield engine


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '{outside}/out.parquet'",
        "SELECT * FROM '{outside}/lake/../out.parquet'",
        "COPY (SELECT 1) TO '{outside}/stolen.csv'",
        "ATTACH '{outside}/other.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "RESET lock_configuration",
    ],
)
def test_nothing_outside_the_lake_can_be_reached(confined, tmp_path, sql):
    with pytest.raises(duckdb.Error):
        confined.connection.execute(sql.format(outside=tmp_path))


def test_the_lake_can_be_read(confined, tmp_path):
    table = confined.parquet([str(tmp_path / "lake" / "in.parquet")], pa.schema({"x": pa.int64()}))
    assert confined.to_arrow(table).to_pydict() == {"x": [1]}


@pytest.mark.parametrize("content", [None, b"", b"no Parquet at all", b"PAR1" + bytes(40) + b"PAR1"])
def test_a_file_that_is_gone_or_damaged(duckdb_engine, tmp_path, content):
    files = reading.write(tmp_path)
    Path(files[1]).unlink() if content is None else Path(files[1]).write_bytes(content)
    with pytest.raises(LakeError, match="cannot be read") as told:
        duckdb_engine.to_arrow(duckdb_engine.parquet(files, reading.SCHEMA))
    assert "backup" in told.value.hint


def test_a_file_whose_rows_are_damaged(duckdb_engine, tmp_path):
    file = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"user": [f"user {number % 97}" for number in range(10_000)]}), file)
    content = bytearray(file.read_bytes())
    content[4:400] = bytes(396)
    file.write_bytes(content)
    rows = duckdb_engine.parquet([str(file)], pa.schema([("user", pa.string())]))
    with pytest.raises(LakeError, match="cannot be read"):
        duckdb_engine.to_arrow(rows.group_by("user").agg(n=rows.count()))
