"""The same Arrow types from every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import ibis.expr.datatypes as dt
    import ibis.expr.schema as sch

INSTANT = pa.timestamp("us", tz="UTC")


def uniform_type(dtype: dt.DataType) -> pa.DataType:
    """The one Arrow type that answers of an Ibis type have.

    >>> import ibis.expr.datatypes as dt
    >>> uniform_type(dt.int16), uniform_type(dt.Timestamp(timezone="UTC"))
    (DataType(int64), TimestampType(timestamp[us, tz=UTC]))
    """
    if dtype.is_integer():
        return pa.int64()
    if dtype.is_floating():
        return pa.float64()
    if dtype.is_timestamp():
        return INSTANT
    if dtype.is_decimal():
        return pa.decimal128(38, dtype.scale if dtype.scale is not None else 9)
    return dtype.to_pyarrow()


def uniform(answer: pa.Table, schema: sch.Schema) -> pa.Table:
    """The answer with uniform types, columns by position, all nullable, in one chunk."""
    columns = [_cast(answer.column(i), uniform_type(dtype)) for i, dtype in enumerate(schema.types)]
    return pa.table(columns, names=list(schema.names)).combine_chunks()


def _cast(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    if column.type == wanted:
        return column
    if pa.types.is_timestamp(column.type) and column.type.tz is None and wanted == INSTANT:
        return pc.assume_timezone(column.cast(pa.timestamp("us")), "UTC")
    return column.cast(wanted)
