"""Workbooks and CSV that a spreadsheet opens safely: numbers are numbers, days are days, text is never a formula."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from holdfast.errors import InputError, LakeError

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the start of a formula, full-width forms included."""
MOST_ROWS = 1_048_576
MOST_TEXT = 32_767
MOST_EXACT = 2**53
"""Beyond it a spreadsheet would round a whole number."""
FIRST_DAY = date(1900, 3, 1)
"""Before it spreadsheets disagree on which day a number is."""
NUMBER_FORMATS = {
    "money": "#,##0.00",
    "moved": "+#,##0.00;-#,##0.00;0.00",
    "rate": "0.0%",
    "count": "#,##0",
    "number": "#,##0.00",
    "month": "mmm yyyy",
    "day": "yyyy-mm-dd",
    "instant": "yyyy-mm-dd hh:mm:ss",
}
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
NARROW, WIDE, WRAPPED = 11, 42, 72
"""Widths of columns, in characters."""


# text


def safe_text(text: str) -> str:
    """Text that no spreadsheet runs: an apostrophe stands before what would begin a formula.

    >>> safe_text("=1+1"), safe_text("Acme"), safe_text("-5")
    ("'=1+1", 'Acme', "'-5")
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_lines(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Comma-separated lines with safe text; numbers stay numbers.

    >>> list(csv_lines(["account", "mrr"], [("=1+1", Decimal("-5.20"))]))
    ['account,mrr\\n', "'=1+1,-5.20\\n"]
    """
    for row in (names, *rows):
        line = io.StringIO()
        safe = [safe_text(value) if isinstance(value, str) else value for value in row]
        csv.writer(line, lineterminator="\n").writerow(safe)
        yield line.getvalue()


# sheets


@dataclass(frozen=True)
class Heading:
    """A column of a sheet; its kind says how numbers and days in it are shown."""

    title: str
    kind: str = "text"
    wraps: bool = False


@dataclass(frozen=True)
class Typed:
    """A value whose kind is its own, not its column's."""

    value: Any
    kind: str


class Workbook:
    """An XLSX file being written, in a `with`: the file is there when that ends."""

    def __init__(self, path: Path) -> None:
        import xlsxwriter

        self.path = path
        self.book = xlsxwriter.Workbook(path, OPTIONS)
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._names: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        from xlsxwriter.exceptions import FileCreateError

        if kind is not None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.book.close()
        except (FileCreateError, OSError) as failed:
            raise LakeError(f"cannot write {self.path}: {failed}") from failed

    def sheet(
        self,
        name: str,
        headings: Sequence[Heading],
        rows: Iterable[Sequence[Any]],
        *,
        frozen: int = 1,
        bold: Iterable[int] = (),
    ) -> Worksheet:
        """A table whose headings and first `frozen` columns stay in view; `bold` are the places of totals."""
        sheet = self.book.add_worksheet(self._free(name))
        sheet.hide_gridlines(2)
        sheet.freeze_panes(1, frozen)
        widths = [self._head(sheet, place, heading) for place, heading in enumerate(headings)]
        totals = set(bold)
        for place, row in enumerate(rows, 1):
            if place >= MOST_ROWS:
                raise InputError(f"a sheet holds {MOST_ROWS - 1:,} rows, and there are more", hint="use --format csv")
            for column, (value, heading) in enumerate(zip(row, headings, strict=True)):
                self._write(sheet, place, column, value, heading, bold=place - 1 in totals)
                widths[column] = max(widths[column], _length(value))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(width + 2, WRAPPED if headings[column].wraps else WIDE))
        return sheet

    def _free(self, name: str) -> str:
        """A name that a sheet may have, and that no other one has."""
        plain = "".join(" " if letter in "[]:*?/\\'" else letter for letter in name)[:31].strip() or "Sheet"
        free, number = plain, 2
        while free.lower() in self._names:
            free, number = f"{plain[:27]} {number}", number + 1
        self._names.add(free.lower())
        return free

    def _head(self, sheet: Worksheet, column: int, heading: Heading) -> int:
        left = heading.kind in ("text", "month", "day")
        look = self._format(bold=True, bottom=1, align="left" if left else "right", valign="bottom", text_wrap=True)
        sheet.write_string(0, column, _cut(safe_text(heading.title)), look)
        longest = max(map(len, heading.title.split()), default=0)
        return max(NARROW, min(len(heading.title), 18), longest)

    def _write(self, sheet: Worksheet, row: int, column: int, value: Any, heading: Heading, *, bold: bool) -> None:
        kind = heading.kind
        if isinstance(value, Typed):
            value, kind = value.value, value.kind
        value = _storable(value)
        if value is None:
            return
        look = {"bold": True} if bold else {}
        if isinstance(value, str):
            sheet.write_string(row, column, value, self._format(text_wrap=heading.wraps, valign="top", **look))
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, self._format(align="left", **look))
        elif isinstance(value, date):
            written = kind if kind == "month" else "instant" if isinstance(value, datetime) else "day"
            shown = self._format(num_format=NUMBER_FORMATS[written], align="left", valign="top", **look)
            sheet.write_datetime(row, column, value, shown)
        else:
            shown = self._format(num_format=NUMBER_FORMATS.get(kind, "General"), valign="top", **look)
            sheet.write_number(row, column, value, shown)

    def _format(self, **look: Any) -> Format:
        key = tuple(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({"font_name": "Calibri", "font_size": 11, **look})
        return self._formats[key]


def _storable(value: Any) -> Any:
    """The value as a cell can hold it: null for what is not a number, text for what would be rounded."""
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, int) and abs(value) > MOST_EXACT:
        return str(value)
    if isinstance(value, datetime):
        value = value.replace(tzinfo=None)
    if isinstance(value, date) and date(value.year, value.month, value.day) < FIRST_DAY:
        return value.isoformat()
    if value is None or isinstance(value, bool | int | date):
        return value
    return _cut(safe_text(str(value))) or None


def _cut(text: str) -> str:
    """What a cell can hold of a text; the last sign says that there was more.

    >>> len(_cut("x" * 40_000)), _cut("Acme")
    (32767, 'Acme')
    """
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


def _length(value: Any) -> int:
    """About how many characters a value takes in its format."""
    if isinstance(value, Typed):
        value = value.value
    if value is None:
        return 0
    if isinstance(value, float | Decimal) and math.isfinite(value):
        return len(f"{value:+,.2f}")
    return 10 if isinstance(value, date) else len(str(value))
