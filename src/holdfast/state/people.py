"""People who sign in: who they are, and what they may do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import ColumnElement, delete, insert, select, update

from holdfast.errors import InputError, UnknownName
from holdfast.state.audit import noted
from holdfast.state.roles import Role, checked_role
from holdfast.state.secret import new_id
from holdfast.state.tables import SESSIONS, USERS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from holdfast.state.database import State

Theme = Literal["system", "light", "dark"]
_EMAIL = re.compile(r"[^@\s\"<>(),:;\\\[\]]+@[^@\s\"<>(),:;\\\[\]]+")
_LONGEST_EMAIL, _LONGEST_NAME = 254, 100
_OWNERS = select(USERS.c.id).where(USERS.c.role == "owner", USERS.c.disabled_at.is_(None)).order_by(USERS.c.id)


@dataclass(frozen=True)
class User:
    """Somebody who may sign in, or might once."""

    id: str
    email: str
    name: str
    role: Role
    language: str | None
    theme: Theme
    created_at: datetime
    disabled_at: datetime | None
    last_seen_at: datetime | None
    has_password: bool


class People:
    """The people of a state."""

    def __init__(self, state: State) -> None:
        self.state = state

    def all(self) -> list[User]:
        """In the order in which they came."""
        with self.state.read() as connection:
            rows = connection.execute(select(USERS).order_by(USERS.c.created_at, USERS.c.id))
            return [user_of(row) for row in rows.mappings()]

    def get(self, user_id: str) -> User:
        """Raises `UnknownName`."""
        with self.state.read() as connection:
            return _get(connection, user_id)

    def find(self, email: str) -> User | None:
        with self.state.read() as connection:
            return find(connection, email)

    def by_subject(self, subject: str) -> User | None:
        """Who signed in by an OpenID provider before."""
        return self._first(USERS.c.subject == subject)

    def _first(self, condition: ColumnElement[bool]) -> User | None:
        with self.state.read() as connection:
            row = connection.execute(select(USERS).where(condition)).mappings().first()
        return None if row is None else user_of(row)

    def credentials(self, email: str) -> tuple[User, str] | None:
        """Who may sign in with a password, and its hash."""
        query = select(USERS).where(USERS.c.email == folded(email), USERS.c.disabled_at.is_(None))
        with self.state.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None or row["password_hash"] is None else (user_of(row), row["password_hash"])

    def has_owner(self) -> bool:
        with self.state.read() as connection:
            return bool(owners(connection))

    def add(self, email: str, name: str, role: str, *, subject: str | None = None) -> User:
        """Somebody who signs in elsewhere. Raises `InputError` where the address is taken or cannot be one."""
        with self.state.begin() as connection:
            return added(connection, email, name, role, subject=subject)

    def bind(self, user_id: str, subject: str) -> bool:
        """Remember who somebody is at the OpenID provider; False where it is somebody else already."""
        query = update(USERS).where(USERS.c.id == user_id, USERS.c.subject.is_(None)).values(subject=subject)
        with self.state.begin() as connection:
            return connection.execute(query).rowcount == 1

    def change(self, user_id: str, *, name: str, language: str | None, theme: Theme) -> User:
        """What people decide about themselves."""
        values = {"name": checked_name(name), "language": language, "theme": theme}
        with self.state.begin() as connection:
            connection.execute(update(USERS).where(USERS.c.id == user_id).values(values))
            return _get(connection, user_id)

    def set_password(self, user_id: str, password_hash: str, by: str) -> None:
        """All their sessions end with it."""
        with self.state.begin() as connection:
            password_set(connection, user_id, password_hash, by)

    def rehash(self, user_id: str, password_hash: str) -> None:
        """The same password, hashed as it is done today."""
        with self.state.begin() as connection:
            connection.execute(update(USERS).where(USERS.c.id == user_id).values(password_hash=password_hash))

    def set_role(self, user_id: str, role: str, by: str) -> User:
        """Raises `InputError` where nobody would be owner any more."""
        new = checked_role(role)
        with self.state.begin() as connection:
            user = _get(connection, user_id)
            if new != "owner":
                _keep_an_owner(connection, user)
            connection.execute(update(USERS).where(USERS.c.id == user_id).values(role=new))
            noted(connection, by, "role changed", f"{user.email}: {user.role} to {new}")
            return _get(connection, user_id)

    def disable(self, user_id: str, by: str) -> User:
        """Refuse somebody from now on; their sessions end. Raises `InputError` for the last owner."""
        with self.state.begin() as connection:
            user = _get(connection, user_id)
            _keep_an_owner(connection, user)
            values = {"disabled_at": user.disabled_at or datetime.now(UTC)}
            connection.execute(update(USERS).where(USERS.c.id == user_id).values(values))
            connection.execute(delete(SESSIONS).where(SESSIONS.c.user_id == user_id))
            noted(connection, by, "person disabled", user.email)
            return _get(connection, user_id)

    def enable(self, user_id: str, by: str) -> User:
        with self.state.begin() as connection:
            user = _get(connection, user_id)
            connection.execute(update(USERS).where(USERS.c.id == user_id).values(disabled_at=None))
            noted(connection, by, "person enabled", user.email)
            return _get(connection, user_id)


def find(connection: Connection, email: str) -> User | None:
    row = connection.execute(select(USERS).where(USERS.c.email == folded(email))).mappings().first()
    return None if row is None else user_of(row)


def added(
    connection: Connection, email: str, name: str, role: str,
    *, password_hash: str | None = None, subject: str | None = None,
) -> User:  # fmt: skip
    """A new person, within somebody else's transaction."""
    address = checked_email(email)
    if find(connection, address) is not None:
        raise InputError(f"somebody signs in with {address} already")
    row = {
        "id": new_id(), "email": address, "name": checked_name(name), "role": checked_role(role),
        "password_hash": password_hash, "subject": subject, "theme": "system", "created_at": datetime.now(UTC),
    }  # fmt: skip
    connection.execute(insert(USERS).values(row))
    noted(connection, str(row["id"]), "person joined", f"{address} as {role}")
    return _get(connection, str(row["id"]))


