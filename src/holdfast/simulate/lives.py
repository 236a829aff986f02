"""What happens to each account, one billing month after the other.

In each month, in this order: an announced end or the end of a pause falls due, a former customer may return, the
renewal is charged and may fail, the customer may decide to leave, to pause, or to change what it buys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.simulate import months
from holdfast.simulate.accounts import LEAST_SEATS, STARTER, Accounts, Window
from holdfast.simulate.draws import Draws, Flags, Floats, Ints
from holdfast.simulate.habits import Habits
from holdfast.simulate.history import (
    ACTIVE,
    DURING_PAUSE,
    INVOLUNTARY,
    PAST_DUE,
    PAUSED,
    TRIALING,
    VOLUNTARY,
    Charges,
    Lives,
    Record,
)
from holdfast.simulate.model import ADD_ONS, PLANS, Model
from holdfast.simulate.state import Month, State

RETRY_DAYS = (3, 5, 7, 14)
PLAN_RATIOS = np.array([plan.hazard_ratio for plan in PLANS])


@dataclass(frozen=True)
class Renewal:
    """How the month's renewals went."""

    failed: Flags
    lost: Flags
    """Failed for good."""
    retry_day: Ints


def live(model: Model, window: Window, accounts: Accounts, draws: Draws) -> Lives:
    """Run time for one block of accounts."""
    first = np.where(accounts.paid_from <= window.end, accounts.paid_from, window.end + 1)
    starts = np.stack([months.add_months(first, k) for k in range(window.months + 13)], axis=1)
    risk = lifelong_ratios(model, accounts)
    state, record = State.before_start(accounts), Record(window.months)
    habits = Habits.before_start(model, accounts)
    record.slots.append(_trial(accounts, state))
    for month in Month.all(starts, draws, window.end, window.months):
        _begin(model, state, month, record)
        opening = _snapshot(accounts, state, month)
        renewal = _renew(model, accounts, state, month, record)
        _leave(model, accounts, state, habits, month, risk, renewal, record)
        pausing = _pause(model, accounts, state, month, renewal, record)
        changed = _change(model, accounts, state, habits, month, renewal)
        habits.live(model, state, month)
        record.slots += _two_slots(model, opening, _snapshot(accounts, state, month), renewal, changed, month)
        strained = renewal.failed & ~renewal.lost
        state.advance(model, strained=strained, lost=renewal.lost, pausing=pausing)
    return record.lives(habits.behaviour(starts[:, window.months]))


def lifelong_ratios(model: Model, accounts: Accounts) -> Floats:
    """The part of the hazard that an account carries all its life."""
    ratio = np.array(model.trial_ratios)[accounts.trial]
    ratio = ratio * np.where(accounts.yearly, model.yearly_ratio, 1.0)
    ratio = ratio * np.where(accounts.diverging, model.diverging_hazard_ratio, 1.0)
    for attribute in model.attributes:
        if attribute.acts:
            ratio = ratio * np.array(attribute.ratios)[accounts.codes[attribute.name]]
    return np.asarray(ratio)


def hazard(model: Model, accounts: Accounts, state: State, risk: Floats) -> Floats:
    """The probability of deciding to leave this month, but for what people do in the product: see `Habits.ratio`."""
    baseline = np.array(model.baseline)[np.minimum(state.age, len(model.baseline) - 1)]
    since = state.age - accounts.discount_months
    dearer = (state.subscription == 1) & (accounts.discount > 0) & (since >= 0) & (since < model.discount_end_months)
    recent = np.where(dearer, model.discount_end_ratio, 1.0)
    recent = recent * np.where(state.strained_months > 0, model.failed_payment_ratio, 1.0)
    return np.asarray(baseline * risk * PLAN_RATIOS[state.plan] * recent)


def _begin(model: Model, state: State, month: Month, record: Record) -> None:
    """What falls due on the month's first day: ends, the ends of pauses, first starts and returns."""
    state.live &= state.leave_at != month.index
    leaves = state.live & state.resuming & month.begun & (month.chance["resume"] < model.pause_ends_in_leaving)
    record.leave(leaves, state.subscription, month.start, month.start, DURING_PAUSE)
    state.live &= ~leaves
    former = ~state.live & (state.subscription > 0) & (state.gone_months >= 1) & (state.gone_months <= 12)
    returns = former & (month.chance["return"] < model.reactivation)
    state.start(month.begun & (returns | (month.index == 0)))


def _renew(model: Model, accounts: Accounts, state: State, month: Month, record: Record) -> Renewal:
    """The renewal's payment; one that fails for good ends the subscription after the days of dunning."""
    due = state.running & month.begun & (~accounts.yearly | (state.age % 12 == 0))
    chance = np.array(model.payment_failure)[accounts.codes["payment_method"]]
    failed = due & (state.age > 0) & (month.chance["fail"] < chance)
    lost = failed & (month.chance["recover"] >= model.recovery)
    retry = month.start + month.one_of("retry", RETRY_DAYS)
    retry = np.where(failed & ~lost & (retry <= month.end_of_window), retry, months.NEVER)
    service_to = np.where(accounts.yearly, month.later(12), month.next)
    who = np.flatnonzero(due)
    index = np.full(len(who), month.index)
    record.charges.append(Charges(who, index, month.start[who], service_to[who], failed[who], retry[who]))
    unpaid_to = month.start + model.dunning_days
    record.leave(lost & (unpaid_to <= month.end_of_window), state.subscription, unpaid_to, unpaid_to, INVOLUNTARY)
    return Renewal(failed, lost, retry)


