"""Published reports on disk: one JSON file and one HTML page each, in the data folder."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

from holdfast.errors import InputError, LakeError
from holdfast.metrics.exact_json import exact_json
from holdfast.metrics.policy import unknown
from holdfast.publishing.frozen import Published, from_plain, to_plain

FOLDER = "published"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}")


class PublishedReports:
    """The published reports of a data folder, by name."""

    def __init__(self, data: Path) -> None:
        self.folder = data / FOLDER

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.json"))

    def page(self, name: str) -> Path:
        """Where the report's HTML page is."""
        return self.folder / f"{name}.html"

    def check_free(self, name: str) -> None:
        """Raise `InputError` where a report cannot have that name: what is published stays as it is."""
        if not NAME.fullmatch(name) or ".." in name:
            raise InputError(
                f"{name!r} cannot be the name of a report; it takes letters, digits, spaces, dots, dashes and "
                f"underscores, 80 at most, such as board-2026-10"
            )
        if self._path(name).exists():
            raise InputError(
                f"{name!r} is published already, and what is published does not change",
                hint=f"choose another name, such as {name}-2",
            )

    def save(self, report: Published, page: str) -> None:
        """Store a report with its page. It is published when its figures are stored, so these come last."""
        self.check_free(report.name)
        figures = exact_json(to_plain(report))
        _write_whole(self.page(report.name), page.encode())
        _write_whole(self._path(report.name), figures)

    def load(self, name: str) -> Published:
        """A published report. Raises `UnknownName` with those that there are."""
        path = self._path(name)
        if name not in self.names():
            raise unknown("published report", name, self.names() or ["none yet: holdfast publish NAME"])
        try:
            return from_plain(json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal))
        except (ValueError, KeyError, TypeError) as error:
            raise LakeError(f"{path} is not a published report: {error}") from error

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise LakeError(
            f"cannot write {path}: {error.strerror or error}", hint="free some space or check the folder's rights"
        ) from error
