"""What people did, as a file that `holdfast import events` takes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.simulate.accounts import Accounts
from holdfast.simulate.draws import Draws, Flags, Ints
from holdfast.simulate.happenings import ANONYMOUS, USER, Happenings
from holdfast.simulate.menus import EVENT_NAMES, TRACKED
from holdfast.simulate.names import joined, numbered, words
from holdfast.simulate.people import People

LETTERS = "abcdefghijklmnopqrstuvwxyz"
MOBILE_SHARE = 0.25
SECONDS_A_DAY = 86_400


def user_ids(accounts: Accounts, people: People) -> pa.Array:
    return _person_ids("usr_", accounts, people)


def anonymous_ids(accounts: Accounts, people: People) -> pa.Array:
    """The id that a person's browser has before they sign up, and keeps."""
    return _person_ids("anon_", accounts, people)


def _person_ids(prefix: str, accounts: Accounts, people: People) -> pa.Array:
    return joined(numbered(prefix, accounts.numbers[people.account]), words(people.ordinal, list(LETTERS)))


def instants(happenings: Happenings) -> pa.Array:
    micros = (happenings.day * SECONDS_A_DAY + happenings.second) * 1_000_000
    return pa.array(micros).cast(pa.timestamp("us", tz="UTC"))


def event_table(accounts: Accounts, people: People, happenings: Happenings, draws: Draws) -> pa.Table:
    """The events of a block in the order of their accounts and times; `platform` is a property."""
    person = pa.array(happenings.person)
    account = people.account[happenings.person]
    platform = draws.hashed("platform", accounts.numbers[people.account], people.ordinal) < MOBILE_SHARE
    known: Flags = happenings.ids != ANONYMOUS
    return pa.table(
        {
            "message_id": _message_ids(accounts, account),
            "timestamp": instants(happenings),
            "type": words((happenings.name >= len(TRACKED)).astype(np.int64), ("track", "page")),
            "event": words(happenings.name, EVENT_NAMES),
            "user_id": _only(known, user_ids(accounts, people).take(person)),
            "anonymous_id": _only(happenings.ids != USER, anonymous_ids(accounts, people).take(person)),
            "account_id": _only(known, numbered("acc_", accounts.numbers).take(pa.array(account))),
            "platform": words(platform[happenings.person].astype(np.int64), ("web", "mobile")),
        }
    )


def _message_ids(accounts: Accounts, account: Ints) -> pa.Array:
    """`m_0000012_000034` is the thirty-fourth event of account 12."""
    turn = np.arange(len(account)) - np.searchsorted(account, account) + 1
    return joined(numbered("m_", accounts.numbers).take(pa.array(account)), numbered("_", turn, 6))


def _only(condition: Flags, values: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(condition), values, pa.scalar(None, pa.string()))
