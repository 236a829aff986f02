"""Support tickets, and the use of what plans limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.simulate import months
from holdfast.simulate.accounts import STARTER, Accounts, Window
from holdfast.simulate.draws import Draws, Flags, Floats, Ints
from holdfast.simulate.history import Lives
from holdfast.simulate.model import PLANS
from holdfast.simulate.people import People
from holdfast.simulate.steps import someone

SUBJECTS = (
    *("A board does not load", "How do I move cards between boards?", "Question about an invoice", "Import is stuck"),
    *("Calendar shows the wrong week", "Please add a colleague", "A comment was lost", "Slow since this morning"),
)
PRIORITIES = ("low", "normal", "high")
TICKETS_A_MONTH, MORE_BY_SIZE = 0.12, 0.1
SOON_DAYS = 6
LATE_DAYS = (45, 105)
ANSWERED = 0.35
"""Share of the closed tickets that are rated."""
SEAT_LIMITS = np.array([plan.limits["seats"] or 10**9 for plan in PLANS])


@dataclass(frozen=True)
class Tickets:
    """One row for each ticket; `person` is -1 where nobody is named, `score` where nobody rated it."""

    account: Ints
    number: Ints
    person: Ints
    opened: Ints
    closed: Ints
    priority: Ints
    subject: Ints
    score: Ints


@dataclass(frozen=True)
class Gauges:
    """The use of a limit at the close of each billing month, or of the last day that there is."""

    account: Ints
    measured: Ints
    projects: Ints
    seats: Ints


def make_tickets(window: Window, accounts: Accounts, people: People, lives: Lives, draws: Draws) -> Tickets:
    """A few each month that are soon closed, and where they pile up, three to five that are not."""
    account, month, turn, late = _wanted(accounts, lives, draws)
    key = (accounts.numbers[account], month, turn, late.astype(np.int64))
    opened = _day_of(lives, account, month, draws.hashed("ticket day", *key))
    chance = draws.hashed("ticket closed", *key)
    low, high = LATE_DAYS
    days = np.where(late, low + chance * (high - low), chance**2 * SOON_DAYS).astype(np.int64)
    person, there = someone(people, account, opened, draws.hashed("ticket by", *key))
    score = 1 + (draws.hashed("ticket score", *key) * np.where(late, 3, 5)).astype(np.int64)
    closed = np.where(opened + days <= window.end, opened + days, months.NEVER)
    rated = (closed < months.NEVER) & (draws.hashed("ticket rated", *key) < ANSWERED)
    order = np.lexsort((opened, account))
    found = Tickets(
        account=account,
        number=np.zeros(len(account), dtype=np.int64),
        person=np.where(there, person, -1),
        opened=opened,
        closed=closed,
        priority=(draws.hashed("ticket priority", *key) ** 0.8 * len(PRIORITIES)).astype(np.int64),
        subject=(draws.hashed("ticket subject", *key) * len(SUBJECTS)).astype(np.int64),
        score=np.where(rated, score, -1),
    )
    columns = {name: values[order] for name, values in vars(found).items()}
    columns["number"] = np.arange(len(order)) - np.searchsorted(columns["account"], columns["account"])
    rows = np.flatnonzero(columns["opened"] <= window.end)
    return Tickets(**{name: values[rows] for name, values in columns.items()})


def _wanted(accounts: Accounts, lives: Lives, draws: Draws) -> tuple[Ints, Ints, Ints, Flags]:
    """Account, month and turn of each ticket, and whether it is one of those that stay open."""
    behaviour = lives.behaviour
    month = np.arange(behaviour.running.shape[1])
    expected = TICKETS_A_MONTH + MORE_BY_SIZE * accounts.codes["company_size"][:, None]
    chance = draws.hashed("tickets", accounts.numbers[:, None], month)
    soon = np.where(behaviour.use > 0, (expected * 2 * chance + draws.uniform("more tickets", len(month))), 0)
    many = 3 + (draws.uniform("piled up", len(month)) * 3).astype(np.int64)
    parts = []
    for late, count in ((False, soon.astype(np.int64)), (True, np.where(behaviour.piled_up, many, 0))):
        account, column = np.nonzero(count)
        row = np.repeat(np.arange(len(account)), count[account, column])
        turn = np.arange(len(row)) - np.searchsorted(row, row)
        parts.append((account[row], column[row], turn, np.full(len(row), late)))
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    return joined[0], joined[1], joined[2], joined[3]


def _day_of(lives: Lives, account: Ints, month: Ints, uniform: Floats) -> Ints:
    """A day of the billing month on which the account has access."""
    start = lives.behaviour.starts[account, month]
    return np.asarray(start + (uniform * (_month_ends(lives)[account, month] - start)).astype(np.int64))


def _month_ends(lives: Lives) -> Ints:
    """The day after the last day of access in each billing month."""
    first, second = lives.slots.to_day[:, 1::2], lives.slots.to_day[:, 2::2]
    return np.where(lives.slots.on[:, 2::2], second, first)


def make_gauges(window: Window, accounts: Accounts, people: People, lives: Lives) -> Gauges:
    """Projects and seats in use: a starter's seats are its people, others buy the seats that they need."""
    behaviour = lives.behaviour
    account, month = np.nonzero(behaviour.running)
    measured = np.minimum(_month_ends(lives)[account, month] - 1, window.end)
    plan = behaviour.plan[account, month]
    seats = np.where(
        plan == STARTER,
        _present(people, account, measured),
        np.minimum(behaviour.seats[account, month], SEAT_LIMITS[plan]),
    )
    seats = np.minimum(seats, SEAT_LIMITS[plan])
    return Gauges(account, measured, behaviour.projects[account, month], seats)


def _present(people: People, account: Ints, day: Ints) -> Ints:
    """How many people of the account were there on the day."""
    base = 10**7
    joined = np.sort(people.account * base + people.from_day)
    left = np.sort(people.account * base + np.minimum(people.to_day, base - 1))
    asked = account * base + day
    return np.searchsorted(joined, asked, side="right") - np.searchsorted(left, asked, side="right")
