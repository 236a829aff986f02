"""Every file of a data folder as the texts that are in it, however it is packed: nothing of Holdfast is used here."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Name of the file, and every text in it; the raw bytes too."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        yield name, name
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield name, content.decode("latin-1")
        yield name, content.decode("utf-8", errors="replace")
        for text in _decoded(path, content):
            yield name, text


def _decoded(path: Path, content: bytes) -> Iterator[str]:
    if content[:4] == b"PAR1" and content[-4:] == b"PAR1":
        yield from _parquet(path)
    elif content[:16] == b"SQLite format 3\0":
        yield from _sqlite(path)
    elif content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content).decode(errors="replace")
    elif path.suffix in (".json", ".jsonl"):
        for line in content.decode(errors="replace").splitlines():
            yield from _json(line)


def _parquet(path: Path) -> Iterator[str]:
    file = pq.ParquetFile(path)
    for row in file.read().to_pylist():
        yield from _strings(row)
    yield str(file.metadata.metadata)
    names = [name for name in file.schema_arrow.names if pa.types.is_string(file.schema_arrow.field(name).type)]
    for group in range(file.metadata.num_row_groups):
        described = file.metadata.row_group(group)
        for column in range(described.num_columns):
            statistics = described.column(column).statistics
            if statistics is not None and statistics.has_min_max:
                yield f"{statistics.min} {statistics.max}"
    dictionaries = pq.ParquetFile(path, read_dictionary=names)
    for group in range(dictionaries.metadata.num_row_groups):
        for column in dictionaries.read_row_group(group, columns=names).columns:
            for chunk in column.chunks:
                yield from (str(one) for one in chunk.dictionary.to_pylist())


def _sqlite(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in db.execute(f'SELECT * FROM "{table}"'):
                for cell in row:
                    text = bytes(cell).decode(errors="replace") if isinstance(cell, bytes) else str(cell)
                    yield text
                    yield from _json(text)


def _json(text: str) -> Iterator[str]:
    try:
        yield from _strings(json.loads(text))
    except (ValueError, RecursionError):
        return


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        if value[:1] in ("{", "["):
            yield from _json(value)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield str(name)
            yield from _strings(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _strings(one)
    elif value is not None:
        yield str(value)


def found(folder: Path, *wanted: str) -> list[tuple[str, str]]:
    """Where any of the texts stands, in whatever case, with what stands around it."""
    hits = []
    for name, text in texts(folder):
        lower = text.lower()
        for one in wanted:
            at = lower.find(one.lower())
            if at >= 0:
                hits.append((name, text[max(0, at - 60) : at + 60]))
    return hits
