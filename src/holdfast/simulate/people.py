"""The people in the accounts: when they join, their role, when they leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.simulate import months
from holdfast.simulate.accounts import Accounts, Window
from holdfast.simulate.draws import Draws, Ints
from holdfast.simulate.history import Lives
from holdfast.simulate.model import Model
from holdfast.simulate.names import GIVEN_NAMES, SURNAMES

ROLES = ("champion", "admin", "billing", "member")
CHAMPION, MEMBER = 0, 3
MEMBER_DAYS = 1_095
"""Members who leave do so within so many days."""


@dataclass(frozen=True)
class People:
    """One row for each person, by account and then by the day they joined. `account` is the row of the block.

    `ordinal` counts from 0 within the account; person 0 is its first champion and signed up for it.
    """

    account: Ints
    ordinal: Ints
    role: Ints
    given: Ints
    family: Ints
    from_day: Ints
    to_day: Ints
    """The day they left; `NEVER` for those who are still there."""

    def __len__(self) -> int:
        return len(self.account)


def make_people(model: Model, window: Window, accounts: Accounts, lives: Lives, draws: Draws) -> People:
    """Everybody who was ever in the accounts of a block."""
    parts = [
        _champions(accounts, lives, draws),
        _founders(model, accounts, draws),
        _joiners(model, accounts, lives, draws),
    ]
    account, role, from_day, to_day = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    end = np.minimum(access_ends(accounts, lives), window.end + 1)[account]
    there = from_day < end
    order = np.lexsort((from_day, account))
    order = order[there[order]]
    account, role, from_day = account[order], role[order], from_day[order]
    to_day, end = to_day[order], end[order]
    ordinal = np.arange(len(account)) - np.searchsorted(account, account)
    few = ordinal < model.users_at_most
    to_day = np.where(to_day < end, np.maximum(to_day, from_day + 1), months.NEVER)
    number = accounts.numbers[account]
    given = (draws.hashed("given name", number, ordinal) * len(GIVEN_NAMES)).astype(np.int64)
    family = (draws.hashed("family name", number, ordinal) * len(SURNAMES)).astype(np.int64)
    return People(*(column[few] for column in (account, ordinal, role, given, family, from_day, to_day)))


def access_ends(accounts: Accounts, lives: Lives) -> Ints:
    """The day after the last day that each account could use the product; the day it came for those that never did."""
    last = np.where(lives.slots.on, lives.slots.to_day, 0).max(axis=1)
    return np.asarray(np.maximum(last, accounts.created + 1))


_Rows = tuple[Ints, Ints, Ints, Ints]


def _champions(accounts: Accounts, lives: Lives, draws: Draws) -> _Rows:
    """The first champion of each account, and the one who came after each that left."""
    left, came = lives.behaviour.champion_left, lives.behaviour.champion_came
    leaver, left_in = np.nonzero(left)
    comer, came_in = np.nonzero(came)
    day_left = _day(accounts, lives, draws, "champion left", leaver, left_in)
    account = np.concatenate([np.arange(accounts.size), comer])
    from_day = np.concatenate([accounts.created, _day(accounts, lives, draws, "champion came", comer, came_in)])
    rank = np.concatenate([np.zeros(accounts.size, dtype=np.int64), 1 + _rank(comer)])
    to_day = np.full((accounts.size, int(_rank(leaver).max(initial=0)) + 2), months.NEVER)
    to_day[leaver, _rank(leaver)] = day_left
    return account, np.full(len(account), CHAMPION), from_day, to_day[account, np.minimum(rank, to_day.shape[1] - 1)]


def _founders(model: Model, accounts: Accounts, draws: Draws) -> _Rows:
    """Up to three more at first: in the first days where somebody invited them, else only once the account pays."""
    wanted = accounts.codes["company_size"] // 2 + (draws.uniform("users") * 2).astype(np.int64)
    account, ordinal = np.nonzero(np.arange(1, model.users_at_first) <= wanted[:, None])
    ordinal += 1
    number = accounts.numbers[account]
    soon = 2 + (draws.hashed("founder soon", number, ordinal) * 8).astype(np.int64) + FOLLOWS[ordinal]
    later = 5 + (draws.hashed("founder later", number, ordinal) * 36).astype(np.int64)
    paid = np.minimum(accounts.paid_from[account], months.NEVER)
    from_day = np.where(accounts.steps[account, -1], accounts.created[account] + soon, paid + later)
    return account, ordinal, from_day, from_day + _stays(model, draws, number, ordinal)


FOLLOWS = np.array([0, 0, 1, 1])
"""Days that the later ones of the first people wait for the invitation to reach them."""


def _joiners(model: Model, accounts: Accounts, lives: Lives, draws: Draws) -> _Rows:
    """Members who come in later months, unless nobody does anything then."""
    use = lives.behaviour.use
    account, month = np.nonzero((draws.uniform("member joins", use.shape[1]) < model.member_joins) & (use > 0))
    from_day = _day(accounts, lives, draws, "member joins", account, month)
    number = accounts.numbers[account]
    return account, np.full(len(account), MEMBER), from_day, from_day + _stays(model, draws, number, 100 + month)


def _stays(model: Model, draws: Draws, number: Ints, key: Ints) -> Ints:
    """For how many days a member stays."""
    leaves = draws.hashed("member leaves", number, key) < model.member_leaves
    days = 30 + (draws.hashed("member stays", number, key) * (MEMBER_DAYS - 30)).astype(np.int64)
    return np.where(leaves, days, months.NEVER)


def _day(accounts: Accounts, lives: Lives, draws: Draws, purpose: str, account: Ints, month: Ints) -> Ints:
    """A day inside the billing month, after its first."""
    starts = lives.behaviour.starts
    start, after = starts[account, month], starts[account, month + 1]
    chance = draws.hashed(f"day: {purpose}", accounts.numbers[account], month)
    return np.asarray(start + 1 + (chance * (after - start - 1)).astype(np.int64))


def _rank(account: Ints) -> Ints:
    """How many rows of the same account come before each row; `account` is sorted."""
    return np.arange(len(account)) - np.searchsorted(account, account)
