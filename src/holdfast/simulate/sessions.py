"""What people do day by day: sessions of a few events each, as often as their account's state makes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.simulate import months
from holdfast.simulate.accounts import Accounts, Window
from holdfast.simulate.causes import AFTER_REQUEST, BEFORE_REQUEST, EXPORTED, IDLE_EVENTS, KEY_EVENT, PAGES, SIGN_IN
from holdfast.simulate.draws import Draws, Flags, Floats, Ints
from holdfast.simulate.happenings import BOTH, USER, Happenings
from holdfast.simulate.history import PAUSED, VOLUNTARY, Lives
from holdfast.simulate.menus import ADD_ON_CODES, CODE, Menus
from holdfast.simulate.model import PLANS
from holdfast.simulate.people import CHAMPION, People

EVENTS_A_SESSION = 4.0
DAYS_A_MONTH = 365 / 12
TRIAL_USE = 2.0
CHAMPION_USE, OTHER_USE = 1.4, 0.85
PAGE_SHARES = (0.05, 0.35)
IDLE_SHARE, ADD_ON_SHARE, NEW_BOARD_SHARE, IDLE_EXPORTS = 0.12, 0.2, 0.12, 0.02
FIRST_HOUR, LAST_HOUR = 8, 18
FEATURE_CODE_OF_BOARDS = CODE["Card Moved"]
TRIAL_MENU = len(PLANS)


@dataclass(frozen=True)
class Presence:
    """A stretch of days on which a person could use the product, the account's state being the same throughout."""

    person: Ints
    account: Ints
    slot: Ints
    from_day: Ints
    to_day: Ints

    @property
    def days(self) -> Ints:
        return self.to_day - self.from_day


def make_sessions(
    window: Window, accounts: Accounts, people: People, lives: Lives, menus: Menus, rate: float, draws: Draws
) -> Happenings:
    """All sessions of a block; a person at their habit makes about `rate` events a month."""
    there = presence(window, people, lives)
    key = (accounts.numbers[there.account], people.ordinal[there.person], there.slot)
    expected = rate * _use(there, lives) * _habit(people, accounts, draws)[there.person] * there.days / DAYS_A_MONTH
    expected *= 0.7 + 0.6 * draws.hashed("month", *key)
    count = (expected / EVENTS_A_SESSION + draws.hashed("sessions", *key)).astype(np.int64)
    row = np.repeat(np.arange(len(count)), count)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    session_key = (*(part[row] for part in key), turn)
    day = _day(there, row, session_key, draws)
    kept = _not_lost(there, lives, row, day, session_key, draws)
    row, day, session_key = row[kept], day[kept], tuple(part[kept] for part in session_key)
    return _events(accounts, people, lives, there, menus, row, day, session_key, draws)


def presence(window: Window, people: People, lives: Lives) -> Presence:
    """Where the slots of the accounts and the stays of their people overlap."""
    slots = lives.slots
    account, slot = np.nonzero(slots.on & (slots.status != PAUSED))
    first = np.searchsorted(people.account, account)
    count = np.searchsorted(people.account, account, side="right") - first
    row = np.repeat(np.arange(len(account)), count)
    person = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    account, slot = account[row], slot[row]
    from_day = np.maximum(slots.from_day[account, slot], people.from_day[person])
    to_day = np.minimum(np.minimum(slots.to_day[account, slot], people.to_day[person]), window.end + 1)
    real = from_day < to_day
    return Presence(*(column[real] for column in (person, account, slot, from_day, to_day)))


def _use(there: Presence, lives: Lives) -> Floats:
    month = np.maximum(there.slot - 1, 0) // 2
    return np.where(there.slot == 0, TRIAL_USE, lives.behaviour.use[there.account, month])


def _habit(people: People, accounts: Accounts, draws: Draws) -> Floats:
    """How much each person does in an ordinary month, against the mean."""
    own = 0.5 + draws.hashed("habit", accounts.numbers[people.account], people.ordinal)
    return np.asarray(own * np.where(people.role == CHAMPION, CHAMPION_USE, OTHER_USE))


def _day(there: Presence, row: Ints, key: tuple[Ints, ...], draws: Draws) -> Ints:
    """A day of the stretch; of those that fall on a weekend, three in four are drawn once more."""
    first, again = (_inside(there, row, draws.hashed(name, *key)) for name in ("day", "another day"))
    weekend = (first + 3) % 7 >= 5
    return np.where(weekend & (draws.hashed("weekend", *key) < 0.75), again, first)


def _inside(there: Presence, row: Ints, uniform: Floats) -> Ints:
    return np.asarray(there.from_day[row] + (uniform * there.days[row]).astype(np.int64))


