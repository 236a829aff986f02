"""What a file has said so far: the first row of a key wins, the same again is a duplicate, other content a conflict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.facts import TABLES
from holdfast.lake.duck import quiet_connection
from holdfast.sources.parts import POSITION, Part

if TYPE_CHECKING:
    import duckdb

_JUDGE = """
WITH told AS (
    SELECT position, row_key, hash(content) AS digest FROM keys POSITIONAL JOIN content
), judged AS (
    SELECT
        told.position,
        row_key,
        told.digest,
        coalesce(seen.position, first_value(told.position) OVER key) AS first_position,
        coalesce(seen.digest, first_value(told.digest) OVER key) AS first_digest
    FROM told
    LEFT JOIN (SELECT * FROM seen WHERE part = $part) AS seen USING (row_key)
    WINDOW key AS (PARTITION BY row_key ORDER BY told.position)
)
SELECT position, row_key, digest, first_position, digest = first_digest AS same FROM judged ORDER BY position
"""


@dataclass(frozen=True)
class Judged:
    """The parts to store, and the conflicting positions with the position that won over each."""

    parts: list[Part]
    conflicts: dict[int, int]


class FileMemory:
    """Keys and digests of what one file has said, over all its batches."""

    def __init__(self) -> None:
        self._opened: duckdb.DuckDBPyConnection | None = None

    @property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        if self._opened is None:
            self._opened = quiet_connection()
            self._opened.execute("CREATE TABLE seen (part TEXT, row_key TEXT, position BIGINT, digest UBIGINT)")
        return self._opened

    def judge(self, parts: Iterable[Part]) -> Judged:
        """Take the conflicting rows out, whole, and of what remains only the first of each key."""
        remaining = list(parts)
        conflicts: dict[int, int] = {}
        while True:
            told = [self._told(part) for part in remaining]
            found = {
                row[POSITION]: row["first_position"]
                for table in told
                for row in table.filter(pc.invert(table["same"])).to_pylist()
            }
            if not found:
                break
            conflicts |= {position: first for position, first in found.items() if position not in conflicts}
            barred = pa.array(list(found), pa.int64())
            remaining = [part.without(barred) for part in remaining]
        firsts = [self._remembered(part, table) for part, table in zip(remaining, told, strict=True)]
        return Judged(firsts, conflicts)

    def _told(self, part: Part) -> pa.Table:
        self._connection.register("keys", part.rows.select([POSITION, "row_key"]))
        self._connection.register("content", part.rows.select(list(TABLES[part.table].content)))
        return self._connection.execute(_JUDGE, {"part": part.table}).to_arrow_table()

    def _remembered(self, part: Part, told: pa.Table) -> Part:
        is_first = pc.equal(told[POSITION], told["first_position"])
        fresh = told.filter(is_first)
        self._connection.register("fresh", fresh.select(["row_key", POSITION, "digest"]))
        self._connection.execute(
            "INSERT INTO seen SELECT $part, row_key, position, digest FROM fresh", {"part": part.table}
        )
        first_keys = pa.table({"row_key": fresh["row_key"], POSITION: fresh[POSITION]})
        at = pc.index_in(part.rows["row_key"], first_keys["row_key"].combine_chunks())
        wins = pc.fill_null(pc.equal(first_keys[POSITION].take(at), part.rows[POSITION]), False)
        return Part(part.table, part.rows.filter(wins))

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
