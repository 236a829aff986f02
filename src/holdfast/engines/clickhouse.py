"""ClickHouse: the engine inside this process (chdb), or a server that sees the lake under the same path."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import ibis
import pyarrow as pa
import sqlglot as sg

from holdfast.engines import compilers
from holdfast.engines.base import Engine
from holdfast.errors import InputError, LakeError, MissingExtra

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend

# where ClickHouse's own defaults differ from SQL: a missing row of a join is NULL, so is the sum of nothing
SETTINGS = {
    "join_use_nulls": 1,
    "aggregate_functions_null_for_empty": 1,
    "enable_extended_results_for_datetime_functions": 1,
    "session_timezone": "UTC",
    "input_format_parquet_allow_missing_columns": 1,
    "use_hive_partitioning": 0,
    "max_query_size": 64_000_000,
    "max_ast_elements": 10_000_000,
    "max_expanded_ast_elements": 50_000_000,
}
ARGUMENTS = {"url": "dsn", "user": "username"}
TYPES = {
    pa.string(): "String",
    pa.int64(): "Int64",
    pa.float64(): "Float64",
    pa.bool_(): "Bool",
    pa.date32(): "Date32",
    pa.timestamp("us", tz="UTC"): "DateTime64(6, 'UTC')",
}


class ClickHouse(Engine):
    name: ClassVar[str] = "clickhouse"
    options: ClassVar[Mapping[str, str]] = {
        "url": "a server, such as http://user:password@host:8123/database; the engine in this process by default",
        "host": "name of a server, instead of its url",
        "port": "its HTTP port",
        "user": "its user",
        "password": "the user's password",
        "database": "database of that server",
    }

    def __init__(self, options: Mapping[str, str], *, lake_root: Path | None = None) -> None:
        super().__init__()
        self._client = _client(options)
        self.backend = _backend(self._client)

    def _read(self, files: list[str], schema: pa.Schema, name: str) -> ir.Table:
        pattern = one_of(files)
        self._require_all(files, pattern)
        return self._table(sg.func("file", *map(_text, (pattern, "Parquet", _structure(schema)))), schema)

    def _empty(self, schema: pa.Schema, name: str) -> ir.Table:
        return self._table(sg.func("null", _text(_structure(schema))), schema)

    def _table(self, source: Any, schema: pa.Schema) -> ir.Table:
        columns = [sg.column(name, quoted=True) for name in schema.names]
        query = sg.select(*columns).from_(source).sql("clickhouse")
        return self.backend.sql(query, schema=ibis.schema({field.name: field.type for field in schema}))

    def _require_all(self, files: list[str], pattern: str) -> None:
        """ClickHouse leaves out in silence what it does not see; the format One gives one row a file, unread."""
        query = sg.select(sg.func("count")).from_(sg.func("file", _text(pattern), _text("One")))
        try:
            seen = int(self._client.command(query.sql("clickhouse")))
        except Exception as error:
            raise LakeError(f"ClickHouse cannot read {pattern}: {error}") from error
        if seen != len(files):
            raise LakeError(
                f"ClickHouse sees {seen} of {len(files)} files below {os.path.commonpath(files)}",
                hint="a server must see the lake under the same path; that path must not hold any of * ? { } ,",
            )

    def _collect(self, sql: str) -> pa.Table:
        return self._client.query_arrow(sql, settings=SETTINGS, use_strings=True)

    def close(self) -> None:
        self._client.close()


def _backend(client: Any) -> BaseBackend:
    from ibis.backends.clickhouse import Backend

    class Corrected(Backend):
        compiler = compilers.ClickHouse()

    return Corrected.from_connection(client)


def _client(options: Mapping[str, str]) -> Any:
    try:
        import clickhouse_connect
    except ImportError as error:
        raise _missing("clickhouse-connect") from error
    if not options:
        try:
            return clickhouse_connect.get_client(interface="chdb", settings=SETTINGS)
        except ImportError as error:
            raise _missing("chdb") from error
    arguments: dict[str, Any] = {ARGUMENTS.get(option, option): value for option, value in options.items()}
    try:
        return clickhouse_connect.get_client(**arguments, settings=SETTINGS)
    except Exception as error:
        raise InputError(
            f"no ClickHouse server answers as {options.get('url') or options.get('host')}: {error}",
            hint="its HTTP port is meant (8123), and the server must see the lake's files under the same path",
        ) from error


def _missing(package: str) -> MissingExtra:
    return MissingExtra(f"the engine clickhouse needs {package}", hint="pip install 'holdfast[clickhouse]'")


def _text(value: str) -> Any:
    return sg.exp.Literal.string(value)


def one_of(files: list[str]) -> str:
    """The pattern that matches these files and no others.

    >>> one_of(["/lake/a.parquet", "/lake/p=1/b.parquet"])
    '/lake/{a.parquet,p=1/b.parquet}'
    """
    # a pattern that begins with a brace would be taken as relative, and match nothing
    folder = os.path.commonpath([Path(file).parent for file in files]).rstrip("/")
    return folder + "/{" + ",".join(file[len(folder) + 1 :] for file in files) + "}"


def _structure(schema: pa.Schema) -> str:
    names = [sg.to_identifier(name, quoted=True).sql("clickhouse") for name in schema.names]
    return ", ".join(f"{name} Nullable({TYPES[kind]})" for name, kind in zip(names, schema.types, strict=True))


ENGINE = ClickHouse