def password_set(connection: Connection, user_id: str, password_hash: str, by: str) -> None:
    """A new password, within somebody else's transaction; all sessions end."""
    user = _get(connection, user_id)
    connection.execute(update(USERS).where(USERS.c.id == user_id).values(password_hash=password_hash))
    connection.execute(delete(SESSIONS).where(SESSIONS.c.user_id == user_id))
    noted(connection, by, "password changed", user.email)


def owners(connection: Connection) -> list[str]:
    """Ids of those who are owners and may sign in."""
    return list(connection.execute(_OWNERS).scalars())


def user_of(row: Mapping[Any, Any]) -> User:
    names = ("id", "email", "name", "role", "language", "theme", "created_at", "disabled_at", "last_seen_at")
    return User(**{name: row[name] for name in names}, has_password=row["password_hash"] is not None)


def folded(email: str) -> str:
    """An address in the one form in which it is kept: small letters, and nothing else changed.

    Letters that only look alike, or that Unicode says are the same as one of these, stay what they are: otherwise
    somebody else's address would be taken for this one.

    >>> folded(" Ada@Example.COM ")
    'ada@example.com'
    """
    return email.strip().encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def checked_email(text: str) -> str:
    """An address that can be one. Raises `InputError`.

    >>> checked_email("Ada@example.com")
    'ada@example.com'
    """
    address = folded(text)
    if not _EMAIL.fullmatch(address) or len(address) > _LONGEST_EMAIL or not address.isprintable():
        raise InputError("this is no e-mail address", hint="it is like ada@example.com")
    return address


def checked_name(text: str) -> str:
    """A name of at most 100 characters, on one line. Raises `InputError`.

    >>> checked_name("  Ada  Lovelace ")
    'Ada Lovelace'
    """
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InputError(f"a name has 1 to {_LONGEST_NAME} characters")
    return name


def _get(connection: Connection, user_id: str) -> User:
    row = connection.execute(select(USERS).where(USERS.c.id == user_id)).mappings().first()
    if row is None:
        raise UnknownName("there is no such person")
    return user_of(row)


def _keep_an_owner(connection: Connection, going: User) -> None:
    held = connection.execute(_OWNERS.with_for_update()).scalars()  # so that two cannot go at the same time
    if list(held) == [going.id]:
        raise InputError(f"{going.email} is the only owner", hint="make somebody else an owner first")
