"""The import of a draft, with its state written down as it goes on, for whoever looks from another process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from holdfast.errors import HoldfastError
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources.drafts import Draft
from holdfast.sources.importer import import_files
from holdfast.sources.report import ImportReport

LOCK = ".running"
EVERY_SECONDS = 0.5
SHOWN = 50
STARTING_SECONDS = 60
"""After so long, an import that has not begun to run never will."""
INTERRUPTED = "the import was interrupted before its end"


@dataclass(frozen=True)
class Wanted:
    """How a file is to be imported, as `import_files` has it."""

    kind: str
    mapping: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    source: str | None = None
    minor_units: bool = False
    date_order: Literal["day-first", "month-first"] | None = None
    decimal_mark: Literal[".", ","] | None = None


def begin(draft: Draft, wanted: Wanted) -> None:
    """Write down what is wanted; the import itself is `run`."""
    draft.note({"stage": "running", "doing": "reading", "rows": 0, "begun": time.time(), "wanted": asdict(wanted)})


def run(data: Path, draft: Draft, after: Callable[[ImportReport], None] = lambda report: None) -> None:
    """Import a draft as its state says, then do what comes `after`. The file is removed where that ends well."""
    wanted = Wanted(**draft.state["wanted"])
    with FileLock(draft.folder / LOCK, mode=0o600):
        try:
            report = _imported(data, draft, wanted)
            after(report)
        except HoldfastError as error:
            draft.note({"stage": "failed", "message": error.message, "hint": error.hint, "wanted": asdict(wanted)})
            return
        draft.forget_file()
        draft.note({"stage": "done", "wanted": asdict(wanted), **told(report)})


def state_of(draft: Draft) -> dict[str, Any]:
    """The state of a draft. An import whose process is gone has failed, whatever it wrote down last."""
    state = draft.state
    if state["stage"] != "running" or time.time() - state.get("begun", 0) < STARTING_SECONDS:
        return state
    try:
        with FileLock(draft.folder / LOCK, timeout=0, mode=0o600):
            after = draft.state
    except Timeout:
        return state
    if after["stage"] == "running":
        return {**after, "stage": "failed", "message": INTERRUPTED, "hint": None}
    return after


def told(report: ImportReport) -> dict[str, Any]:
    """The result, as it is written down."""
    names = ("received", "accepted", "rejected", "duplicate", "conflict", "erased")
    aside = [*(("rejected", one) for one in report.rejects[:SHOWN]), *(("conflict", one) for one in report.conflicts)]
    return {
        "counts": {name: getattr(report, name) for name in names},
        "aside": [{"verdict": verdict, "line": one.line, "reason": one.reason} for verdict, one in aside[: 2 * SHOWN]],
        "notes": [note.rpartition("/")[2] for note in report.notes],
        "kept": report.kept_in.stem if report.kept_in else None,
    }


def _imported(data: Path, draft: Draft, wanted: Wanted) -> ImportReport:
    settings, progress = Settings.load(data), _progress(draft, wanted)
    return import_files(
        Lake(data / "lake"), settings, wanted.kind, [draft.path], mapping=wanted.mapping, defaults=wanted.defaults,
        source=wanted.source, minor_units=wanted.minor_units, date_order=wanted.date_order,
        decimal_mark=wanted.decimal_mark, progress=progress,
    )  # fmt: skip


def _progress(draft: Draft, wanted: Wanted) -> Callable[[str, int, str], None]:
    noted = -EVERY_SECONDS

    def note(file: str, rows: int, doing: str) -> None:
        nonlocal noted
        if time.monotonic() - noted >= EVERY_SECONDS:
            noted = time.monotonic()
            draft.note({"stage": "running", "doing": doing, "rows": rows, "wanted": asdict(wanted)})

    note(str(draft.path), 0, "reading")
    return note
