"""Subscription spans, read off the slots: successive slots in which nothing changed are one span."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from holdfast.facts.money import MICROS
from holdfast.simulate import months
from holdfast.simulate.accounts import ADD_ON_PRICES, FOREVER, PLAN_PRICES, Accounts, Window
from holdfast.simulate.draws import Flags, Ints
from holdfast.simulate.history import ACTIVE, PAST_DUE, Lives, Slots
from holdfast.simulate.model import PLANS, YEARLY_MONTHS

MAIN_ITEM = 0
"""Item 0 is the plan, item 1 the first add-on, and so on."""


@dataclass(frozen=True)
class Spans:
    """Spans of items, as arrays. `account` is the row of the block, `product` an index of plans and then add-ons."""

    account: Ints
    subscription: Ints
    item: Ints
    from_day: Ints
    to_day: Ints
    """`NEVER` where it runs, or where its end is only announced by `cancelled` (see `announced`)."""
    announced: Ints
    """The day that access ends, where somebody asked for it; `NEVER` otherwise."""
    cancelled: Ints
    status: Ints
    product: Ints
    quantity: Ints
    unit: Ints
    """Price of one for a billing interval, in whole major units."""
    discount: Ints
    forever: Flags
    yearly: Flags

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        names = [column.name for column in fields(cls)]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    def __len__(self) -> int:
        return len(self.account)

    @property
    def gross_micros(self) -> Ints:
        return self.unit * self.quantity * MICROS

    @property
    def net_micros(self) -> Ints:
        """Exact: a percentage of whole major units is a whole number of micros."""
        return self.gross_micros * (100 - self.discount) // 100

    @property
    def forever_micros(self) -> Ints:
        return np.where(self.forever, self.net_micros, self.gross_micros)

    @property
    def months(self) -> Ints:
        return np.where(self.yearly, 12, 1)

    @property
    def mrr_micros(self) -> Ints:
        """What the span is worth a month; nothing while it is tried or paused."""
        per_month = (2 * self.net_micros + self.months) // (2 * self.months)
        return np.where((self.status == ACTIVE) | (self.status == PAST_DUE), per_month, 0)

    @property
    def ends(self) -> Ints:
        """The day that access ends, announced or past."""
        return np.minimum(self.to_day, self.announced)


def spans(window: Window, accounts: Accounts, lives: Lives) -> Spans:
    """All spans of a block: those of the plan, then those of each add-on."""
    ends, requests = _endings(accounts, lives)
    items = range(MAIN_ITEM, lives.slots.add_ons.shape[2] + 1)
    return Spans.joined([_item_spans(window, accounts, lives.slots, item, ends, requests) for item in items])


def _endings(accounts: Accounts, lives: Lives) -> tuple[Ints, Ints]:
    """The day that each subscription ends and the day that this was asked for: account by subscription number."""
    leavings, width = lives.leavings, int(lives.slots.subscription.max(initial=1)) + 1
    ends, requests = (np.full((accounts.size, width), months.NEVER) for _ in range(2))
    ends[leavings.account, leavings.subscription] = leavings.effective
    requests[leavings.account, leavings.subscription] = leavings.requested
    return ends, requests


def _item_spans(window: Window, accounts: Accounts, slots: Slots, item: int, ends: Ints, requests: Ints) -> Spans:
    on = slots.on if item == MAIN_ITEM else slots.on & slots.add_ons[:, :, item - 1]
    account, column = np.nonzero(on)
    state = (account, column)
    first, last = _runs(account, slots, state, item)
    opening, closing = (account[first], column[first]), (account[last], column[last])
    yearly = accounts.yearly[account[first]]
    subscription = slots.subscription[opening]
    to_day, announced, cancelled = _ends(
        window, slots.to_day[closing], ends[opening[0], subscription], requests[opening[0], subscription]
    )
    to_day = np.where(
        _told_by_cancellation(slots.from_day[opening], yearly, cancelled, announced, window), months.NEVER, to_day
    )
    plan, main = slots.plan[opening], item == MAIN_ITEM
    price = PLAN_PRICES[plan] if main else np.full(len(plan), ADD_ON_PRICES[item - 1])
    nothing = np.zeros(len(plan), dtype=np.int64)
    return Spans(
        account=account[first],
        subscription=subscription,
        item=nothing + item,
        from_day=slots.from_day[opening],
        to_day=to_day,
        announced=announced,
        cancelled=cancelled,
        status=slots.status[opening],
        product=plan if main else nothing + len(PLANS) + item - 1,
        quantity=slots.seats[opening] if main else nothing + 1,
        unit=price * np.where(yearly, YEARLY_MONTHS, 1),
        discount=slots.discount[opening] if main else nothing,
        forever=(slots.discount[opening] > 0) & (accounts.discount_months[account[first]] == FOREVER) & main,
        yearly=yearly,
    )


def _runs(account: Ints, slots: Slots, state: tuple[Ints, Ints], item: int) -> tuple[Ints, Ints]:
    """Positions of the first and the last slot of each run in which nothing of the item changed."""
    same = account[1:] == account[:-1]
    same &= slots.from_day[state][1:] == slots.to_day[state][:-1]
    watched = [slots.status, slots.subscription]
    if item == MAIN_ITEM:
        watched += [slots.plan, slots.seats, slots.discount]
    for values in watched:
        same &= values[state][1:] == values[state][:-1]
    breaks = np.flatnonzero(~same) + 1
    if not len(account):
        return breaks, breaks
    return np.append(0, breaks), np.append(breaks, len(account)) - 1


def _ends(window: Window, natural: Ints, ends: Ints, requested: Ints) -> tuple[Ints, Ints, Ints]:
    """Last day, announced end and day of cancellation of each span, given the end of its last slot."""
    runs_on = natural > window.end
    to_day = np.where(runs_on, ends, natural)
    ended = to_day == ends
    return to_day, np.where(ended, ends, months.NEVER), np.where(ended & (ends < months.NEVER), requested, months.NEVER)


def _told_by_cancellation(from_day: Ints, yearly: Flags, cancelled: Ints, announced: Ints, window: Window) -> Flags:
    """Where the cancellation alone tells the end that is still to come: billing systems often leave the end out."""
    later = (announced > window.end) & (cancelled < months.NEVER)
    safe = np.where(later, cancelled, from_day)
    return np.asarray(later & (months.interval_end(from_day, np.where(yearly, 12, 1), safe) == announced))
