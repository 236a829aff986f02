"""Many rows about people, cut into parts that are added up in one go, each with other people."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    import ibis.expr.types as ir

PERSON = ("user_id", "anonymous_id")
ROWS_AT_ONCE = 8_000_000
SAMPLED_GROUPS = 24
SAMPLED_ROWS = 5_000
"""Of each group."""


def in_parts(rows: ir.Table, files: list[str]) -> Iterator[ir.Table]:
    """The rows that lie in those files, in parts of about `ROWS_AT_ONCE`."""
    count = sum(pq.read_metadata(file).num_rows for file in files)
    bounds = _bounds(files, count // ROWS_AT_ONCE) if count > ROWS_AT_ONCE else []
    if not bounds:
        yield rows
        return
    person = ibis.coalesce(rows.user_id, rows.anonymous_id, "")
    for low, high in zip([None, *bounds], [*bounds, None], strict=True):
        part = rows if low is None else rows.filter(person >= low)
        yield part if high is None else part.filter(person < high)


def _bounds(files: list[str], parts: int) -> list[str]:
    """Ids that cut the people of those files into about equal parts, from a sample of them."""
    sample = sorted(_sampled(files))
    cuts = {sample[len(sample) * part // (parts + 1)] for part in range(1, parts + 1)}
    return [cut for cut in sorted(cuts) if bisect.bisect_left(sample, cut) > 0]


def _sampled(files: list[str]) -> Iterator[str]:
    """The people of some rows from all over the files."""
    groups = [(file, group) for file in files for group in range(pq.read_metadata(file).num_row_groups)]
    for file, group in groups[:: max(1, len(groups) // SAMPLED_GROUPS)]:
        rows = pq.ParquetFile(file).read_row_group(group, columns=list(PERSON))
        some = rows.take(pa.array(range(0, rows.num_rows, max(1, rows.num_rows // SAMPLED_ROWS))))
        for user, anonymous in zip(*(some[name].to_pylist() for name in PERSON), strict=True):
            yield user or anonymous or ""
