"""The key to Stripe: where it comes from, and how it is kept out of everything that is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from holdfast.environment import secret_text
from holdfast.errors import InputError

KEY, KEY_FILE = "HOLDFAST_STRIPE_KEY", "HOLDFAST_STRIPE_KEY_FILE"
HINT = f"put a restricted key (rk_…) in {KEY}, or the path of a file that holds it in {KEY_FILE}"

_KEY = re.compile(r"(rk|sk)_(test|live)_[A-Za-z0-9]{8,}")
_SECRET = re.compile(r"\b((?:rk|sk|pk)_(?:test|live)|whsec)_[A-Za-z0-9*._-]+")


@dataclass(frozen=True)
class Key:
    """A key to one Stripe account, in test or live mode. It shows itself without its secret part.

    >>> Key("rk_test_notarealkey0")
    Key(rk_test_…)
    """

    secret: str = field(repr=False)

    @property
    def mode(self) -> Literal["test", "live"]:
        return "live" if "_live_" in self.secret else "test"

    @property
    def restricted(self) -> bool:
        return self.secret.startswith("rk_")

    def __repr__(self) -> str:
        return f"Key({redacted(self.secret)})"


def redacted(text: str) -> str:
    """Text without the secret part of any key in it.

    >>> redacted("Invalid API Key provided: sk_live_abc123")
    'Invalid API Key provided: sk_live_…'
    """
    return _SECRET.sub(r"\1_…", text)


def find_key(environment: Mapping[str, str] | None = None) -> Key:
    """The key that the environment names. Raises `InputError` that says where to put one, never what was found."""
    text, origin = secret_text(KEY, HINT, environment)
    if not text:
        raise InputError("there is no key to Stripe", hint=HINT)
    return parsed(text, origin)


def parsed(text: str, origin: str) -> Key:
    """A key from its text; what is no key is refused without being repeated."""
    if text.startswith("pk_"):
        raise InputError(f"{origin} holds a publishable key (pk_…), which cannot read anything", hint=HINT)
    if not _KEY.fullmatch(text):
        raise InputError(f"what {origin} holds is not a key to Stripe: those begin with rk_ or sk_", hint=HINT)
    return Key(text)
