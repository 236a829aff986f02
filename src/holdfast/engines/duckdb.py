"""DuckDB inside the process: the default engine."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends import duckdb as ibis_duckdb

from holdfast.engines import compilers
from holdfast.engines.base import Engine
from holdfast.engines.paths import without_globs
from holdfast.errors import LakeError

if TYPE_CHECKING:
    import ibis.expr.types as ir

# no download, and nothing kept that a query did not ask for; the row order of files means nothing
CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "false",
}


MOST_LOOKED_AT = 64
"""Files whose own schemas are read before a query is."""


class _Backend(ibis_duckdb.Backend):
    compiler = compilers.DuckDB()


class DuckDB(Engine):
    """Reads only below `lake_root`, where it is given, and refuses every later change of its settings."""

    name: ClassVar[str] = "duckdb"
    options: ClassVar[Mapping[str, str]] = {
        "threads": "number of threads; all cores by default",
        "memory_limit": "such as 4GB; 80 % of the memory by default",
    }

    def __init__(self, options: Mapping[str, str], *, lake_root: Path | None = None) -> None:
        super().__init__()
        folder = tempfile.mkdtemp(prefix="holdfast-duckdb-")
        self._remove_folder = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.connection = duckdb.connect(":memory:", config={**CONFIG, "temp_directory": folder, **options})
        with suppress(duckdb.Error):  # in a notebook without ipywidgets there is none to turn off
            self.connection.execute("SET enable_progress_bar = false")
        self.backend = _Backend.from_connection(self.connection)
        if lake_root is not None:
            _confine(self.connection, lake_root)

    def _read(self, files: list[str], schema: pa.Schema, name: str) -> ir.Table:
        listed = sge.Array(expressions=[sge.convert(without_globs(file)) for file in files])
        alike = _hold_just(files, schema)
        how = {"hive_partitioning": sge.false()} if alike else {"schema": _columns(schema)}
        options = [sge.EQ(this=sg.to_identifier(key), expression=value) for key, value in how.items()]
        columns = [sg.column(column, quoted=True) for column in schema.names]
        source = sg.func("read_parquet", listed, *options)
        with _about_files():
            self.connection.execute(_view(name, sg.select(*columns).from_(source)).sql("duckdb"))
        return self.backend.table(name)

    def _empty(self, schema: pa.Schema, name: str) -> ir.Table:
        return self.backend.create_table(name, schema=ibis.schema(schema), temp=True)

    def _collect(self, sql: str) -> pa.Table:
        with _about_files():
            return self.connection.execute(sql).to_arrow_table()

    def close(self) -> None:
        super().close()
        self._remove_folder()


def _confine(connection: duckdb.DuckDBPyConnection, lake_root: Path) -> None:
    allowed = [str(lake_root), str(lake_root.resolve())]
    connection.execute("SET allowed_directories = $folders", {"folders": allowed})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


@contextmanager
def _about_files() -> Iterator[None]:
    """Turn an error about a file that is gone or damaged into a `LakeError`."""
    try:
        yield
    except duckdb.Error as error:
        if type(error) is not duckdb.Error and ".parquet" not in str(error):
            raise
        raise LakeError(
            f"a file of the data folder cannot be read: {str(error).strip().splitlines()[0]}",
            hint="bring it back from a backup; what lies in lake/rollups is derived and made anew where it is deleted",
        ) from error


def _view(name: str, query: sge.Select) -> sge.Create:
    temporary = sge.Properties(expressions=[sge.TemporaryProperty()])
    return sge.Create(this=sg.to_identifier(name, quoted=True), kind="VIEW", properties=temporary, expression=query)


def _hold_just(files: list[str], schema: pa.Schema) -> bool:
    """Whether all of few files have the columns of the schema and no types but its own: DuckDB then reads them faster
    than by a schema that it is told.
    """
    if len(files) > MOST_LOOKED_AT:
        return False
    try:
        first, *others = (pq.read_schema(file).remove_metadata() for file in files)
    except (OSError, pa.ArrowInvalid):  # the query that reads them says what is wrong with which
        return False
    held = all(name in first.names and first.field(name).type == schema.field(name).type for name in schema.names)
    return held and all(other.equals(first) for other in others)


def _columns(schema: pa.Schema) -> sge.Map:
    """The `schema` argument of `read_parquet`: columns by name, null where a file lacks one."""
    types = ibis.schema(schema)
    columns = [_column(name, _Backend.compiler.type_mapper.to_string(types[name])) for name in schema.names]
    return sge.Map(
        keys=sge.Array(expressions=[sge.convert(name) for name in schema.names]), values=sge.Array(expressions=columns)
    )


def _column(name: str, sql_type: str) -> sge.Struct:
    fields = {"name": sge.convert(name), "type": sge.convert(sql_type), "default_value": sge.null()}
    return sge.Struct(
        expressions=[sge.PropertyEQ(this=sg.to_identifier(key), expression=value) for key, value in fields.items()]
    )


ENGINE = DuckDB
