"""CSV files as companies have them: any separator, quoted newlines, ragged rows told apart by line."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from pathlib import Path

from holdfast.errors import UnusableFile
from holdfast.sources.encoding import text_encoding
from holdfast.sources.rows import BATCH_ROWS, Aside, RawBatch, distinct_names, text_table

SEPARATORS = ",;\t|"
BLOCK_LINES = 5_000
LARGEST_CELL = 1_000_000
csv.field_size_limit(LARGEST_CELL)


class _Lines:
    """The physical lines of a file; those of a broken record can be put back."""

    def __init__(self, file: io.TextIOBase) -> None:
        self._file = file
        self._returned: list[str] = []
        self.number = 0
        self.record: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._returned.pop() if self._returned else next(self._file)
        self.number += 1
        self.record.append(line)
        return line

    def take(self, count: int) -> list[str]:
        """The next lines, at most `count`."""
        lines = [self._returned.pop() for _ in range(min(count, len(self._returned)))]
        lines.extend(itertools.islice(self._file, count - len(lines)))
        self.number += len(lines)
        return lines

    def put_back(self, lines: list[str]) -> None:
        self._returned.extend(reversed(lines))
        self.number -= len(lines)

    def begin(self) -> int:
        """The line on which the next record starts."""
        self.record = []
        return self.number + 1

    def keep_first(self) -> str:
        """Put back all lines of the record but the first, which is returned."""
        first, *others = self.record
        self.put_back(others)
        return first


class CsvFile:
    """A CSV file: its header is read at once, its rows when asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.encoding, note = text_encoding(path)
        self.notes = [note] if note else []
        self.separator = ","
        self._header_lines = 0
        self.columns = self._read_header()
        self.comma_country = self.separator in ";\t"

    def _open(self) -> io.TextIOWrapper:
        return self.path.open(encoding=self.encoding, newline="")

    def _read_header(self) -> list[str]:
        with self._open() as file:
            lines = _Lines(file)
            first = _first_line(lines)
            if first is None:
                raise UnusableFile(f"{self.path} is empty", hint="the first line must name the columns")
            if first.lower().startswith("sep=") and len(first.strip()) == 5:
                self.separator, first = first.strip()[4], _first_line(lines) or ""
            else:
                self.separator = separator_of(first)
            self._header_lines = lines.number - 1
        with self._open() as file:
            lines = self._after(_Lines(file), self._header_lines)
            try:
                header = next(csv.reader(lines, delimiter=self.separator, strict=True))
            except (csv.Error, StopIteration) as error:
                raise UnusableFile(f"{self.path}: the first line cannot be read as column names ({error})") from error
            self._header_lines = lines.number
        columns, notes = distinct_names(header)
        self.notes.extend(notes)
        return columns

    @staticmethod
    def _after(lines: _Lines, count: int) -> _Lines:
        for _ in range(count):
            next(lines)
        return lines

    def batches(self) -> Iterator[RawBatch]:
        with self._open() as file:
            lines = self._after(_Lines(file), self._header_lines)
            rows: list[list[str]] = []
            starts: list[int] = []
            broken: list[Aside] = []
            while True:
                plain = self._plain_block(lines)
                if plain:
                    starts.extend(range(lines.number - len(plain) + 1, lines.number + 1))
                    rows.extend(plain)
                    found = True
                else:
                    found = False
                    for start, cells, reason in itertools.islice(self._records(lines), BLOCK_LINES):
                        found = True
                        if reason is None:
                            rows.append(cells)
                            starts.append(start)
                        else:
                            broken.append(Aside(str(self.path), start, reason, self._as_row(cells)))
                if not found or len(rows) + len(broken) >= BATCH_ROWS:
                    yield RawBatch(text_table(self.columns, rows), starts, broken)
                    rows, starts, broken = [], [], []
                if not found:
                    return

    def _plain_block(self, lines: _Lines) -> list[list[str]]:
        """The next rows where each is one whole line; none, and nothing is read, where one of them is not."""
        block = lines.take(BLOCK_LINES)
        try:
            rows = list(csv.reader(block, delimiter=self.separator, strict=True))
        except csv.Error:
            rows = []
        plain = len(rows) == len(block) and set(map(len, rows)) == {len(self.columns)} and "\0" not in "".join(block)
        if not plain:
            lines.put_back(block)
            return []
        return rows

    def _records(self, lines: _Lines) -> Iterator[tuple[int, list[str], str | None]]:
        reader = csv.reader(lines, delimiter=self.separator, strict=True)
        width = len(self.columns)
        while True:
            start = lines.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield (
                    start,
                    [lines.keep_first().rstrip("\r\n")],
                    f"a quote is not closed or stands inside a cell ({error})",
                )
                reader = csv.reader(lines, delimiter=self.separator, strict=True)
                continue
            if len(cells) < 2 and not "".join(cells).strip():
                continue
            if len(cells) == width:
                yield start, cells, _unfit(cells)
            else:
                yield start, cells, f"{len(cells)} cells, and the header has {width}"

    def _as_row(self, cells: list[str]) -> dict[str, str | None]:
        names = [*self.columns, *(f"cell {number}" for number in range(len(self.columns) + 1, len(cells) + 1))]
        return dict(zip(names, cells, strict=False))


def _unfit(cells: list[str]) -> str | None:
    return "a cell holds a NUL character" if any("\0" in cell for cell in cells) else None


def _first_line(lines: _Lines) -> str | None:
    return next((line for line in lines if line.strip()), None)


def separator_of(header: str) -> str:
    """What stands between the cells of a header line.

    >>> separator_of("id;name, full;since")
    ';'
    """
    widths = {separator: _width(header, separator) for separator in SEPARATORS}
    return max(SEPARATORS, key=lambda separator: widths[separator])


def _width(header: str, separator: str) -> int:
    try:
        return len(next(csv.reader([header], delimiter=separator)))
    except (csv.Error, StopIteration):
        return 0
