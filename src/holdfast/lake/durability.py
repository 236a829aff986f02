"""What was written is on the disk before success is reported: deltalake itself makes no fsync call."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import unquote


def sync(path: Path) -> None:
    """Flush one file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace a small file in one step: it holds the old text or the new one, never a part."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync(path.parent)


def sync_commits(table: Path, after: int, upto: int) -> None:
    """Flush the files, the log entries and the folders of the commits `after` < version <= `upto`."""
    log = table / "_delta_log"
    folders = {table, table.parent, log}
    for version in range(after + 1, upto + 1):
        entry = log / f"{version:020}.json"
        for path in _added(table, entry):
            sync(path)
            folders.add(path.parent)
        sync(entry)
        for checkpoint in log.glob(f"{version:020}.checkpoint*.parquet"):
            sync(checkpoint)
            sync(log / "_last_checkpoint")
    for folder in folders:
        sync(folder)


def _added(table: Path, entry: Path) -> list[Path]:
    actions = (json.loads(line) for line in entry.read_text(encoding="utf-8").splitlines() if line)
    paths = [table / unquote(action["add"]["path"]) for action in actions if "add" in action]
    return [path for path in paths if path.exists()]
