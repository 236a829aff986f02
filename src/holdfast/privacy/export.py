"""Everything that is stored about a person or an account, for the one who asks for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.errors import InputError, LakeError
from holdfast.facts import TABLES
from holdfast.lake import Lake
from holdfast.lake.rewrite import plain
from holdfast.privacy.databases import databases_in
from holdfast.privacy.rows import RowEraser
from holdfast.privacy.subject import Subject, find_subject
from holdfast.privacy.words import Words
from holdfast.state.sqlite import sqlite

Found = dict[str, list[dict[str, Any]]]
KEPT_AS_SENT = {"messages": "body", "refused": "body", "rejected": "raw", "conflicts": "raw"}
"""Tables of the databases that hold what was sent, and the column that holds it."""


def export(data: Path, out: Path, *, user: str | None = None, account: str | None = None) -> dict[str, int]:
    """Write what is stored about a person or an account: into one JSON file where `out` ends with `.json`, else into a
    folder with a file of JSON lines for each table. Returns how many records of each there are.
    """
    users, accounts = ([user] if user else []), ([account] if account else [])
    if not users and not accounts:
        raise InputError(
            "nobody was named to export", hint="name a person with --user ID, or an account with --account ID"
        )
    subject = find_subject(Lake(data / "lake"), users=users, accounts=accounts)
    found = collected(data, subject)
    _write(out, found)
    return {name: len(rows) for name, rows in found.items()}


def collected(data: Path, subject: Subject) -> Found:
    """All that is stored, by table or store."""
    found: Found = {}
    for name, row in [
        *_from_lake(Lake(data / "lake"), subject),
        *_from_databases(data, subject),
        *_rejects(data, subject),
    ]:
        found.setdefault(name, []).append(row)
    return found


def _from_lake(lake: Lake, subject: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, table in TABLES.items():
        eraser = RowEraser(name, subject)
        for file in [] if table.derived else lake.files(name):
            with pq.ParquetFile(file) as opened:
                for batch in opened.iter_batches():
                    yield from ((name, row) for row in _about(plain(pa.Table.from_batches([batch])), eraser))


def _about(rows: pa.Table, eraser: RowEraser) -> Iterator[dict[str, Any]]:
    """The rows that an erasure would change, as they are."""
    for row in rows.filter(eraser.mask(rows)).to_pylist():
        if eraser.row(row) != row:
            yield {name: value for name, value in row.items() if name != "row_key" and value is not None}


def _from_databases(data: Path, subject: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    words = subject.words
    for path in databases_in(data):
        try:
            with closing(sqlite().connect(path, timeout=60)) as db:
                tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
                for table in sorted(tables & set(KEPT_AS_SENT)):
                    for (raw,) in db.execute(_SENT[table]):
                        yield from ((f"sent-{table}", {"sent": one}) for one in _parts(bytes(raw or b""), words))
        except sqlite().Error as error:
            raise LakeError(f"cannot read {path}: {error}") from error


_SENT = {
    "messages": "SELECT body FROM messages",
    "refused": "SELECT body FROM refused",
    "rejected": "SELECT raw FROM rejected",
    "conflicts": "SELECT raw FROM conflicts",
}


def _parts(raw: bytes, words: Words) -> Iterator[Any]:
    """Of something that was sent, the part that is about the subject: of a batch, the events that name it."""
    if not raw or not words.named_by(raw):
        return
    try:
        content = json.loads(raw)
    except ValueError:
        yield raw.decode(errors="replace")
        return
    several = content.get("batch") if isinstance(content, dict) else None
    if isinstance(several, list):
        yield from (one for one in several if words.in_value(one) != one)
    else:
        yield content


def _rejects(data: Path, subject: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    words = subject.words
    for path in sorted((data / "rejects").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = (json.loads(line).get("row") or {}) if line else {}
            if any(str(cell) in words.exact or words.named_by(str(cell).encode()) for cell in row.values()):
                yield "kept-aside", row


def _write(out: Path, found: Found) -> None:
    try:
        if out.suffix == ".json":
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(json.dumps(found, indent=2, ensure_ascii=False, default=_plain) + "\n", encoding="utf-8")
            out.chmod(0o600)
            return
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, rows in found.items():
            lines = (json.dumps(row, ensure_ascii=False, default=_plain) + "\n" for row in rows)
            (out / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise LakeError(
            f"cannot write {out}: {error.strerror or error}", hint="choose another place with --out"
        ) from error


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)
