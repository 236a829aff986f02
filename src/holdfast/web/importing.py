"""Imports beside the server: `python -m holdfast.web.importing DATA ID`.

Each runs in a process of its own, so that whoever sends events at the same time has his answer as fast as before.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import holdfast
from holdfast.sources.drafted import INTERRUPTED, Wanted, begin, run
from holdfast.sources.drafts import Draft, found
from holdfast.sources.report import ImportReport


def start(data: Path, draft: Draft, wanted: Wanted) -> None:
    """Begin the import of a draft, and return."""
    begin(draft, wanted)
    path = os.pathsep.join([str(Path(holdfast.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "holdfast.web.importing", str(data), draft.id]
    process = subprocess.Popen(  # noqa: S603 - our own module; the id was made here
        command, stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path}
    )
    threading.Thread(target=_watch, args=(process, draft), name="holdfast-import", daemon=True).start()


def _watch(process: subprocess.Popen[bytes], draft: Draft) -> None:
    """An import that ends without a word is said to have failed."""
    process.wait()
    if draft.folder.is_dir() and draft.state["stage"] == "running":
        draft.note({**draft.state, "stage": "failed", "message": INTERRUPTED, "hint": None})


def main(data: Path, draft_id: str) -> None:
    """Import a draft, and bring the roll-ups up to date, so that the first question does not wait for it."""

    def refresh(report: ImportReport) -> None:
        if report.accepted:
            with holdfast.open(data) as workspace:
                workspace.refresh()

    run(data, found(data, draft_id), refresh)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
