"""Which kind of file this is: guessed from the names of its columns and of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast.sources.export_builders import attributes_of
from holdfast.sources.export_kinds import EXPORT_KINDS
from holdfast.sources.kinds import KINDS, Kind
from holdfast.sources.mapping import ColumnMap, map_columns
from holdfast.sources.words import fold

ALL_KINDS: Mapping[str, Kind] = {**KINDS, **EXPORT_KINDS}
NAMED = 3
"""What the name of the file counts for, in columns that were found."""

MOST_UNEXPLAINED = 6
"""Columns that no field takes count against a kind, up to so many: a file may have any number beside what is known."""


def guess_kind(columns: Sequence[str], file_name: str = "") -> Kind:
    """The kind that explains most of the columns, of those whose required fields are all there.

    >>> guess_kind(["customer_id", "amount_due", "invoice_date", "paid", "number"], "export.csv").name
    'invoices'
    >>> guess_kind(["user_id", "event", "timestamp", "button"]).name
    'events'
    """
    return max(ALL_KINDS.values(), key=lambda kind: _score(kind, columns, file_name))


def is_complete(kind: Kind, found: ColumnMap) -> bool:
    """Whether every required field of a kind has its column."""
    has_amount = kind.name != "subscriptions" or bool({"unit_amount", "mrr"} & set(found.columns))
    return has_amount and all(field.name in found.columns for field in kind.fields if field.required)


def _score(kind: Kind, columns: Sequence[str], file_name: str) -> tuple[bool, int]:
    found = map_columns(kind, list(columns), {}, file_name)
    kept = len(attributes_of(kind, found.unused))
    unexplained = min(len(found.unused) - kept, MOST_UNEXPLAINED) + min(kept, MOST_UNEXPLAINED) // 2
    named = NAMED if fold(kind.name) in fold(file_name) else 0
    own = sum(field.required for field in kind.fields if field.name in found.columns)
    return is_complete(kind, found), 2 * len(found.columns) + own + named - unexplained
