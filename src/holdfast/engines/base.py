"""What every engine does: show Parquet files as Ibis tables, and answer expressions as Arrow."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import ibis.expr.operations as ops

from holdfast.engines.arrow import uniform
from holdfast.errors import InputError, UnknownName

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa
    from ibis.backends import BaseBackend

ENGINES = ("duckdb", "spark", "clickhouse")


class Engine(ABC):
    """One Ibis connection. Everything that metrics compute goes through `parquet` and `to_arrow`.

    >>> import pyarrow as pa
    >>> with open_engine("duckdb") as engine:
    ...     accounts = engine.parquet([], pa.schema({"account_id": pa.string()}))
    ...     engine.to_arrow(accounts.count().name("accounts").as_table()).to_pydict()
    {'accounts': [0]}
    """

    name: ClassVar[str]
    options: ClassVar[Mapping[str, str]]
    """The options that it takes, and their meaning."""
    backend: BaseBackend

    def __init__(self) -> None:
        import ibis

        # fused, an expression is written out again wherever it is used, and large questions take seconds to compile
        ibis.options.sql.fuse_selects = False
        self._tables: dict[tuple[tuple[str, ...], pa.Schema], ir.Table] = {}

    def parquet(self, files: Sequence[str], schema: pa.Schema, *, name: str = "files") -> ir.Table:
        """The rows of the files, with exactly the columns of the schema: null where a file lacks one.

        `name` only makes the SQL readable. The same files asked for again give the same table.
        """
        key = (tuple(files), schema)
        if key not in self._tables:
            unique = f"{name}_{len(self._tables) + 1}"
            self._tables[key] = self._read(list(files), schema, unique) if files else self._empty(schema, unique)
        return self._tables[key]

    def to_arrow(self, expression: ir.Expr) -> pa.Table:
        """The answer, in the same Arrow types on every engine; rows are ordered only where the expression says so."""
        return self.ask(expression)[1]

    def ask(self, expression: ir.Expr) -> tuple[str, pa.Table]:
        """The SQL as run, and the answer."""
        sql = self.sql(expression)
        return sql, self.run(sql, expression)

    def run(self, sql: str, expression: ir.Expr) -> pa.Table:
        """The answer of an expression whose SQL is known."""
        return uniform(self._collect(sql), expression.as_table().schema())

    def sql(self, expression: ir.Expr) -> str:
        """The SQL of an expression in the engine's own dialect."""
        table = expression.as_table()
        if table.op().find(ops.InMemoryTable):
            raise InputError(
                "an expression over `ibis.memtable` was given, which not every engine can read",
                hint="use ibis.range(…).unnest() or an array literal, or write the rows to the lake",
            )
        return str(self.backend.compile(table, pretty=True))

    def close(self) -> None:
        self.backend.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @abstractmethod
    def _read(self, files: list[str], schema: pa.Schema, name: str) -> ir.Table: ...

    @abstractmethod
    def _empty(self, schema: pa.Schema, name: str) -> ir.Table: ...

    @abstractmethod
    def _collect(self, sql: str) -> pa.Table: ...


def open_engine(name: str, options: Mapping[str, str] | None = None, *, lake_root: Path | None = None) -> Engine:
    """Open an engine by name. Where `lake_root` is given, DuckDB reads nothing outside it.

    >>> open_engine("postgres")
    Traceback (most recent call last):
    ...
    holdfast.errors.UnknownName: unknown engine 'postgres'; there are: duckdb, spark, clickhouse
    """
    if name not in ENGINES:
        near = difflib.get_close_matches(name, ENGINES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else None
        raise UnknownName(f"unknown engine {name!r}; there are: {', '.join(ENGINES)}", hint=hint)
    engine: Any = import_module(f"holdfast.engines.{name}").ENGINE
    return engine(_known_options(engine, options or {}), lake_root=lake_root)  # type: ignore[no-any-return]


def _known_options(engine: type[Engine], options: Mapping[str, str]) -> dict[str, str]:
    for option in options:
        if option not in engine.options and not (engine.name == "spark" and option.startswith("spark.")):
            raise InputError(f"{engine.name} takes no option {option!r}; it takes: {', '.join(engine.options)}")
    return {option: str(value) for option, value in options.items() if value not in (None, "")}
