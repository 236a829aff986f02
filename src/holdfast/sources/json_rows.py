"""JSON lines: one object a line. Numbers stay as they are written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from holdfast.errors import UnusableFile
from holdfast.sources.encoding import text_encoding
from holdfast.sources.rows import BATCH_ROWS, Aside, RawBatch, text_table


class _Number(str):
    """A number as it was written."""


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number that JSON allows")


def parse_line(line: str) -> dict[str, str | None]:
    """One object as text by name. Raises `ValueError` with the reason.

    >>> parse_line('{"id": 7, "amount": 10.10, "paid": true, "tags": ["a"], "note": null}')
    {'id': '7', 'amount': '10.10', 'paid': 'true', 'tags': '["a"]', 'note': None}
    >>> parse_line('{"properties": {"price": 10.10, "sizes": [1, "2"]}}')
    {'properties': '{"price": 10.10, "sizes": [1, "2"]}'}
    """
    try:
        value = json.loads(line, parse_float=_Number, parse_int=_Number, parse_constant=_no_constant)
        row = {str(name): _text(item) for name, item in value.items()} if isinstance(value, dict) else None
    except RecursionError:
        raise ValueError("nested too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    if row is None:
        raise ValueError("not a JSON object")
    for name, text in row.items():
        _check(name)
        _check(text or "")
    return row


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    return _json(value)


def _json(value: Any) -> str:
    """A value as JSON, its numbers as they were written."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_json(str(name))}: {_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _check(text: str) -> None:
    if "\0" in text:
        raise ValueError("a value holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a value holds half of a character (a lone surrogate)") from None


class JsonLinesFile:
    """A file of JSON objects; its columns are all names that occur."""

    comma_country = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.encoding, note = text_encoding(path)
        self.notes = [note] if note else []
        names: dict[str, None] = {}
        for _, row, _ in self._rows():
            names |= dict.fromkeys(row)
        self.columns = list(names)
        if not self.columns:
            raise UnusableFile(f"{path} holds no JSON object", hint='write one object a line: {"account_id": …}')

    def _rows(self) -> Iterator[tuple[int, dict[str, str | None], str | None]]:
        with self.path.open(encoding=self.encoding, newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    yield number, parse_line(line), None
                except ValueError as error:
                    yield number, {}, f"{error}: {line.strip()[:200]}"

    def batches(self) -> Iterator[RawBatch]:
        rows: list[list[str | None]] = []
        lines: list[int] = []
        broken: list[Aside] = []
        for number, row, reason in self._rows():
            if reason is None:
                rows.append([row.get(name) for name in self.columns])
                lines.append(number)
            else:
                why, _, text = reason.partition(": {")
                broken.append(Aside(str(self.path), number, why, {"line": "{" + text if text else reason}))
            if len(rows) + len(broken) >= BATCH_ROWS:
                yield RawBatch(text_table(self.columns, rows), lines, broken)
                rows, lines, broken = [], [], []
        yield RawBatch(text_table(self.columns, rows), lines, broken)
