"""Events that happen for a reason: sign-up, the first steps, invitations, and exports by those who leave."""

from __future__ import annotations

import numpy as np

from holdfast.simulate import months
from holdfast.simulate.accounts import COMPLETED, Accounts, Window
from holdfast.simulate.causes import EXPORT_DAYS, EXPORT_SHARE, EXPORTED, FINISHED, PAGES, SIGN_UP
from holdfast.simulate.draws import Draws, Flags, Floats, Ints
from holdfast.simulate.happenings import ANONYMOUS, BOTH, USER, Happenings
from holdfast.simulate.history import VOLUNTARY, Lives
from holdfast.simulate.menus import CODE
from holdfast.simulate.model import Model
from holdfast.simulate.people import CHAMPION, People

HOUR = 3_600
SIGN_UP_HOUR, STEP_HOUR = 7, 10
VISITS_AT_MOST, VISIT_DAYS = 3, 4
INVITE = CODE["Invite Sent"]


def make_steps(
    model: Model, window: Window, accounts: Accounts, people: People, lives: Lives, draws: Draws
) -> Happenings:
    """All of them that fall into the window, into the person's stay, and into no month of silence."""
    found = Happenings.joined(
        [
            _visits(window, accounts, people, draws),
            _sign_ups(accounts, people, draws),
            _first_steps(model, accounts, people, draws),
            _invitations(accounts, people, draws),
            _exports(accounts, people, lives, draws),
        ]
    )
    real = (found.day <= window.end) & (found.day < people.to_day[found.person])
    found = found.taken(np.flatnonzero(real))
    return found.taken(np.flatnonzero(~_silent(people.account[found.person], found.day, lives)))


def _silent(account: Ints, day: Ints, lives: Lives) -> Flags:
    """Whether the account does nothing in the billing month that holds the day."""
    month = (lives.behaviour.starts[account] <= day[:, None]).sum(axis=1) - 1
    running = lives.behaviour.running[account, np.minimum(month, lives.behaviour.use.shape[1] - 1)]
    use = lives.behaviour.use[account, np.minimum(month, lives.behaviour.use.shape[1] - 1)]
    return np.asarray((month >= 0) & running & (use == 0))


def _visits(window: Window, accounts: Accounts, people: People, draws: Draws) -> Happenings:
    """Pages that a person looks at before signing up: the first of an account some days ahead, others just before."""
    person, visit = np.nonzero(np.ones((len(people), VISITS_AT_MOST), dtype=np.bool_))
    key = (accounts.numbers[people.account[person]], people.ordinal[person], visit)
    wanted = draws.hashed("visit", *key) < 0.6
    ahead = np.where(people.ordinal[person] == 0, (draws.hashed("visit day", *key) * VISIT_DAYS).astype(np.int64), 0)
    day = np.maximum(people.from_day[person] - ahead, window.start)
    page = CODE[PAGES[0]] + (draws.hashed("visit page", *key) * len(PAGES)).astype(np.int64)
    second = 6 * HOUR + (draws.hashed("visit time", *key) * (HOUR - 1)).astype(np.int64)
    found = Happenings(person, day, second, page, np.full(len(person), ANONYMOUS))
    return found.taken(np.flatnonzero(wanted))


def _sign_ups(accounts: Accounts, people: People, draws: Draws) -> Happenings:
    """The call in which a person's anonymous id and user id are seen together for the first time."""
    person = np.arange(len(people))
    key = (accounts.numbers[people.account], people.ordinal)
    second = SIGN_UP_HOUR * HOUR + (draws.hashed("sign-up time", *key) * (HOUR - 1)).astype(np.int64)
    return _same(person, people.from_day, second, CODE[SIGN_UP], BOTH)


def _first_steps(model: Model, accounts: Accounts, people: People, draws: Draws) -> Happenings:
    """What the one who signed up does in the first two weeks, or leaves."""
    first = np.flatnonzero(people.ordinal == 0)
    account = people.account[first]
    done = [*accounts.steps[account].T, accounts.comments[account], accounts.codes["onboarding"][account] == COMPLETED]
    names = [*(step.event for step in model.trial_steps), "Comment Added", FINISHED]
    spans = [(0, 3), (0, 2), (2, 9), (9, 13)]
    parts = []
    for name, does, (low, high) in zip(names, done, spans, strict=True):
        chance = draws.hashed(f"step: {name}", accounts.numbers[account])
        wait = np.minimum(low + (chance * (high - low)).astype(np.int64), model.trial_days - 1)
        second = STEP_HOUR * HOUR + (chance * 1e6 % 1 * HOUR).astype(np.int64)
        rows = np.flatnonzero(does)
        parts.append(_same(first[rows], (accounts.created[account] + wait)[rows], second[rows], CODE[name], USER))
    return Happenings.joined(parts)


def _invitations(accounts: Accounts, people: People, draws: Draws) -> Happenings:
    """Who joins a paying account was invited that day by its first champion, where that one is still there."""
    first = np.searchsorted(people.account, people.account)
    later = people.from_day >= accounts.paid_from[people.account]
    invited = (people.ordinal > 0) & (people.role != CHAMPION) & later & (people.from_day < people.to_day[first])
    rows = np.flatnonzero(invited)
    second = 6 * HOUR + (
        draws.hashed("invited at", accounts.numbers[people.account[rows]], people.ordinal[rows]) * HOUR
    )
    return _same(first[rows], people.from_day[rows], second.astype(np.int64), INVITE, USER)


def _exports(accounts: Accounts, people: People, lives: Lives, draws: Draws) -> Happenings:
    """Half of those who leave take their data with them."""
    leavings = lives.leavings
    key = (accounts.numbers[leavings.account], leavings.subscription)
    day = leavings.requested - EXPORT_DAYS + (draws.hashed("export day", *key) * 3 * EXPORT_DAYS).astype(np.int64)
    day = np.minimum(day, leavings.effective - 1)
    person, present = someone(people, leavings.account, day, draws.hashed("exporter", *key))
    does = present & (leavings.cause == VOLUNTARY) & (draws.hashed("exports", *key) < EXPORT_SHARE)
    rows = np.flatnonzero(does)
    return _same(person[rows], day[rows], np.full(len(rows), 16 * HOUR), CODE[EXPORTED], USER)


def someone(people: People, account: Ints, day: Ints, uniform: Floats) -> tuple[Ints, Flags]:
    """A person of the account, and whether they were there on that day."""
    first = np.searchsorted(people.account, account)
    count = np.searchsorted(people.account, account, side="right") - first
    if not len(people):
        return np.zeros(len(account), dtype=np.int64), np.zeros(len(account), dtype=np.bool_)
    person = np.minimum(first + (uniform * count).astype(np.int64), len(people) - 1)
    there = (people.account[person] == account) & (people.from_day[person] < day) & (day < people.to_day[person])
    return person, there


def _same(person: Ints, day: Ints, second: Ints, name: int, ids: int) -> Happenings:
    """Events of one name and kind."""
    count = len(person)
    return Happenings(person, np.minimum(day, months.NEVER), second, np.full(count, name), np.full(count, ids))
