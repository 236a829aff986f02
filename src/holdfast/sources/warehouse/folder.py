"""The tables in a folder: which file is which table, and its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.errors import UnusableFile
from holdfast.sources.open import open_rows
from holdfast.sources.rows import Aside
from holdfast.sources.warehouse.cells import Record

ENDINGS = {".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".json"}
_BEFORE = ("fivetran", "stg", "src", "raw", "public")
_AFTER = ("data", "export", "table", "source")


@dataclass(frozen=True)
class TableKind:
    """One table of a connector: what it is read for, the columns it needs, and what is lost without it."""

    name: str
    read_as: str
    needs: tuple[str, ...] = ("id",)
    also: tuple[str, ...] = ()
    """Other names that it goes by."""
    without: str = ""
    looked_up: bool = False
    """Its rows make no facts of their own, and are not counted."""


@dataclass
class FoundTable:
    """A table of the folder and its rows."""

    kind: TableKind
    files: list[Path]
    rows: list[Record] = field(default_factory=list)
    broken: list[Aside] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)


@dataclass
class Folder:
    """What was found: tables by name, files that are no known table, and known tables that are not there."""

    path: Path
    tables: dict[str, FoundTable]
    ignored: list[str]
    missing: list[TableKind]

    def rows(self, name: str) -> list[Record]:
        return self.tables[name].rows if name in self.tables else []


def table_name(stem: str, connector: str, known: Iterable[str]) -> str | None:
    """Which of the known tables a file is, whatever its name has before and after.

    >>> table_name("stripe.customer_data", "stripe", ["customer", "charge"])
    'customer'
    >>> table_name("SRC_STRIPE__CHARGE", "stripe", ["customer", "charge"])
    'charge'
    """
    names, words = set(known), stem.lower().split(".")[-1].strip('"`').split("_")
    words = [word for word in words if word]
    for begin in range(len(words)):
        if all(word in {connector, *_BEFORE} for word in words[:begin]):
            for end in range(len(words), begin, -1):
                if all(word in _AFTER for word in words[end:]) and "_".join(words[begin:end]) in names:
                    return "_".join(words[begin:end])
    return None


def read_folder(path: Path, connector: str, kinds: Sequence[TableKind]) -> Folder:
    """Read every known table of a folder. Raises `UnusableFile` where there is none, or one cannot be read."""
    if not path.is_dir():
        raise UnusableFile(f"{path} is not a folder", hint="name the folder that holds one file for each table")
    found, ignored = _chosen(path, connector, kinds)
    if not found:
        raise UnusableFile(
            f"{path} holds no table that is known; there are: {', '.join(kind.name for kind in kinds)}",
            hint="name each file like its table, such as subscription_history.csv",
        )
    for table in found.values():
        _read(table)
    missing = [kind for kind in kinds if kind.name not in found and kind.without]
    return Folder(path, found, ignored, missing)


def _chosen(path: Path, connector: str, kinds: Sequence[TableKind]) -> tuple[dict[str, FoundTable], list[str]]:
    """The files of each table, and the other ones. A table's own name goes before the others that it goes by."""
    by_name = {name: kind for kind in kinds for name in (kind.name, *kind.also)}
    named: dict[str, list[Path]] = {}
    ignored: list[str] = []
    for stem, files in _files(path):
        name = table_name(stem, connector, by_name)
        if name in named:
            both = f"{named[name][0]} and {files[0]}"
            raise UnusableFile(f"{both} are both the table {name}", hint="leave one of them in the folder")
        if name is None:
            ignored += [file.name for file in files]
        else:
            named[name] = files
    found: dict[str, FoundTable] = {}
    for kind in kinds:
        names = [name for name in (kind.name, *kind.also) if name in named]
        if names:
            found[kind.name] = FoundTable(kind, named[names[0]])
            ignored += [file.name for name in names[1:] for file in named[name]]
    return found, ignored


def _files(path: Path) -> Iterator[tuple[str, list[Path]]]:
    """Files by the name of their table; the files inside a folder are parts of the table that it is named after."""
    for entry in sorted(path.iterdir()):
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_dir():
            parts = sorted(part for part in entry.iterdir() if part.suffix.lower() in ENDINGS)
            if parts:
                yield entry.name, parts
        elif entry.suffix.lower() in ENDINGS:
            yield entry.stem, [entry]


def _read(table: FoundTable) -> None:
    for path in table.files:
        file = open_rows(path)
        names = {column: column.strip('"` ').lower() for column in file.columns}
        lacking = [name for name in table.kind.needs if name not in names.values()]
        if lacking:
            raise UnusableFile(
                f"{path}: the table {table.kind.name} needs the column {lacking[0]}; the file has:"
                f" {', '.join(file.columns)}",
                hint="is it another table? Rename or remove the file",
            )
        table.columns |= set(names.values())
        for batch in file.batches():
            table.broken += batch.broken
            for cells, line in zip(batch.table.to_pylist(), batch.lines, strict=True):
                full = {names[column]: text.strip() for column, text in cells.items() if text and text.strip()}
                record = Record(full, table.kind.name, str(path), line)
                fault = record.fault()
                if fault is None:
                    table.rows.append(record)
                else:
                    table.broken.append(Aside(str(path), line, fault, dict(record)))
