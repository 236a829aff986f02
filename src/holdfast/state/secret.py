"""Texts that nobody can guess, and what is kept of them.

A text holds 256 random bits, so nobody finds one by trying, and its plain SHA-256 is as good a lock as a slow hash
would be. Slow hashes are for passwords, which people choose; here one would cost every request.
"""

from __future__ import annotations

import hashlib
import secrets

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
LENGTH = 43
"""Letters and digits that hold 256 bits: 43 × log2(62) = 256.03."""


def new_secret(prefix: str = "") -> str:
    return prefix + "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def hashed(text: str) -> bytes:
    """What a secret is known by.

    >>> hashed("hfw_" + "0" * 43).hex()[:16]
    '0dddc990d5a17c15'
    """
    return hashlib.sha256(text.encode()).digest()


def new_id() -> str:
    """A name for a row: short, and telling nothing."""
    return secrets.token_hex(8)
