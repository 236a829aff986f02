"""Keys: made, shown once, listed and revoked.

A key holds 256 random bits, so nobody finds one by trying, and its plain SHA-256 is as good a lock as a slow hash
would be. Slow hashes are for passwords, which people choose; here one would cost every request of every sender.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import insert, select, update

from holdfast.errors import InputError, UnknownName
from holdfast.state.tables import KEYS

if TYPE_CHECKING:
    from holdfast.state.database import State

Kind = Literal["write"]
PREFIXES: Mapping[Kind, str] = {"write": "hfw_"}
"""What a key begins with, by kind: seen in a log or a repository, it is known for what it is."""
ID_LENGTH = 12
_KEY = re.compile(r"hfw_[A-Za-z0-9]{43}")
_SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}[a-z0-9]|[a-z0-9]")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LENGTH = 43
"""Letters and digits that hold 256 bits: 43 × log2(62) = 256.03."""


@dataclass(frozen=True)
class Key:
    """What is known of a key; the key itself is not."""

    id: str
    kind: str
    source: str
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


class Keys:
    """The keys of a state."""

    def __init__(self, state: State) -> None:
        self.state = state

    def create(self, kind: Kind, source: str) -> tuple[Key, str]:
        """A new key, and its text, which is not kept. Raises `InputError` where the source's name cannot be used."""
        text = PREFIXES[kind] + "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        key = Key(text[:ID_LENGTH], kind, checked_source(source), _now())
        row = {"id": key.id, "kind": kind, "source": key.source, "hash": hashed(text), "created_at": key.created_at}
        with self.state.begin() as connection:
            connection.execute(insert(KEYS).values(row))
        return key, text

    def all(self) -> list[Key]:
        """In the order in which they were made."""
        with self.state.read() as connection:
            rows = connection.execute(select(KEYS).order_by(KEYS.c.created_at, KEYS.c.id))
            return [_key(row) for row in rows.mappings()]

    def valid(self, kind: Kind) -> dict[bytes, Key]:
        """The keys that are not revoked, by their hash."""
        query = select(KEYS).where(KEYS.c.kind == kind, KEYS.c.revoked_at.is_(None))
        with self.state.read() as connection:
            return {bytes(row["hash"]): _key(row) for row in connection.execute(query).mappings()}

    def revoke(self, id_or_key: str) -> Key:
        """Refuse a key from now on; where it is revoked already, nothing changes. Raises `UnknownName`."""
        chosen = KEYS.c.id == id_or_key[:ID_LENGTH]
        if _KEY.fullmatch(id_or_key):
            chosen &= KEYS.c.hash == hashed(id_or_key)
        elif len(id_or_key) != ID_LENGTH:
            raise _unknown(id_or_key)
        with self.state.begin() as connection:
            connection.execute(update(KEYS).where(chosen, KEYS.c.revoked_at.is_(None)).values(revoked_at=_now()))
            row = connection.execute(select(KEYS).where(chosen)).mappings().first()
        if row is None:
            raise _unknown(id_or_key)
        return _key(row)

    def used(self, times: Mapping[str, datetime]) -> None:
        """Note when keys were last used, by id."""
        with self.state.begin() as connection:
            for key_id, when in times.items():
                connection.execute(update(KEYS).where(KEYS.c.id == key_id).values(last_used_at=when))


def hashed(text: str) -> bytes:
    """What a key is known by.

    >>> hashed("hfw_" + "0" * 43).hex()[:16]
    '0dddc990d5a17c15'
    """
    return hashlib.sha256(text.encode()).digest()


def looks_like_key(text: str) -> bool:
    """Whether a text can be a write key at all.

    >>> looks_like_key("hfw_" + "a" * 43), looks_like_key("a write key of somebody else's")
    (True, False)
    """
    return _KEY.fullmatch(text) is not None


def checked_source(name: str) -> str:
    """The name of a source. Raises `InputError` that says what is allowed.

    >>> checked_source("web")
    'web'
    """
    if not _SOURCE.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be the name of a source",
            hint="use 1 to 64 lower-case letters, digits, dots, dashes and underscores, such as web or ios-app",
        )
    return name


def _key(row: Mapping[Any, Any]) -> Key:
    names = ("id", "kind", "source", "created_at", "revoked_at", "last_used_at")
    return Key(**{name: row[name] for name in names})


def _unknown(given: str) -> UnknownName:
    shown = given[:ID_LENGTH] + ("…" if len(given) > ID_LENGTH else "")
    return UnknownName(f"there is no key {shown!r}", hint="list the keys with: holdfast keys list")


def _now() -> datetime:
    return datetime.now(UTC)
