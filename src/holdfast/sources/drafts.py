"""Files on their way in: kept in the data folder, for their owner alone, until they are imported or a day is over."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from holdfast.errors import UnknownName
from holdfast.lake.delta import explained
from holdfast.lake.durability import write_durably

FOLDER = "uploads"
KEPT_SECONDS = 86_400
LARGEST = 200 << 20
"""Bytes of one file."""
STATE = "state.json"
_ID = re.compile(r"[0-9a-f]{32}")
_ODD = re.compile(r"[^\w.()\- ]+")


@dataclass(frozen=True)
class Draft:
    """A file that was uploaded, in a folder of its own beside the state of its import."""

    folder: Path
    name: str

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def path(self) -> Path:
        """The file; it is gone when its import is over."""
        return self.folder / self.name

    @property
    def state(self) -> dict[str, Any]:
        """What became of it so far, as `note` left it."""
        try:
            found: dict[str, Any] = json.loads((self.folder / STATE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise _unknown(self.id) from None
        return found

    def note(self, state: Mapping[str, Any]) -> None:
        """Write down what became of it; whoever reads sees the state before or this one."""
        text = json.dumps({"name": self.name, **state}, ensure_ascii=False)
        write_durably(self.folder / STATE, text, 0o600)

    def forget_file(self) -> None:
        self.path.unlink(missing_ok=True)


def keep(data: Path, name: str, content: IO[bytes]) -> Draft:
    """Store what is uploaded. Drafts that are older than a day are removed on the way."""
    sweep(data)
    draft = Draft(data / FOLDER / secrets.token_hex(16), safe_name(name))
    with explained(data / FOLDER, "write to"):
        (data / FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.folder.mkdir(mode=0o700)
        draft.path.touch(mode=0o600)
        with draft.path.open("wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
        draft.note({"stage": "draft"})
    return draft


def found(data: Path, draft_id: str) -> Draft:
    """The draft of that id. Raises `UnknownName` where there is none."""
    folder = data / FOLDER / draft_id
    if not _ID.fullmatch(draft_id) or not (folder / STATE).is_file():
        raise _unknown(draft_id)
    return Draft(folder, json.loads((folder / STATE).read_text(encoding="utf-8"))["name"])


def remove(draft: Draft) -> None:
    shutil.rmtree(draft.folder, ignore_errors=True)


def sweep(data: Path, now: float | None = None) -> None:
    """Remove what is older than a day."""
    before = (time.time() if now is None else now) - KEPT_SECONDS
    for one in (data / FOLDER).glob("*"):
        if _ID.fullmatch(one.name) and one.stat().st_mtime < before:
            shutil.rmtree(one, ignore_errors=True)


def safe_name(name: str) -> str:
    r"""The name of a file without what could lead elsewhere.

    >>> safe_name("../../etc/passwd"), safe_name("C:\\Exports\\März 2026.csv"), safe_name("..")
    ('passwd', 'März 2026.csv', 'file')
    """
    last = re.split(r"[/\\]", name)[-1]
    plain = _ODD.sub("_", last).strip(" .")[-100:].strip(" .")
    return plain if plain and plain != STATE else "file"


def _unknown(draft_id: str) -> UnknownName:
    return UnknownName(
        f"there is no upload {draft_id[:40]!r}", hint="uploads are kept for a day: choose the file again"
    )
