"""Which column of a file is which field: guessed from well-known names, overruled by the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from holdfast.errors import InputError, UnknownName, UnusableFile
from holdfast.sources.kinds import Field, Kind
from holdfast.sources.words import fold


@dataclass(frozen=True)
class ColumnMap:
    """The column of each mapped field, those that the user named, and the columns that no field took."""

    columns: dict[str, str]
    chosen: frozenset[str]
    unused: tuple[str, ...]


def check_names(kind: Kind, mapping: Mapping[str, str], defaults: Mapping[str, str]) -> None:
    """Raise `UnknownName` for a field that the kind does not have."""
    for option, names in (("--map", mapping), ("--default", defaults)):
        for name in names:
            if name not in kind.names:
                raise UnknownName(f"{option}: {kind.name} have no field {name!r}; there are: {', '.join(kind.names)}")


def map_columns(kind: Kind, columns: list[str], mapping: Mapping[str, str], file: str) -> ColumnMap:
    """Find the column of every field.

    >>> from holdfast.sources.kinds import KINDS
    >>> map_columns(KINDS["accounts"], ["Customer ID", "signupDate", "Country"], {}, "a.csv").columns
    {'account_id': 'Customer ID', 'created_at': 'signupDate'}
    """
    chosen = {field: _existing(columns, column, file) for field, column in mapping.items() if column}
    free = {fold(column): column for column in reversed(columns) if column not in chosen.values()}
    found = dict(chosen)
    for wanted in _in_order_of_certainty(kind):
        if wanted.name in found or wanted.name in mapping:
            continue
        column = _guess(wanted, free)
        if column is not None:
            found[wanted.name] = column
    ordered = {name: found[name] for name in kind.names if name in found}
    unused = tuple(column for column in columns if column not in found.values())
    return ColumnMap(ordered, frozenset(chosen), unused)


def _in_order_of_certainty(kind: Kind) -> list[Field]:
    return list(kind.fields)


def _existing(columns: list[str], wanted: str, file: str) -> str:
    if wanted in columns:
        return wanted
    folded = [column for column in columns if fold(column) == fold(wanted)]
    if len(folded) != 1:
        raise InputError(f"{file} has no column {wanted!r}; there are: {', '.join(columns)}")
    return folded[0]


def _guess(wanted: Field, free: dict[str, str]) -> str | None:
    """Take the first free column that goes by the field's own name or one of its aliases."""
    for name in (wanted.name, *wanted.aliases):
        if fold(name) in free:
            return free.pop(fold(name))
    return None


def check_required(kind: Kind, found: ColumnMap, defaults: Mapping[str, str], columns: list[str], file: str) -> None:
    """Raise `UnusableFile` where a required field has neither a column nor a default."""
    given = {*found.columns, *defaults}
    missing = [field.name for field in kind.fields if field.required and field.name not in given]
    if kind.name == "subscriptions" and not {"unit_amount", "mrr"} & given:
        missing.append("unit_amount (or mrr)")
    if missing:
        raise UnusableFile(
            f"{file}: no column was found for {', '.join(missing)}; the file has: {', '.join(columns)}",
            hint=f"name it with --map {missing[0].split()[0]}=COLUMN",
        )