def _not_lost(there: Presence, lives: Lives, row: Ints, day: Ints, key: tuple[Ints, ...], draws: Draws) -> Flags:
    """Fewer sessions around a request to leave: before it, and more so after it."""
    requested = requests(lives)[there.account[row], lives.slots.subscription[there.account, there.slot][row]]
    days_before, before = BEFORE_REQUEST
    share = np.where(day >= requested, AFTER_REQUEST, np.where(day >= requested - days_before, before, 1.0))
    return np.asarray(draws.hashed("lost", *key) < share)


def requests(lives: Lives) -> Ints:
    """The day that somebody asked to end each subscription: account by subscription; `NEVER` where nobody did."""
    leavings, slots = lives.leavings, lives.slots
    found = np.full((len(slots.on), int(slots.subscription.max(initial=1)) + 1), months.NEVER)
    asked = leavings.cause == VOLUNTARY
    found[leavings.account[asked], leavings.subscription[asked]] = leavings.requested[asked]
    return found


def _events(
    accounts: Accounts,
    people: People,
    lives: Lives,
    there: Presence,
    menus: Menus,
    row: Ints,
    day: Ints,
    session_key: tuple[Ints, ...],
    draws: Draws,
) -> Happenings:
    """A sign-in and one to five things more in each session."""
    length = 2 + (draws.hashed("length", *session_key) * 5).astype(np.int64)
    hours = FIRST_HOUR + (LAST_HOUR - FIRST_HOUR) * draws.hashed("hour", *session_key)
    session = np.repeat(np.arange(len(row)), length)
    position = np.arange(len(session)) - np.repeat(np.cumsum(length) - length, length)
    key = (*(part[session] for part in session_key), position)
    stretch = row[session]
    person = there.person[stretch]
    second = (
        (hours[session] * 3600).astype(np.int64) + position * 180 + (draws.hashed("s", *key) * 170).astype(np.int64)
    )
    name = _names(accounts, people, lives, there, menus, stretch, key, draws)
    name = np.where(position == 0, CODE[SIGN_IN], name)
    pages = name >= CODE[PAGES[0]]
    return Happenings(person, day[session], second, name, np.where(pages, BOTH, USER))


def _names(
    accounts: Accounts,
    people: People,
    lives: Lives,
    there: Presence,
    menus: Menus,
    stretch: Ints,
    key: tuple[Ints, ...],
    draws: Draws,
) -> Ints:
    """What each event is: use of a feature, a page, or something that belongs to no feature."""
    account, slot, person = there.account[stretch], there.slot[stretch], there.person[stretch]
    what, which = draws.hashed("what", *key), draws.hashed("which", *key)
    tried = slot == 0
    feature = menus.pick(account, np.where(tried, TRIAL_MENU, lives.slots.plan[account, slot]), which)
    again = draws.hashed("detail", *key)
    feature = np.where(
        (feature == FEATURE_CODE_OF_BOARDS) & ~tried & (again < NEW_BOARD_SHARE), CODE[KEY_EVENT], feature
    )
    feature = np.where(again > 1 - ADD_ON_SHARE, _add_on(lives, account, slot, which, feature), feature)
    page = CODE[PAGES[0]] + (which * len(PAGES)).astype(np.int64)
    page_share, searches = _tastes(people, accounts, draws)
    is_page = what < page_share[person]
    is_idle = (what > 1 - IDLE_SHARE) & (searches[person] | (again < IDLE_EXPORTS))
    found = np.where(is_page, page, np.where(is_idle, _idle(which, again), feature))
    return np.asarray(found)


def _idle(which: Floats, again: Floats) -> Ints:
    idle = np.where(which < 0.8, CODE[IDLE_EVENTS[0]], CODE[IDLE_EVENTS[1]])
    return np.where(again < IDLE_EXPORTS, CODE[EXPORTED], idle)


def _add_on(lives: Lives, account: Ints, slot: Ints, uniform: Floats, otherwise: Ints) -> Ints:
    """An event of an add-on that the account has; `otherwise` where it has none."""
    found = otherwise
    for number, codes in enumerate(ADD_ON_CODES):
        has = lives.slots.add_ons[account, slot, number]
        found = np.where(has, codes[(uniform * len(codes)).astype(np.int64)], found)
    return found


def _tastes(people: People, accounts: Accounts, draws: Draws) -> tuple[Floats, Flags]:
    """Each person's share of page views, and whether they search: both without any effect."""
    key = (accounts.numbers[people.account], people.ordinal)
    low, high = PAGE_SHARES
    return low + (high - low) * draws.hashed("pages", *key), draws.hashed("searches", *key) < 0.5
