"""Single files of a Delta table written anew, so that what was in them is nowhere any more.

A commit of its own takes the old files out and puts the new ones in; it says that no data changed, since readers who
follow the table have nothing to do. What was replaced is deleted at once, old versions too. Whoever calls this holds
the write lock, and `joining_alone`, so that nobody else is writing files that no commit names yet.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.errors import LakeError
from holdfast.lake.delta import explained, open_table
from holdfast.lake.durability import sync, write_durably
from holdfast.lake.lock import alone
from holdfast.lake.paths import files_of

Looked = Callable[[pa.Table], bool]
Changed = Callable[[pa.Table], pa.Table]
PATIENCE_SECONDS = 900.0
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
CHUNK = 200_000


@dataclass
class Rewritten:
    """How many files were written anew, and how many old ones deleted."""

    files: int = 0
    deleted: int = 0


def joining_alone(root: Path) -> AbstractContextManager[None]:
    """Nobody joins files of the lake meanwhile: what they have written and not yet committed would look like waste."""
    busy = LakeError(f"another process is joining files in {root}", hint="wait for it, and try again")
    root.mkdir(parents=True, exist_ok=True)
    return alone(root / ".compact.lock", PATIENCE_SECONDS, busy)


def tables_in(root: Path) -> list[Path]:
    """The folders of all Delta tables, roll-ups too."""
    return sorted(log.parent for log in root.rglob("_delta_log") if log.is_dir())


def rewrite(
    path: Path,
    looked: Looked,
    change: Changed,
    before_commit: Callable[[], None] = lambda: None,
    positions: Mapping[str, int] = MappingProxyType({}),
) -> Rewritten:
    """Write every file anew in which `looked` finds something, with what `change` makes of its rows; delete the
    files of old versions in which it finds something. `positions` are noted in the same commit.
    """
    done, table = Rewritten(), open_table(path)
    if table is None:
        return done
    with explained(path, "rewrite"):
        listed = pa.table(table.get_add_actions(flatten=False)).to_pylist()
        current = {str(path / unquote(one["path"])): one for one in listed}
        hit = [file for file in sorted(current) if any(looked(rows) for rows in _texts(Path(file)))]
        if hit:
            actions = [_replaced(path, Path(file), current[file], change) for file in hit]
            before_commit()
            _commit(path, table.version(), actions, positions)
        done.files = len(hit)
        done.deleted = _deleted(path, set(current), looked)
    return done


def _deleted(path: Path, before: set[str], looked: Looked) -> int:
    """Delete the files that were replaced, and those of older versions in which something is found."""
    table, gone = open_table(path), 0
    kept = set() if table is None else {Path(file).resolve() for file in files_of(table)}
    replaced = {Path(file).resolve() for file in before} - kept
    for file in sorted(path.rglob("*.parquet")):
        if file.resolve() in kept or "_delta_log" in file.parts:
            continue
        if file.resolve() in replaced or holds(file, looked):
            file.unlink()
            sync(file.parent)
            gone += 1
    return gone


def holds(file: Path, looked: Looked) -> bool:
    """Whether something is found in a Parquet file. One that cannot be read was never finished, and counts."""
    try:
        return any(looked(rows) for rows in _texts(file))
    except (pa.ArrowException, OSError):
        return True


def _texts(file: Path) -> Iterator[pa.Table]:
    """The columns in which anything can be found: texts, and days."""
    with pq.ParquetFile(file) as opened:
        wanted = [one.name for one in opened.schema_arrow if not _is_number(one.type)]
        for batch in opened.iter_batches(CHUNK, columns=wanted):
            yield plain(pa.Table.from_batches([batch]))


def _is_number(one: pa.DataType) -> bool:
    return bool(pa.types.is_integer(one) or pa.types.is_floating(one) or pa.types.is_boolean(one))


def _row_groups(file: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(CHUNK):
            yield plain(pa.Table.from_batches([batch]))


def plain(rows: pa.Table) -> pa.Table:
    """Rows with every text as a plain text: writers choose views or dictionaries as they like."""
    fields = [one.with_type(pa.string()) if _is_text(one.type) else one for one in rows.schema]
    return rows.cast(pa.schema(fields))


def _is_text(one: pa.DataType) -> bool:
    if pa.types.is_dictionary(one):
        return _is_text(one.value_type)
    return bool(pa.types.is_string(one) or pa.types.is_large_string(one) or pa.types.is_string_view(one))


def _replaced(table: Path, file: Path, listed: dict[str, Any], change: Changed) -> tuple[dict[str, Any], ...]:
    """Write a file anew. Returns the actions of the log that put it in the place of the old one."""
    new = file.with_name(f"part-00000-{uuid4()}-c000.zstd.parquet")
    rows = 0
    with pq.ParquetFile(file) as opened:
        schema = plain(opened.schema_arrow.remove_metadata().empty_table()).schema
        with pq.ParquetWriter(new, schema, compression="zstd", compression_level=1) as writer:
            for group in _row_groups(file):
                kept = change(group)
                rows += kept.num_rows
                writer.write_table(kept)
    sync(new)
    sync(new.parent)
    now = time.time_ns() // 1_000_000
    values = {name: None if value is None else str(value) for name, value in (listed.get("partition") or {}).items()}
    common = {"dataChange": False, "partitionValues": values}
    remove = {
        "path": listed["path"], "deletionTimestamp": now, "extendedFileMetadata": True, "size": listed["size_bytes"],
        **common,
    }  # fmt: skip
    if not rows:
        new.unlink()
        return ({"remove": remove},)
    add = {
        "path": str(new.relative_to(table)), "size": new.stat().st_size, "modificationTime": now,
        "stats": json.dumps(_statistics(rows, listed, schema)), **common,
    }  # fmt: skip
    return ({"remove": remove}, {"add": add})


def _statistics(rows: int, listed: dict[str, Any], schema: pa.Schema) -> dict[str, Any]:
    """The old bounds of days still hold, since rows are only taken away; of texts nothing is said."""
    stats: dict[str, Any] = {"numRecords": rows}
    for ours, theirs in (("minValues", "min"), ("maxValues", "max")):
        bounds = {
            name: value.isoformat()
            for name, value in (listed.get(theirs) or {}).items()
            if value is not None and name in schema.names and pa.types.is_date(schema.field(name).type)
        }
        if bounds:
            stats[ours] = bounds
    return stats


def _commit(path: Path, version: int, actions: list[tuple[dict[str, Any], ...]], positions: Mapping[str, int]) -> None:
    """Put the next entry into the log: it fails where another program was faster, and nothing is lost."""
    log = path / "_delta_log"
    entry, draft = log / f"{version + 1:020}.json", log / f".{uuid4()}.json.tmp"
    now = time.time_ns() // 1_000_000
    info = {"commitInfo": {"timestamp": now, "operation": "ERASE"}}
    noted = [{"txn": {"appId": name, "version": one, "lastUpdated": now}} for name, one in positions.items()]
    lines = [info, *noted, *(action for several in actions for action in several)]
    write_durably(draft, "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    try:
        os.link(draft, entry)
    except FileExistsError:
        raise LakeError(f"cannot write {path}: another program changed it", hint="run the same command again") from None
    finally:
        with suppress(OSError):
            draft.unlink()
    sync(log)


def clean_log(path: Path, named: Callable[[str], bool], cleaned: Callable[[str], str]) -> int:
    """Take what is looked for out of the log: statistics that name it go, other texts are cleaned, and checkpoints are
    made anew. Returns how many files were changed.
    """
    log, changed = path / "_delta_log", 0
    for entry in sorted(log.glob("*.json")):
        text = entry.read_text(encoding="utf-8")
        lines = [_cleaned_line(line, named, cleaned) for line in text.splitlines()]
        if lines != text.splitlines():
            write_durably(entry, "\n".join(lines) + "\n")
            changed += 1
    for draft in [*log.glob("*.tmp"), *log.glob("*.new")]:
        draft.unlink()
    stale = [file for file in sorted(log.glob("*.checkpoint*.parquet")) if _names(file, named)]
    table = open_table(path)
    if stale and table is not None:
        with explained(path, "write the log of"):
            table.create_checkpoint()
            for file in stale:
                if not file.name.startswith(f"{table.version():020}"):
                    file.unlink()
            changed += len(stale)
    sync(log)
    return changed


def _cleaned_line(line: str, named: Callable[[str], bool], cleaned: Callable[[str], str]) -> str:
    """One action of the log; of statistics that name what is looked for, the number of rows stays."""
    action = json.loads(line) if line else {}
    add = action.get("add")
    if not isinstance(add, dict) or not isinstance(add.get("stats"), str):
        return cleaned(line)
    if not named(add["stats"]) or json.loads(without_texts(add["stats"])) == json.loads(add["stats"]):
        return line
    add["stats"] = without_texts(add["stats"])
    return json.dumps(action, separators=(",", ":"))


def without_texts(stats: str) -> str:
    """The statistics of a file without the smallest and largest texts.

    >>> without_texts('{"numRecords": 2, "minValues": {"role": "chief", "valid_from_day": "2026-01-01"}}')
    '{"numRecords": 2, "minValues": {"valid_from_day": "2026-01-01"}}'
    """
    content = json.loads(stats)
    for bounds in ("minValues", "maxValues"):
        if isinstance(content.get(bounds), dict):
            content[bounds] = {
                name: value
                for name, value in content[bounds].items()
                if not isinstance(value, str) or _DAY.fullmatch(value)
            }
    return json.dumps(content)


def _names(checkpoint: Path, named: Callable[[str], bool]) -> bool:
    return any(named(text) for rows in _row_groups(checkpoint) for text in _strings(rows.to_pylist()))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for one in value.values() for text in _strings(one))
    elif isinstance(value, (list, tuple)):
        yield from (text for one in value for text in _strings(one))
