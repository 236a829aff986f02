"""What people fill in to sign in or to join, checked, and what is said of it in their language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.errors import InputError
from holdfast.state.people import checked_email, checked_name
from holdfast.web.auth.passwords import SHORTEST, Fault, fault_of

if TYPE_CHECKING:
    from holdfast.web.words import Words


def email_fault(words: Words, text: str) -> str | None:
    _ = words.say
    try:
        checked_email(text)
    except InputError:
        return _("This is no e-mail address. It is like ada@example.com.")
    return None


def name_fault(words: Words, text: str) -> str | None:
    _ = words.say
    try:
        checked_name(text)
    except InputError:
        return _("A name has 1 to 100 characters.")
    return None


def password_fault(words: Words, password: str, again: str, *known: str) -> str | None:
    if password != again:
        _ = words.say
        return _("The two passwords are not the same.")
    fault = fault_of(password, *known)
    return None if fault is None else _said(words, fault)


def _said(words: Words, fault: Fault) -> str:
    _ = words.say
    if fault == "short":
        return _(
            "A password has at least %(number)s characters. A few words in a row are easy to remember.", number=SHORTEST
        )
    if fault == "long":
        return _("This password is too long.")
    return _("This password is among the first that anybody would try. Choose another one.")
