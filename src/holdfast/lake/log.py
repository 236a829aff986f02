"""What a table's Delta log says of the commits since a version."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import msgspec


class _Add(msgspec.Struct):
    path: str
    dataChange: bool = True  # noqa: N815 - as the log spells it


class _Line(msgspec.Struct):
    add: _Add | None = None
    remove: _Add | None = None


_LINE = msgspec.json.Decoder(_Line)


def files_appended(table: Path, since: int, until: int) -> list[str] | None:
    """The files with the rows that commits after version `since`, up to `until`, appended.

    Null where anything was taken away or changed, or where the log or one of the files is gone. Files that only
    hold the same rows in another arrangement are passed over.
    """
    found: list[str] = []
    for version in range(since + 1, until + 1):
        try:
            lines = (table / "_delta_log" / f"{version:020}.json").read_bytes().splitlines()
        except OSError:
            return None
        for line in map(_LINE.decode, lines):
            if line.remove is not None and line.remove.dataChange:
                return None
            if line.add is not None and line.add.dataChange:
                found.append(str(table / unquote(line.add.path)))
    return found if all(Path(file).exists() for file in found) else None
