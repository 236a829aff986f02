"""Whom an erasure or an export is about: the ids, addresses and names of a person, or of an account and its people."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.lake import Lake
from holdfast.privacy.words import Words, is_address, is_distinct

NAME_LENGTH = 8


@dataclass
class Subject:
    """Every id with what stands in its place. The names in it are in no other file once an erasure is complete."""

    people: dict[str, str] = field(default_factory=dict)
    """User ids, anonymous ids of theirs alone, and e-mail addresses that are used as ids."""
    accounts: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """E-mail addresses and full names."""
    subscriptions: list[str] = field(default_factory=list)
    """Subscriptions of the accounts."""
    notes: list[str] = field(default_factory=list)
    """What a person should know who reads the certificate."""

    @property
    def words(self) -> Words:
        ids = self.accounts | self.people
        return Words(ids, self.names | ids)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def pseudonym() -> str:
    """A random id: nothing leads from it to the one that it stands for."""
    return f"erased-{secrets.token_hex(8)}"


def find_subject(lake: Lake, *, users: Iterable[str] = (), accounts: Iterable[str] = ()) -> Subject:
    """Everything by which the lake knows those people and accounts."""
    subject = Subject()
    found = _Finder(lake, subject)
    for account in accounts:
        found.account(account)
    for user in users:
        found.person(user)
    found.close()
    return subject


class _Finder:
    """Looks people and accounts up in the lake."""

    def __init__(self, lake: Lake, subject: Subject) -> None:
        self.lake, self.subject, self.any_erased = lake, subject, bool(lake.erased)
        self.users = lake.read("users", ["user_id", "email", "name"])
        self.identities = lake.read("identities", ["anonymous_id", "user_id"])
        self.memberships = lake.read("memberships", ["account_id", "user_id"])
        self.db = duckdb.connect()

    def close(self) -> None:
        self.db.close()
        if not all(map(is_distinct, [*self.subject.people, *self.subject.accounts])):
            self.subject.notes.append(
                "an id is too short to be searched for inside texts: columns and fields that hold ids were searched"
            )

    def person(self, user: str) -> None:
        ids = {user}
        if is_address(user):
            ids |= set(self.users.filter(_same(self.users["email"], user))["user_id"].to_pylist())
        for one in sorted(ids):
            self._one_person(one)
            if one in set(self.lake.read("accounts", ["account_id"])["account_id"].to_pylist()) and is_distinct(one):
                self.subject.notes.append("an account has the same id: it was erased as well")
                self._one_account(one)

    def _one_person(self, user: str) -> None:
        people = self.subject.people
        if user in people:
            return
        people[user] = pseudonym()
        for address in self._addresses(user):
            if self._others(self.users["email"], address, user):
                self.subject.notes.append("an e-mail address is that of another user too, and was left there")
            else:
                self.subject.names[address] = people.setdefault(address, people[user])
        mine = self.users.filter(pc.equal(self.users["user_id"], user))
        for name in _distinct(mine["name"]):
            if " " in name.strip() and len(name) >= NAME_LENGTH and not self._others(self.users["name"], name, user):
                self.subject.names[name] = people[user]
        for one in self._alone(user):
            people.setdefault(one, pseudonym())

    def _addresses(self, user: str) -> set[str]:
        mine = self.users.filter(pc.equal(self.users["user_id"], user))
        found = {one for one in _distinct(mine["email"]) if is_address(one)} | ({user} if is_address(user) else set())
        for traits in self._asked(_TRAITS, {"user": user}):
            told = _fields(traits)
            found |= {one for name in ("email", "Email") if isinstance(one := told.get(name), str) and is_address(one)}
        return found

    def _others(self, column: pa.ChunkedArray, value: str, user: str) -> bool:
        same = self.users.filter(_same(column, value))
        return any(one != user and one not in self.subject.people for one in same["user_id"].to_pylist())

    def _alone(self, user: str) -> list[str]:
        """Anonymous ids that were linked with this user, and with nobody else."""
        mine = self.identities.filter(pc.equal(self.identities["user_id"], user))["anonymous_id"].unique()
        linked = self.identities.filter(pc.is_in(self.identities["anonymous_id"], mine))
        pairs = {(row["anonymous_id"], row["user_id"]) for row in linked.to_pylist()}
        pairs |= set(self._asked(_PAIRS, {"ids": mine.to_pylist()}, whole=True))
        shared = {one for one, other in pairs if other != user and other not in self.subject.people}
        return sorted(set(mine.to_pylist()) - shared)

    def account(self, account: str) -> None:
        self._one_account(account)
        members = self.memberships.filter(pc.equal(self.memberships["account_id"], account))["user_id"].to_pylist()
        seen = [one for one in self._asked(_SEEN_IN, {"account": account}) if one]
        for user in sorted({*members, *seen}):
            elsewhere = self.memberships.filter(
                pc.and_(
                    pc.equal(self.memberships["user_id"], user), pc.not_equal(self.memberships["account_id"], account)
                )
            )
            if elsewhere.num_rows or self._asked(_SEEN_ELSEWHERE, {"user": user, "account": account}):
                self.subject.notes.append("a person of the account belongs to another account too, and was left")
            else:
                self._one_person(user)

    def _one_account(self, account: str) -> None:
        accounts = self.subject.accounts
        if account in accounts:
            return
        known = self.lake.erased.account(account) if self.any_erased else None
        accounts[account] = known or pseudonym()
        named = self.lake.read("accounts", ["account_id", "name"])
        mine = pc.equal(named["account_id"], account)
        others = set(named.filter(pc.invert(mine))["name"].to_pylist())
        for name in _distinct(named.filter(mine)["name"]):
            if name not in others:
                self.subject.names.setdefault(name, accounts[account])
        attributes = self.lake.read("account_attributes", ["account_id", "text"])
        for text in _distinct(attributes.filter(pc.equal(attributes["account_id"], account))["text"]):
            if is_address(text):
                self.subject.names.setdefault(text, accounts[account])
        terms = self.lake.read("subscription_terms", ["account_id", "subscription_id"])
        self.subject.subscriptions += _distinct(terms.filter(pc.equal(terms["account_id"], account))["subscription_id"])

    def _asked(self, query: str, given: dict[str, Any], *, whole: bool = False) -> list[Any]:
        files = self.lake.files("events")
        if not files:
            return []
        rows = self.db.execute(query, {"files": files, **given}).fetchall()
        return rows if whole else [row[0] for row in rows]


_TRAITS = "SELECT properties FROM read_parquet($files) WHERE user_id = $user AND type = 'identify' AND properties <> ''"
_PAIRS = (
    "SELECT DISTINCT anonymous_id, user_id FROM read_parquet($files)"
    " WHERE user_id IS NOT NULL AND list_contains($ids::VARCHAR[], anonymous_id)"
)
_SEEN_IN = "SELECT DISTINCT user_id FROM read_parquet($files) WHERE account_id = $account"
_SEEN_ELSEWHERE = "SELECT 1 FROM read_parquet($files) WHERE user_id = $user AND account_id <> $account LIMIT 1"


def _distinct(column: pa.ChunkedArray) -> list[str]:
    return sorted({one for one in column.to_pylist() if one})


def _same(column: pa.ChunkedArray, value: str) -> pa.ChunkedArray:
    """Whether texts are the same; of addresses, in whatever case they are written."""
    if not is_address(value):
        return pc.fill_null(pc.equal(column, value), False)
    return pc.fill_null(pc.equal(pc.utf8_lower(column), value.lower()), False)


def _fields(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
