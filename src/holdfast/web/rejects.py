"""Rows that did not go in, as a file to be put right and imported again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.sources.kept_aside import KeptRow


def columns_of(rows: Iterable[KeptRow]) -> list[str]:
    """The columns of all the rows, in the order in which they first stand.

    >>> from holdfast.sources.kept_aside import KeptRow
    >>> told = ("rejected", "why", "a.csv", 2)
    >>> columns_of([KeptRow(*told, {"id": "1"}), KeptRow(*told, {"id": "2", "plan": "pro"})])
    ['id', 'plan']
    """
    names: dict[str, None] = {}
    for one in rows:
        names |= dict.fromkeys(one.row)
    return list(names)


def as_csv(columns: list[str], rows: Iterable[KeptRow]) -> Iterator[str]:
    """Comma-separated: the row as it was, then why it did not go in, and where it stood."""
    from holdfast.report.workbook import csv_lines

    told = ([*(one.row.get(name) for name in columns), one.reason, one.line] for one in rows)
    return csv_lines([*columns, "rejected because", "line"], told)
