"""Links that let somebody in once: the first owner, somebody who is invited, somebody who forgot a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import delete, insert, or_, select, update

from holdfast.errors import InputError, UnknownName
from holdfast.state.audit import CONSOLE, noted
from holdfast.state.people import User, added, checked_email, find, folded, owners, password_set
from holdfast.state.roles import Role, checked_role
from holdfast.state.secret import hashed, new_id, new_secret
from holdfast.state.tables import INVITATIONS

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from holdfast.state.database import State

Purpose = Literal["welcome", "invite", "reset"]
LIFE: dict[Purpose, timedelta | None] = {"welcome": None, "invite": timedelta(days=7), "reset": timedelta(days=1)}


@dataclass(frozen=True)
class Invitation:
    """What is known of a link; its token is not."""

    id: str
    purpose: Purpose
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    expires_at: datetime | None


class Invitations:
    """The links of a state that may still be used. A new one takes the place of the one before."""

    def __init__(self, state: State) -> None:
        self.state = state

    def welcome(self) -> str | None:
        """The token of the link with which the first owner comes in; None where there is an owner."""
        with self.state.begin() as connection:
            return None if owners(connection) else _made(connection, "welcome", "", "owner", CONSOLE)

    def invite(self, email: str, role: str, by: str) -> str:
        """The token of a link for somebody new. Raises `InputError` where they are here already."""
        address, wanted = checked_email(email), checked_role(role)
        with self.state.begin() as connection:
            if find(connection, address) is not None:
                raise InputError(
                    f"somebody signs in with {address} already", hint="give them another role, or a new password"
                )
            noted(connection, by, "person invited", f"{address} as {wanted}")
            return _made(connection, "invite", address, wanted, by)

    def reset(self, email: str, by: str) -> str:
        """The token of a link to a new password. Raises `UnknownName`, and `InputError` for somebody disabled."""
        with self.state.begin() as connection:
            user = find(connection, email)
            if user is None:
                raise UnknownName(f"nobody signs in with {folded(email)}", hint="see who does: holdfast users list")
            if user.disabled_at is not None:
                raise InputError(f"{user.email} is disabled", hint="enable them first")
            noted(connection, by, "new password offered", user.email)
            return _made(connection, "reset", user.email, user.role, by)

    def pending(self) -> list[Invitation]:
        """Those who were invited and have not come yet."""
        query = select(INVITATIONS).where(INVITATIONS.c.purpose == "invite", _is_open())
        with self.state.read() as connection:
            rows = connection.execute(query.order_by(INVITATIONS.c.created_at, INVITATIONS.c.id)).mappings()
            return [_invitation(row) for row in rows]

    def find(self, token: str) -> Invitation | None:
        """What a link is for, where it may still be used."""
        with self.state.read() as connection:
            return _open(connection, token)

    def withdraw(self, invitation_id: str, by: str) -> None:
        chosen = INVITATIONS.c.id == invitation_id
        with self.state.begin() as connection:
            row = connection.execute(select(INVITATIONS.c.email).where(chosen, _is_open())).first()
            if row is not None:
                connection.execute(delete(INVITATIONS).where(chosen))
                noted(connection, by, "invitation withdrawn", row.email)

    def accept(self, token: str, password_hash: str, *, name: str = "", email: str = "") -> User:
        """Use a link: the first owner names an address, the others have theirs.

        Raises `InputError` where it was used before, is too old, or somebody was faster; nothing is changed then.
        """
        with self.state.begin() as connection:
            found = _used(connection, token)
            if found.purpose == "reset":
                user = find(connection, found.email)
                if user is None or user.disabled_at is not None:
                    raise dead()
                password_set(connection, user.id, password_hash, user.id)
                return user
            if found.purpose == "welcome" and owners(connection):
                raise dead()
            address = found.email or email
            return added(connection, address, name, found.role, password_hash=password_hash)

    def join(self, email: str, name: str, subject: str) -> User | None:
        """Who was invited and comes in by an OpenID provider, which vouches for the address; None for nobody."""
        chosen = (INVITATIONS.c.purpose == "invite", INVITATIONS.c.email == folded(email), _is_open())
        with self.state.begin() as connection:
            row = connection.execute(select(INVITATIONS).where(*chosen)).mappings().first()
            if row is None:
                return None
            connection.execute(
                update(INVITATIONS).where(INVITATIONS.c.id == row["id"]).values(used_at=datetime.now(UTC))
            )
            return added(connection, email, name, row["role"], subject=subject)


def dead() -> InputError:
    """What is said of a link that is not, or no longer, one: not which of the two."""
    return InputError(
        "this link has been used, is too old, or is not complete", hint="ask whoever sent it for a new one"
    )


def _made(connection: Connection, purpose: Purpose, email: str, role: Role, by: str) -> str:
    replaced = delete(INVITATIONS).where(INVITATIONS.c.purpose == purpose, INVITATIONS.c.email == email)
    connection.execute(replaced.where(INVITATIONS.c.used_at.is_(None)))
    token, now, life = new_secret(), datetime.now(UTC), LIFE[purpose]
    row = {
        "id": new_id(), "hash": hashed(token), "purpose": purpose, "email": email, "role": role, "invited_by": by,
        "created_at": now, "expires_at": None if life is None else now + life,
    }  # fmt: skip
    connection.execute(insert(INVITATIONS).values(row))
    return token


def _used(connection: Connection, token: str) -> Invitation:
    """The link, which nobody else can use from now on."""
    found = _open(connection, token)
    chosen = update(INVITATIONS).where(INVITATIONS.c.hash == hashed(token), INVITATIONS.c.used_at.is_(None))
    if found is None or connection.execute(chosen.values(used_at=datetime.now(UTC))).rowcount != 1:
        raise dead()
    return found


def _open(connection: Connection, token: str) -> Invitation | None:
    query = select(INVITATIONS).where(INVITATIONS.c.hash == hashed(token), _is_open())
    row = connection.execute(query).mappings().first()
    return None if row is None else _invitation(row)


def _is_open() -> ColumnElement[bool]:
    expires = INVITATIONS.c.expires_at
    return INVITATIONS.c.used_at.is_(None) & or_(expires.is_(None), expires > datetime.now(UTC))


def _invitation(row: Any) -> Invitation:
    names = ("id", "purpose", "email", "role", "invited_by", "created_at", "expires_at")
    return Invitation(**{name: row[name] for name in names})
