"""What an erasure is about to do, written down before it begins: killed half-way, the next run completes it.

Until then the journal holds the ids themselves, readable by their owner alone; it is overwritten and deleted last.
"""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from holdfast.errors import LakeError
from holdfast.lake.durability import sync, write_durably
from holdfast.lake.erased import FOLDER
from holdfast.lake.lock import alone
from holdfast.privacy.certificate import Certificate
from holdfast.privacy.subject import Subject

FILE, LOCK = "journal.json", ".lock"
PATIENCE_SECONDS = 5.0


@dataclass
class Journal:
    """One erasure that is under way."""

    data: Path
    subject: Subject
    certificate: Certificate

    @property
    def path(self) -> Path:
        return self.data / FOLDER / FILE

    def write(self) -> None:
        content = {"subject": self.subject.as_json(), "certificate": self.certificate.as_json()}
        write_durably(self.path, json.dumps(content), 0o600)

    def finish(self) -> None:
        """Overwrite and delete it."""
        with self.path.open("r+b") as file:
            file.write(b"\0" * self.path.stat().st_size)
            file.flush()
            os.fsync(file.fileno())
        self.path.unlink()
        sync(self.path.parent)


def found_journal(data: Path) -> Journal | None:
    """The erasure that was begun and not completed, if there is one."""
    path = data / FOLDER / FILE
    for draft in path.parent.glob(f"{FILE}.*.new"):
        draft.unlink()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    if not text.strip("\0"):
        path.unlink()
        return None
    try:
        content = json.loads(text)
        return Journal(data, Subject(**content["subject"]), Certificate.from_json(content["certificate"]))
    except (ValueError, KeyError, TypeError) as error:
        raise LakeError(f"{path} cannot be read: {error}", hint="delete it, and erase again") from error


def privacy_alone(data: Path) -> AbstractContextManager[None]:
    """One erasure or expiry at a time."""
    busy = LakeError(f"another erasure is under way in {data}", hint="wait for it to end")
    return alone(data / FOLDER / LOCK, PATIENCE_SECONDS, busy)