def _leave(
    model: Model,
    accounts: Accounts,
    state: State,
    habits: Habits,
    month: Month,
    risk: Floats,
    renewal: Renewal,
    record: Record,
) -> None:
    """Decisions to leave: for the end of the paid month, or of the paid year."""
    could = state.staying & ~renewal.lost & month.begun
    day = month.day("leave day")
    now = np.minimum(hazard(model, accounts, state, risk) * habits.ratio(model, accounts, state, month.index), 1)
    decided = could & (month.chance["leave"] < now) & (day <= month.end_of_window)
    ahead = np.where(accounts.yearly, 12 - state.age % 12, 1)
    record.leave(decided, state.subscription, day, month.later(ahead), VOLUNTARY)
    record.count(state.age, could & month.over, decided & month.over)
    habits.count(model, accounts, state, month.index, now, could & month.over, decided & month.over)
    state.leave_at = np.where(decided, month.index + ahead, state.leave_at)


def _pause(model: Model, accounts: Accounts, state: State, month: Month, renewal: Renewal, record: Record) -> Ints:
    """How many months each account pauses for from the next one on; only those who pay by the month do."""
    may = state.staying & ~renewal.lost & ~accounts.yearly & month.over
    pausing = may & (month.chance["pause"] < model.pause)
    record.pauses.append(month.next[pausing])
    return np.where(pausing, month.one_of("pause length", model.pause_months), 0)


def _change(model: Model, accounts: Accounts, state: State, habits: Habits, month: Month, renewal: Renewal) -> Ints:
    """Changes of seats, plan and add-ons within the month: the day for those who made one, `NEVER` for the others."""
    day = month.day("change day")
    may = state.staying & ~renewal.failed & month.begun & (day <= month.end_of_window)
    seats, plan, add_ons = state.seats, state.plan, state.add_ons.copy()
    _change_seats(model, accounts, state, month, may)
    _change_plan(model, state, month, may, habits.pressed(model, month.index))
    for i, add_on in enumerate(ADD_ONS):
        bought = may & (month.chance[f"buy {add_on.plan_id}"] < model.add_on_bought)
        dropped = may & (month.chance[f"drop {add_on.plan_id}"] < model.add_on_dropped)
        state.add_ons[:, i] = np.where(state.add_ons[:, i], ~dropped, bought)
    changed = (seats != state.seats) | (plan != state.plan) | (add_ons != state.add_ons).any(axis=1)
    return np.where(changed, day, months.NEVER)


def _change_seats(model: Model, accounts: Accounts, state: State, month: Month, may: Flags) -> None:
    per_seat = may & (state.plan != STARTER)
    step = np.maximum(1, np.rint(state.seats * (0.1 + 0.3 * month.chance["seats by"]))).astype(np.int64)
    up = per_seat & (month.chance["seats up"] < np.where(accounts.diverging, model.diverging_seats_up, model.seats_up))
    down = per_seat & ~up & (month.chance["seats down"] < model.seats_down)
    smaller = np.maximum(LEAST_SEATS[state.plan], state.seats - step)
    state.seats = np.where(up, state.seats + step, np.where(down, smaller, state.seats))


def _change_plan(model: Model, state: State, month: Month, may: Flags, pressed: Flags) -> None:
    higher = np.minimum(state.plan + 1, len(PLANS) - 1)
    ready = (state.plan == STARTER) | (state.seats * 2 >= LEAST_SEATS[higher])
    chance = model.plan_up * np.where(pressed, model.limit_plan_up_ratio, 1.0)
    up = may & ready & (higher > state.plan) & (month.chance["plan up"] < chance)
    small = (state.plan > STARTER + 1) | (state.seats <= 5)
    down = may & ~up & small & (state.plan > STARTER) & (month.chance["plan down"] < model.plan_down)
    state.plan = np.where(up, higher, state.plan - down)
    state.seats = np.where(up, np.maximum(state.seats, LEAST_SEATS[state.plan]), state.seats)
    state.seats = np.where(down & (state.plan == STARTER), 1, state.seats)


def _snapshot(accounts: Accounts, state: State, month: Month) -> dict[str, Any]:
    discounted = (state.subscription == 1) & (state.age < accounts.discount_months)
    return {
        "on": state.live & month.begun,
        "status": np.where(state.paused, PAUSED, ACTIVE),
        "subscription": state.subscription.copy(),
        "plan": state.plan,
        "seats": state.seats,
        "discount": np.where(discounted, accounts.discount, 0),
        "add_ons": state.add_ons.copy(),
    }


def _two_slots(
    model: Model, opening: dict[str, Any], closing: dict[str, Any], renewal: Renewal, changed: Ints, month: Month
) -> list[dict[str, Any]]:
    """From the month's first day, and from a recovered payment or a change until the next month."""
    turn = np.minimum(renewal.retry_day, changed)
    turns = turn < months.NEVER
    first_to = np.where(turns, turn, np.where(renewal.lost, month.start + model.dunning_days, month.next))
    status = np.where(renewal.failed, PAST_DUE, opening["status"])
    first = opening | {"from_day": month.start, "to_day": first_to, "status": status}
    second = closing | {"on": closing["on"] & turns, "from_day": turn, "to_day": month.next}
    return [first, second]


def _trial(accounts: Accounts, state: State) -> dict[str, Any]:
    return {
        "on": accounts.tried,
        "from_day": accounts.created,
        "to_day": accounts.trial_to,
        "status": np.full(accounts.size, TRIALING),
        "subscription": np.ones(accounts.size, dtype=np.int64),
        "plan": accounts.plan,
        "seats": accounts.seats,
        "discount": state.age.copy(),
        "add_ons": state.add_ons.copy(),
    }
