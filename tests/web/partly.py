"""Companies of which something is missing or odd, made of the simulated one."""

from __future__ import annotations

import shutil
from pathlib import Path

from holdfast.sources.record import record_facts
from holdfast.workspace import Workspace

HOSTILE = "<script>alert(1)</script>"
NOT_COPIED = shutil.ignore_patterns("*.db*", "*.sqlite*", "_scratch", "state*")


def without(data: Path, folder: Path, *tables: str) -> Path:
    """A copy in which nothing was ever written to some tables."""
    shutil.copytree(data, folder, ignore=NOT_COPIED)
    for table in tables:
        shutil.rmtree(folder / "lake" / table)
    return folder


def all_named(data: Path, folder: Path, name: str) -> Path:
    """A copy in which every account has one name."""
    shutil.copytree(data, folder, ignore=NOT_COPIED)
    with Workspace(folder) as workspace:
        accounts = workspace.engine.to_arrow(workspace.table("accounts").select("account_id")).to_pylist()
        record_facts(workspace.lake, "accounts", [{**one, "name": name} for one in accounts], "test", None)
    return folder
