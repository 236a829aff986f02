"""Accounts that turned out to be one: merged, listed, and taken apart again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from holdfast.errors import InputError
from holdfast.sources.record import record_facts
from holdfast.workspace.standing import MERGES, in_the_end

if TYPE_CHECKING:
    from holdfast.lake import Lake

SOURCE = "person"
MOST_IN_ONE = 100
"""So many accounts may be merged into one: more is a mistake, such as a placeholder id."""


@dataclass(frozen=True)
class Merge:
    """One account that is counted as another, since when, and why."""

    account_id: str
    into_account_id: str
    reason: str
    since: datetime


def standing_merges(lake: Lake) -> list[Merge]:
    """The merges that hold now, by account."""
    rows = lake.standing(MERGES).sort_by("account_id").to_pylist()
    return [
        Merge(row["account_id"], row["into_account_id"], row["reason"] or "", row["recorded_at"])
        for row in rows
        if row["into_account_id"] is not None
    ]


def merge(lake: Lake, account: str, into: str, reason: str = "", known_at: datetime | None = None) -> None:
    """Count `account` as `into` from now on, in every question about what is known from now on.

    Raises `InputError` where one of them is unknown, where it would make a circle, or where too many would be one.
    """
    with lake.writing():
        _check_known(lake, account, into)
        pairs = {one.account_id: one.into_account_id for one in standing_merges(lake)}
        _check_free(pairs, account, into)
        row = {"account_id": account, "into_account_id": into, "reason": reason or None}
        record_facts(lake, MERGES, [row], SOURCE, known_at)


def unmerge(lake: Lake, account: str, known_at: datetime | None = None) -> str:
    """Take the merge of `account` back. Returns the account that it was counted as."""
    with lake.writing():
        pairs = {one.account_id: one.into_account_id for one in standing_merges(lake)}
        if account not in pairs:
            merged = ", ".join(sorted(pairs)[:10]) or "none"
            raise InputError(f"account {account!r} is not merged into another; merged are: {merged}")
        row = {"account_id": account, "into_account_id": None, "reason": "taken back"}
        record_facts(lake, MERGES, [row], SOURCE, known_at)
    return pairs[account]


def _check_known(lake: Lake, *accounts: str) -> None:
    known = lake.standing("accounts", ["account_id"])["account_id"]
    for account in accounts:
        if not pc.any(pc.equal(known, account)).as_py():
            raise InputError(
                f"there is no account {account!r}; an account comes with its first subscription or accounts file",
                hint="`holdfast query mrr --by account` shows the accounts",
            )


def _check_free(pairs: Mapping[str, str], account: str, into: str) -> None:
    if account == into:
        raise InputError(f"{account!r} cannot be merged into itself; name two accounts")
    if account in pairs:
        raise InputError(
            f"{account!r} is merged into {pairs[account]!r} already", hint=f"holdfast accounts unmerge {account}"
        )
    ends = in_the_end(pairs)
    whole = ends.get(into, into)
    if whole == account:
        raise InputError(f"{into!r} is counted as {account!r} already: the other way round would make a circle")
    members = sum(1 for end in ends.values() if end == whole) + sum(1 for end in ends.values() if end == account) + 2
    if members > MOST_IN_ONE:
        raise InputError(
            f"{whole!r} would hold {members} accounts; {MOST_IN_ONE} are allowed: so many are hardly one customer"
        )
