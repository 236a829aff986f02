"""Keys: made, shown once, listed and revoked. One kind sends events, the other reads, and neither can do both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import insert, select, update

from holdfast.errors import InputError, UnknownName
from holdfast.state.audit import CONSOLE, noted
from holdfast.state.people import checked_name
from holdfast.state.roles import Role, checked_role
from holdfast.state.secret import LENGTH, hashed, new_secret
from holdfast.state.tables import KEYS

if TYPE_CHECKING:
    from holdfast.state.database import State

Kind = Literal["write", "read"]
PREFIXES: Mapping[Kind, str] = {"write": "hfw_", "read": "hfr_"}
"""What a key begins with, by kind: seen in a log or a repository, it is known for what it is."""
READERS: tuple[Role, ...] = ("viewer", "success", "analyst")
"""What a key may be: people and keys are looked after by people alone."""
ID_LENGTH = 12
_KEYS: Mapping[Kind, re.Pattern[str]] = {
    kind: re.compile(rf"{prefix}[A-Za-z0-9]{{{LENGTH}}}") for kind, prefix in PREFIXES.items()
}
_SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}[a-z0-9]|[a-z0-9]")


@dataclass(frozen=True)
class Key:
    """What is known of a key; the key itself is not."""

    id: str
    kind: str
    source: str
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    role: Role | None = None
    name: str | None = None

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.source


class Keys:
    """The keys of a state."""

    def __init__(self, state: State) -> None:
        self.state = state

    def create(self, kind: Kind, source: str, by: str = CONSOLE) -> tuple[Key, str]:
        """A new key that sends events of a source, and its text, which is not kept.

        Raises `InputError` where the source's name cannot be used.
        """
        if kind != "write":
            raise InputError("a key that reads has a role and a name, and no source")
        return self._made(kind, {"source": checked_source(source)}, by)

    def create_reader(self, role: str, name: str, by: str = CONSOLE) -> tuple[Key, str]:
        """A new key that reads over the API, and its text, which is not kept. Raises `InputError`."""
        wanted = checked_role(role)
        if wanted not in READERS:
            raise InputError(f"a key cannot be {wanted}", hint=f"it is one of {', '.join(READERS)}")
        return self._made("read", {"source": "", "role": wanted, "name": checked_name(name)}, by)

    def _made(self, kind: Kind, about: dict[str, str], by: str) -> tuple[Key, str]:
        text = new_secret(PREFIXES[kind])
        row: dict[str, Any] = {"id": text[:ID_LENGTH], "kind": kind, "created_at": _now()} | about
        key = Key(**row)
        with self.state.begin() as connection:
            connection.execute(insert(KEYS).values(row | {"hash": hashed(text)}))
            noted(connection, by, "key made", f"{key.id} for {key.label}")
        return key, text

    def find(self, kind: Kind, text: str) -> Key | None:
        """The key, where it is of this kind and not revoked."""
        if not looks_like_key(text, kind):
            return None
        query = select(KEYS).where(KEYS.c.kind == kind, KEYS.c.hash == hashed(text), KEYS.c.revoked_at.is_(None))
        with self.state.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _key(row)

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

    def revoke(self, id_or_key: str, by: str = CONSOLE) -> Key:
        """Refuse a key from now on; where it is revoked already, nothing changes. Raises `UnknownName`."""
        chosen = KEYS.c.id == id_or_key[:ID_LENGTH]
        if any(looks_like_key(id_or_key, kind) for kind in PREFIXES):
            chosen &= KEYS.c.hash == hashed(id_or_key)
        elif len(id_or_key) != ID_LENGTH:
            raise _unknown(id_or_key)
        with self.state.begin() as connection:
            revoked = update(KEYS).where(chosen, KEYS.c.revoked_at.is_(None)).values(revoked_at=_now())
            if connection.execute(revoked).rowcount:
                noted(connection, by, "key revoked", id_or_key[:ID_LENGTH])
            row = connection.execute(select(KEYS).where(chosen)).mappings().first()
        if row is None:
            raise _unknown(id_or_key)
        return _key(row)

    def used(self, times: Mapping[str, datetime]) -> None:
        """Note when keys were last used, by id."""
        with self.state.begin() as connection:
            for key_id, when in times.items():
                connection.execute(update(KEYS).where(KEYS.c.id == key_id).values(last_used_at=when))


def looks_like_key(text: str, kind: Kind = "write") -> bool:
    """Whether a text can be a key of a kind at all.

    >>> looks_like_key("hfw_" + "a" * 43), looks_like_key("a write key of somebody else's")
    (True, False)
    """
    return _KEYS[kind].fullmatch(text) is not None


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
    names = ("id", "kind", "source", "created_at", "revoked_at", "last_used_at", "role", "name")
    return Key(**{name: row[name] for name in names})


def _unknown(given: str) -> UnknownName:
    shown = given[:ID_LENGTH] + ("…" if len(given) > ID_LENGTH else "")
    return UnknownName(f"there is no key {shown!r}", hint="list the keys with: holdfast keys list")


def _now() -> datetime:
    return datetime.now(UTC)
