"""What changed, said in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from holdfast.facts.days import add_months
from holdfast.report.changes import Gist, largest_one
from holdfast.report.model import Changes
from holdfast.web.page import _
from holdfast.web.shown import Shown

CAUSES: Mapping[str, str] = {
    "new": _("new accounts"),
    "reactivation": _("accounts that came back"),
    "expansion": _("expansion"),
    "contraction": _("contraction"),
    "churn": _("churn"),
    "fx": _("exchange rates"),
}


def net(shown: Shown, gist: Gist, currency: str) -> str:
    """How far MRR went.

    >>> from decimal import Decimal
    >>> from holdfast.web.words import words
    >>> from zoneinfo import ZoneInfo
    >>> net(Shown(words("en"), "USD", ZoneInfo("UTC")), Gist(Decimal(110), Decimal(10), 0.1, None), "USD")
    'MRR rose by $10 (10.0%) to $110.'
    """
    say = shown.words.say
    closing, change = shown.money(gist.closing, currency, short=True), _size(shown, gist.change, currency)
    if not gist.change:
        return say("MRR stayed at %(closing)s.", closing=closing)
    share = shown.rate(abs(gist.share)) if gist.share is not None else say("from nothing")
    sentence = (
        _("MRR rose by %(change)s (%(share)s) to %(closing)s.")
        if gist.change > 0
        else _("MRR fell by %(change)s (%(share)s) to %(closing)s.")
    )
    return say(sentence, change=change, share=share, closing=closing)


def before(shown: Shown, gist: Gist, month: date, currency: str) -> str:
    """How far it went in the month before."""
    if gist.change_before is None:
        return ""
    say, last = shown.words.say, shown.period(add_months(month, -1))
    if not gist.change_before:
        return (
            say("In %(month)s it stayed as it was, too.", month=last)
            if not gist.change
            else say("In %(month)s it stayed as it was.", month=last)
        )
    change = _size(shown, gist.change_before, currency)
    rose = gist.change_before > 0
    sentence = _("In %(month)s it rose by %(change)s.") if rose else _("In %(month)s it fell by %(change)s.")
    return say(sentence, month=last, change=change)


def why(shown: Shown, gist: Gist, month: date, currency: str) -> str:
    """What differs most from the month before."""
    if gist.differs is None:
        return ""
    say = shown.words.say
    return say(
        "What differs most from %(month)s is %(cause)s: %(now)s after %(before)s.",
        month=shown.period(add_months(month, -1)), cause=say(CAUSES[gist.differs]),
        now=shown.money(gist.differs_now or 0, currency, short=True),
        before=shown.money(gist.differs_before or 0, currency, short=True),
    )  # fmt: skip


def largest(shown: Shown, changes: Changes, currency: str) -> str:
    """The account that moved most."""
    found = largest_one(changes.moved)
    if found is None:
        return ""
    mover, kind = found
    say = shown.words.say
    return say(
        "The largest movement of one account is %(account)s: %(amount)s (%(kind)s).",
        account=mover.account, amount=shown.money(mover.amount, currency, short=True), kind=say(kind.title),
    )  # fmt: skip


def _size(shown: Shown, amount: Any, currency: str) -> str:
    return shown.money(abs(amount), currency, short=True)
