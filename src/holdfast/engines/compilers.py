"""Ibis' SQL compilers, corrected where the same expression meant different things on different engines."""

# ruff: noqa: N802 (Ibis finds these methods by the names of its operations)

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import sqlglot.expressions as sge
from ibis.backends.sql.compilers import ClickHouseCompiler, DuckDBCompiler, PySparkCompiler
from ibis.backends.sql.datatypes import ClickHouseType

if TYPE_CHECKING:
    import ibis.expr.datatypes as dt


class _TypedLiterals:
    """A literal has its declared type: int64 where engines take 32 bits, float64 where they take a decimal."""

    __slots__ = ()

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: dt.DataType) -> Any:
        literal = super().visit_NonNullLiteral(op, value=value, dtype=dtype)  # type: ignore[misc]
        if not (dtype.is_int64() or dtype.is_float64()):
            return literal
        if literal is None:
            literal = self.visit_DefaultLiteral(op, value=value, dtype=dtype)  # type: ignore[attr-defined]
        return self.cast(literal, dtype)  # type: ignore[attr-defined]


class _NamedFunctions:
    """Functions that an engine has under a name of its own."""

    __slots__ = ()
    names: ClassVar[dict[str, str]] = {}

    def visit_ScalarUDF(self, op: Any, **arguments: Any) -> Any:
        name = self.names.get(op.__func_name__)
        if name is None:
            return super().visit_ScalarUDF(op, **arguments)  # type: ignore[misc]
        return self.f.anon[name](*arguments.values())  # type: ignore[attr-defined]


class DuckDB(_TypedLiterals, _NamedFunctions, DuckDBCompiler):
    __slots__ = ()
    names: ClassVar[dict[str, str]] = {"unix_micros": "epoch_us"}

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: dt.DataType) -> Any:
        if dtype.is_array() and dtype.value_type.is_struct():
            # typed at once: sqlglot takes long to write a cast
            rows = [sge.Struct(expressions=[_field(*cell) for cell in row.items()]) for row in value]
            return self.cast(sge.Array(expressions=rows), dtype)
        return super().visit_NonNullLiteral(op, value=value, dtype=dtype)


def _field(name: str, value: Any) -> sge.PropertyEQ:
    return sge.PropertyEQ(this=sge.to_identifier(name, quoted=True), expression=sge.convert(value))


class Spark(_TypedLiterals, PySparkCompiler):
    __slots__ = ()

    def visit_ExtractMicrosecond(self, op: Any, *, arg: Any) -> Any:
        return self.cast(self.f.anon.mod(self.f.anon.unix_micros(arg), 1_000_000), op.dtype)


class _Date32(ClickHouseType):
    """ClickHouse's `Date` ends in 1970 and 2149, and moves what lies outside there without a word."""

    @classmethod
    def from_ibis(cls, dtype: dt.DataType) -> sge.DataType:
        if dtype.is_date():
            return sge.DataType(this=sge.DataType.Type.DATE32, nullable=dtype.nullable)
        typed: sge.DataType = super().from_ibis(dtype)
        return typed


class ClickHouse(_TypedLiterals, _NamedFunctions, ClickHouseCompiler):
    __slots__ = ()
    names: ClassVar[dict[str, str]] = {"unix_micros": "toUnixTimestamp64Micro"}
    type_mapper = _Date32

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: dt.DataType) -> Any:
        if dtype.is_date():
            return self.f.toDate32(value.isoformat())
        return super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    def visit_DateFromYMD(self, op: Any, *, year: Any, month: Any, day: Any) -> Any:
        return self.f.makeDate32(year, month, day)

    def visit_Date(self, op: Any, *, arg: Any) -> Any:
        return self.f.toDate32(arg)

    def visit_CountDistinct(self, op: Any, *, arg: Any, where: Any) -> Any:
        # Ibis' `uniq` is an estimate; counts are UInt64, which has no common type with int64
        return self.f.toInt64(self.agg.uniqExact(arg, where=where))

    def visit_CountStar(self, op: Any, *, arg: Any, where: Any) -> Any:
        return self.f.toInt64(super().visit_CountStar(op, arg=arg, where=where))

    def visit_Count(self, op: Any, *, arg: Any, where: Any) -> Any:
        return self.f.toInt64(self.agg.count(arg, where=where))

    def visit_WindowFunction(self, op: Any, *, func: Any, **frame: Any) -> Any:
        if isinstance(func, sge.Anonymous) and func.name == "toInt64":
            return self.f.toInt64(super().visit_WindowFunction(op, func=func.expressions[0], **frame))
        return super().visit_WindowFunction(op, func=func, **frame)

    def visit_Quantile(self, op: Any, *, arg: Any, quantile: Any, where: Any) -> Any:
        # Ibis' `quantile` looks at a random sample
        return self._visit_quantile("quantileExactInclusive", arg, quantile, where)

    def visit_Lag(self, op: Any, *, arg: Any, offset: Any, default: Any) -> Any:
        return super().visit_Lag(op, arg=self._nullable(arg), offset=offset, default=default)

    def visit_Lead(self, op: Any, *, arg: Any, offset: Any, default: Any) -> Any:
        return super().visit_Lead(op, arg=self._nullable(arg), offset=offset, default=default)

    def _nullable(self, arg: Any) -> Any:
        # of a column that cannot be NULL, ClickHouse gives 0 where there is no row
        return self.f.toNullable(arg)
