"""What becomes of one row of a table when somebody is erased."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.facts import TABLES
from holdfast.lake.erased import ACCOUNTS, PEOPLE, rekeyed
from holdfast.lake.rewrite import without_texts
from holdfast.privacy.subject import Subject
from holdfast.privacy.words import spellings

Row = dict[str, Any]
USE = ("events", "usage_daily", "usage_weekly", "memberships", "identities")
"""Tables that say what a person did; their rows go where the use is to be forgotten, too."""
EMPTIED: dict[str, tuple[str, ...]] = {
    "events": ("properties", "context", "time_text"),
    "memberships": ("role",),
    "tickets": ("subject",),
    "survey_responses": ("comment",),
    "trials": ("user_id",),
}
"""Columns that are emptied in the rows of an erased person."""
OF_ACCOUNT: dict[str, tuple[str, ...]] = {
    "accounts": ("name",),
    "tickets": ("subject",),
    "survey_responses": ("comment",),
    "account_merges": ("reason",),
}
"""Columns that are emptied in the rows of an erased account."""


@dataclass
class Done:
    """Rows of one table that were changed, and rows that were removed."""

    changed: int = 0
    removed: int = 0
    keys: list[tuple[str, str]] = field(default_factory=list)
    """Source and message id of the events among them."""


class RowEraser:
    """Erases somebody from rows of one table."""

    def __init__(self, name: str, subject: Subject, *, forget_use: bool = False) -> None:
        self.name, self.subject, self.forget_use = name, subject, forget_use
        self.words = subject.words
        self.done = Done()
        self._spelt = {one for text in {*self.words.exact, *self.words.inside} for one in spellings(text)}
        self._people = pa.array(sorted(subject.people), pa.string())
        self._accounts = pa.array(sorted(subject.accounts), pa.string())
        self._subscriptions = pa.array(subject.subscriptions, pa.string())

    def looked(self, rows: pa.Table) -> bool:
        """Whether any of the rows may hold something to erase."""
        return bool(pc.any(self.mask(rows)).as_py())

    def named(self, text: str) -> bool:
        """Whether a piece of a table's log may hold something of somebody: rather once too often."""
        of_people = self.name in TABLES and any(one.name in PEOPLE for one in TABLES[self.name].own_columns)
        return any(one in text for one in self._spelt) or (of_people and _has_bounds(text))

    def mask(self, rows: pa.Table) -> pa.ChunkedArray:
        """The rows that may hold something to erase: those by id, and those in which a name is found roughly."""
        found = pa.chunked_array([pa.repeat(pa.scalar(False), rows.num_rows)])
        for column in rows.schema:
            if not pa.types.is_string(column.type):
                continue
            values = rows[column.name]
            for ids in self._ids_of(column.name):
                found = pc.or_(found, pc.is_in(values, ids))
            if self.words.rough:
                rough = pc.match_substring_regex(values, self.words.rough, ignore_case=True)
                found = pc.or_(found, pc.fill_null(rough, False))
        return found

    def _ids_of(self, column: str) -> list[pa.Array]:
        wanted = []
        if column in PEOPLE and len(self._people):
            wanted.append(self._people)
        if column in ACCOUNTS and len(self._accounts):
            wanted.append(self._accounts)
        if column == "subscription_id" and self.name == "cancellations" and len(self._subscriptions):
            wanted.append(self._subscriptions)
        return wanted

    def change(self, rows: pa.Table) -> pa.Table:
        """The rows as they are to be."""
        mask = self.mask(rows)
        if not pc.any(mask).as_py():
            return rows
        where = pc.indices_nonzero(mask).to_pylist()
        kept: list[tuple[int, Row]] = []
        for at, row in zip(where, rows.filter(mask).to_pylist(), strict=True):
            new = self.row(row)
            if new is None:
                self.done.removed += 1
            else:
                self.done.changed += new != row
                kept.append((at, new))
        rest = pc.invert(mask)
        order = pa.concat_arrays(
            [pc.indices_nonzero(rest).cast(pa.int64()), pa.array([at for at, _ in kept], pa.int64())]
        )
        changed = pa.Table.from_pylist([row for _, row in kept], rows.schema)
        return pa.concat_tables([rows.filter(rest), changed]).take(pc.sort_indices(order))

    def row(self, row: Row) -> Row | None:
        """One row as it is to be; None where it is to go."""
        subject, ids = self.subject, {name: row[name] for name in PEOPLE if row.get(name)}
        personal = self._is_of_person(ids)
        if personal and self.name == "events":
            self.done.keys.append((row["source"], row["message_id"]))
        if personal and (self.name == "users" or (self.forget_use and self.name in USE)):
            return None
        if self.name == "account_attributes" and row["account_id"] in subject.accounts:
            return None
        new = {name: self._value(name, value) for name, value in row.items()}
        new |= self._emptied(row, personal=personal)
        if self.name == "account_attributes" and new["text"] != row["text"]:
            new["number"] = None
        if "row_key" in row:
            new["row_key"] = self.words.replaced(rekeyed(self.name, row, new))
        return new

    def _emptied(self, row: Row, *, personal: bool) -> Row:
        """What was said goes."""
        if personal:
            named = {"message_id": f"erased-{secrets.token_hex(12)}"} if self.name == "events" else {}
            return dict.fromkeys(EMPTIED.get(self.name, ())) | named
        if self.name == "cancellations" and row["subscription_id"] in self.subject.subscriptions:
            return {"comment": None}
        if not self._is_of_account(row):
            return {}
        nobody = self.name == "events" and not row["user_id"]
        return dict.fromkeys(EMPTIED["events"] if nobody else OF_ACCOUNT.get(self.name, ()))

    def _is_of_person(self, ids: Row) -> bool:
        """Whether a row is about an erased person: by the user where one is named, else by the device."""
        if self.name == "identities":
            return any(one in self.subject.people for one in ids.values())
        if "user_id" in ids:
            return ids["user_id"] in self.subject.people
        return any(one in self.subject.people for one in ids.values())

    def _is_of_account(self, row: Row) -> bool:
        return any(row.get(name) in self.subject.accounts for name in ACCOUNTS)

    def _value(self, name: str, value: Any) -> Any:
        if not isinstance(value, str) or name == "row_key":
            return value
        if name in PEOPLE and value in self.subject.people:
            return self.subject.people[value]
        if name in ACCOUNTS and value in self.subject.accounts:
            return self.subject.accounts[value]
        return value if name in ("anonymous_id", "user_id") else self.words.replaced(value)


def _has_bounds(text: str) -> bool:
    """Whether a text is statistics that hold smallest and largest texts: they may be what somebody said."""
    return text.startswith("{") and "minValues" in text and without_texts(text) != json.dumps(json.loads(text))
