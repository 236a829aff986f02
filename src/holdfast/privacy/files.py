"""Erasing from files of text: rows that an import kept aside, and published reports."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from holdfast.lake.durability import write_durably
from holdfast.privacy.certificate import StoreDone
from holdfast.privacy.subject import Subject
from holdfast.privacy.words import Words
from holdfast.sources.drafts import FOLDER as UPLOADS

REJECTS, PUBLISHED = "rejects", "published"


def erase_in_rejects(data: Path, subject: Subject) -> StoreDone:
    """Rows that name somebody are emptied; that they were there, and why they did not go in, stays."""
    done, words = StoreDone("rejects"), subject.words

    def line(text: str) -> str:
        new = _emptied(text, words)
        done.rows_changed += new != text
        return new

    for path in sorted((data / REJECTS).glob("*.jsonl")):
        _rewrite(path, lambda text: "".join(map(line, text.splitlines(keepends=True))), done)
    for draft in (data / REJECTS).glob(".*.draft"):
        if words.found(draft.read_text(encoding="utf-8", errors="surrogateescape")):
            draft.unlink()
            done.files_deleted += 1
    return done


def erase_uploads(data: Path) -> StoreDone:
    """Files that were uploaded and not imported yet are removed: they can be chosen again, without whom was erased."""
    done = StoreDone(UPLOADS)
    for folder in sorted((data / UPLOADS).glob("*/")):
        done.files_deleted += sum(1 for one in folder.iterdir() if one.is_file())
        shutil.rmtree(folder, ignore_errors=True)
    return done


def _emptied(line: str, words: Words) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return words.replaced(line)
    row = entry.get("row") or {}
    if any(str(cell) in words.exact or words.named_by(str(cell).encode()) for cell in row.values()):
        entry = {**entry, "row": {}, "reason": "erased"}
    new = words.in_value(entry)
    return line if new == json.loads(line) else json.dumps(new, ensure_ascii=False) + "\n"


def erase_in_published(data: Path, subject: Subject) -> StoreDone:
    """Published figures stay as they are; names and ids in them are replaced."""
    done, words = StoreDone("published"), subject.words
    for path in sorted((data / PUBLISHED).glob("*")):
        if path.suffix in (".json", ".html"):
            _rewrite(path, words.replaced, done)
    return done


def _rewrite(path: Path, change: Callable[[str], str], done: StoreDone) -> None:
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    new = change(text)
    if new != text:
        write_durably(path, new, path.stat().st_mode & 0o777)
        done.files_rewritten += 1
