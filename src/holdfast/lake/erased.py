"""Ids that were erased: known by keyed hashes alone, and kept out of the lake whichever way they come back."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.errors import LakeError
from holdfast.facts import TABLES
from holdfast.lake.durability import write_durably

FOLDER, FILE, SECRET = "privacy", "erased.json", "secret"
PEOPLE = ("user_id", "anonymous_id", "unit_id")
"""Columns that hold the id of a person."""
ACCOUNTS = ("account_id", "into_account_id", "referrer_account_id", "referred_id", "unit_id")
"""Columns that hold the id of an account."""
NAMED_IN = {"exposures": "unit_id", "leads": "lead_id", "referrals": "referred_id"}
"""Columns of other tables that may hold a person's id or address."""
OF_ACCOUNT = ("accounts", "account_attributes")
"""Tables that describe accounts: of an erased one nothing is recorded."""
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_WORDS = re.compile(rb"[^\s\"'\\,;:{}\[\]<>()&?=]+")


@dataclass(frozen=True)
class Kept:
    """What of some rows may be recorded, and which of them were of erased people or accounts."""

    rows: pa.Table
    erased: pa.Array


class Erased:
    """The list of erased ids in a data folder. It is read again whenever another process has changed it."""

    def __init__(self, data: Path) -> None:
        self.folder = data / FOLDER
        self._read_at: tuple[int, int, int] | None = None
        self._secret = b""
        self._people: frozenset[str] = frozenset()
        self._accounts: dict[str, str] = {}

    def __bool__(self) -> bool:
        """Whether anybody was erased. Asking reads the list again where it has changed."""
        self._refresh()
        return bool(self._people or self._accounts)

    def person(self, one: str | None) -> bool:
        """Whether an id, or an e-mail address, is that of a person who was erased when it was last asked whether any
        were.
        """
        return bool(one and self._people and self.hashed("person", one) in self._people)

    def account(self, one: str | None) -> str | None:
        """What an erased account is called since; None for all others."""
        return self._accounts.get(self.hashed("account", one)) if one and self._accounts else None

    def hashed(self, kind: str, one: str) -> str:
        """The keyed hash under which an id is known: without the secret of the folder nobody can try ids."""
        if kind == "person" and "@" in one:
            one = one.casefold()
        return hashlib.blake2b(f"{kind}:{one}".encode(), key=self._secret, digest_size=16).hexdigest()

    def add(self, people: Iterable[str], accounts: Mapping[str, str]) -> None:
        """Note erased people, and accounts with what they are called from now on. On the disk when it returns."""
        self._refresh()
        self._secret = self._secret or _made(self.folder / SECRET)
        known = self._people | {self.hashed("person", one) for one in people}
        renamed = self._accounts | {self.hashed("account", one): name for one, name in accounts.items()}
        content = {"people": sorted(known), "accounts": dict(sorted(renamed.items()))}
        write_durably(self.folder / FILE, json.dumps(content, indent=1) + "\n", 0o600)
        self._refresh()

    def _refresh(self) -> None:
        try:
            state = (self.folder / FILE).stat()
        except FileNotFoundError:
            self._read_at, self._people, self._accounts = None, frozenset(), {}
            return
        mark = (state.st_mtime_ns, state.st_size, state.st_ino)
        if mark == self._read_at:
            return
        try:
            content = json.loads((self.folder / FILE).read_text(encoding="utf-8"))
            self._secret = bytes.fromhex((self.folder / SECRET).read_text(encoding="utf-8").strip())
            self._people, self._accounts = frozenset(content["people"]), dict(content["accounts"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LakeError(
                f"cannot read the list of erased people in {self.folder}: {error}",
                hint=f"restore {FILE} and {SECRET} there: without them, erased people could come back",
            ) from error
        self._read_at = mark

    # rows on their way into the lake

    def kept(self, name: str, rows: pa.Table) -> Kept:
        """The rows without those of erased people, and with erased accounts under what they are called since."""
        nobody = pa.repeat(pa.scalar(False), rows.num_rows)
        if not self:
            return Kept(rows, nobody)
        erased = self._about_erased(name, rows)
        rows = rows.filter(pc.invert(erased)) if pc.any(erased).as_py() else rows
        return Kept(self._renamed(name, self._without_addresses(self._without_people(rows))), erased)

    def _about_erased(self, name: str, rows: pa.Table) -> pa.Array:
        found = pa.repeat(pa.scalar(False), rows.num_rows)
        columns = set(rows.column_names)
        if name in OF_ACCOUNT:
            found = self._among(rows["account_id"], self.account)
        elif name == "identities":
            found = pc.or_(self._among(rows["anonymous_id"], self.person), self._among(rows["user_id"], self.person))
        elif name != "trials" and "user_id" in columns:
            found = self._among(rows["user_id"], self.person)
            if "anonymous_id" in columns:
                alone = pc.is_null(rows["user_id"])
                found = pc.or_(found, pc.and_(alone, self._among(rows["anonymous_id"], self.person)))
        elif name in NAMED_IN:
            found = self._among(rows[NAMED_IN[name]], self.person)
        return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found

    def _among(self, ids: pa.ChunkedArray, test: Any) -> pa.ChunkedArray:
        distinct = ids.unique()
        wanted = pa.array([one for one in distinct.to_pylist() if test(one)], pa.string())
        return pc.is_in(ids, wanted) if len(wanted) else pa.chunked_array([pa.repeat(pa.scalar(False), len(ids))])

    def _without_people(self, rows: pa.Table) -> pa.Table:
        """What is left of erased people in rows that are about somebody or something else: a device, a trial."""
        for name in ("anonymous_id", "user_id"):
            if name in rows.column_names:
                mine = self._among(rows[name], self.person)
                if pc.any(mine).as_py():
                    blank = pc.if_else(mine, pa.scalar(None, pa.string()), rows[name])
                    rows = rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), blank)
        return rows

    def _without_addresses(self, rows: pa.Table) -> pa.Table:
        """Texts that others wrote, without the e-mail addresses of erased people."""
        for field in rows.schema:
            if not pa.types.is_string(field.type) or field.name in {*PEOPLE, *ACCOUNTS, "row_key", "source"}:
                continue
            any_address = pc.fill_null(pc.match_substring(rows[field.name], "@"), False)
            if pc.any(any_address).as_py():
                texts = [text and self.without_addresses(text) for text in rows[field.name].to_pylist()]
                rows = rows.set_column(rows.schema.get_field_index(field.name), field, pa.array(texts, pa.string()))
        return rows

    def without_addresses(self, text: str) -> str:
        """A text in which the e-mail addresses of erased people are replaced."""
        return _ADDRESS.sub(lambda match: "erased" if self.person(match[0]) else match[0], text)

    def _renamed(self, name: str, rows: pa.Table) -> pa.Table:
        columns = [one for one in ACCOUNTS if one in rows.column_names]
        hit = pa.chunked_array([pa.repeat(pa.scalar(False), rows.num_rows)])
        for column in columns:
            hit = pc.or_(hit, self._among(rows[column], self.account))
        if not pc.any(hit).as_py():
            return rows
        changed = [self._renamed_row(name, row, columns) for row in rows.filter(hit).to_pylist()]
        parts = [rows.filter(pc.invert(hit)), pa.Table.from_pylist(changed, rows.schema)]
        order = pa.concat_arrays([pc.indices_nonzero(pc.invert(hit)), pc.indices_nonzero(hit)])
        return pa.concat_tables(parts).take(pc.sort_indices(order))

    def _renamed_row(self, name: str, row: dict[str, Any], columns: list[str]) -> dict[str, Any]:
        new = row | {one: self.account(row[one]) or row[one] for one in columns}
        return new | {"row_key": rekeyed(name, row, new)}

    # what is kept as it came in

    def names_erased(self, raw: bytes) -> bool:
        """Whether something that was sent names an erased person or account, word by word."""
        if not self:
            return False
        words = {word.decode(errors="replace") for word in _WORDS.findall(raw)}
        with_spaces = re.findall(rb'"((?:[^"\\]|\\.)*)"', raw)
        words |= {text.decode(errors="replace").strip() for text in with_spaces}
        return any(self.person(word) or self.account(word) for word in words)

    def cells(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The cells of a row that is kept aside; none of them where it names somebody who was erased."""
        if not self or not any(self.person(str(one)) or self.account(str(one)) for one in row.values()):
            return dict(row)
        return {}

    def renamed(self, thing: Any) -> Any:
        """A decoded JSON value with erased accounts under what they are called since."""
        if isinstance(thing, str):
            return self.account(thing) or thing
        if isinstance(thing, Mapping):
            return {name: self.renamed(one) for name, one in thing.items()}
        return [self.renamed(one) for one in thing] if isinstance(thing, list) else thing


def rekeyed(name: str, row: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The row's key, where columns that it is made of have changed.

    >>> rekeyed("memberships", {"row_key": "a|u", "account_id": "a", "user_id": "u"}, {"account_id": "b"})
    'b|u'
    """
    parts, key = _split(row["row_key"]), TABLES[name].key
    if len(parts) != len(key):
        return str(row["row_key"])
    for at, column in enumerate(key):
        if column in new and new[column] != row.get(column):
            parts[at] = str(new[column] or "").replace("\\", "\\\\").replace("|", "\\|")
    return "|".join(parts)


def _split(key: str) -> list[str]:
    """The parts of a key, with what is escaped in them left as it is."""
    return [part or "" for part in re.findall(r"(?:^|\|)((?:[^|\\]|\\.)*)", key)]


def _made(path: Path) -> bytes:
    """The secret of a data folder, made where it is missing."""
    try:
        return bytes.fromhex(path.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = secrets.token_bytes(32)
    write_durably(path, secret.hex() + "\n", 0o600)
    return secret
