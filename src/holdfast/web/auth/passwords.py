"""Passwords: long enough, hashed by Argon2id, and compared in the same time whoever is meant."""

from __future__ import annotations

import threading
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from holdfast.state.secret import new_secret

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 200
Fault = Literal["short", "long", "common"]
COMMON = frozenset(
    """
    passwordpassword password1234 password12345 password123456 password123! mypassword123 changeme1234 administrator
    adminadminadmin administrator1 letmeinletmein iloveyouiloveyou qwertyuiop12 qwertyuiop123 qwertyuiopas qwertyqwerty
    qwertyuiopasdf asdfghjkl123 1q2w3e4r5t6y 1qaz2wsx3edc zaq12wsxcde3 abc123abc123 123456789012 1234567890123
    1234567890123456 012345678901 123123123123 111111111111 000000000000 112233445566 abcdefghijkl abcdefghijklm
    correcthorsebatterystaple welcome12345 welcome123456 holdfastholdfast holdfast1234 holdfast12345 letmein12345
    monkeymonkey dragondragon footballfootball baseballbaseball sunshine1234 princess1234 trustno1trustno1
    """.split()
)
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each hash takes 64 MiB while it is made."""


@lru_cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@lru_cache
def _nobodys() -> str:
    """A hash that no password has: what is compared for somebody who is not there."""
    return _hasher().hash(new_secret())


def fault_of(password: str, *known: str) -> Fault | None:
    """Why a password is not taken. `known` is what anybody would try first: the address, the name.

    >>> fault_of("tr0ub4dor"), fault_of("Password1234"), fault_of("seven green bottles")
    ('short', 'common', None)
    """
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    folded = password.casefold()
    is_known = folded in {one.casefold() for one in known} or folded in COMMON
    return "common" if is_known or len(set(folded)) < 4 else None


def hash_of(password: str) -> str:
    with _AT_ONCE:
        return _hasher().hash(_normal(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether a password has this hash. Without a hash it takes as long, and it has not."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with _AT_ONCE:
        try:
            return _hasher().verify(kept or _nobodys(), _normal(password[: LONGEST + 1])) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Whether it is to be hashed anew, with today's parameters."""
    return _hasher().check_needs_rehash(kept)


def _normal(password: str) -> bytes:
    """The same for every keyboard that writes é in one stroke or in two."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
