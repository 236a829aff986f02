"""Where each account of a block stands while time runs, and the month that it is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from holdfast.simulate.accounts import Accounts
from holdfast.simulate.causes import TRIGGERS
from holdfast.simulate.draws import Draws, Flags, Floats, Ints
from holdfast.simulate.model import ADD_ONS, Model

NEVER_LEAVES = 10_000
PURPOSES = (
    *("return", "fail", "recover", "retry", "leave", "leave day", "pause", "pause length", "resume"),
    *("seats up", "seats down", "seats by", "plan up", "plan down", "change day"),
    *(f"{kind} {plan.plan_id}" for plan in ADD_ONS for kind in ("buy", "drop")),
    *(f"begins: {trigger.name}" for trigger in TRIGGERS),
    *("projects", "successor", "successor delay"),
)
"""What chance decides in a month: each has a uniform number of its own for every account and month."""


@dataclass
class State:
    """Where each account stands now: `age` is the subscription month, from 0; `leave_at` is the month of its end."""

    live: Flags
    age: Ints
    subscription: Ints
    plan: Ints
    seats: Ints
    add_ons: Flags
    paused_months: Ints
    resuming: Flags
    leave_at: Ints
    gone_months: Ints
    strained_months: Ints

    @classmethod
    def before_start(cls, accounts: Accounts) -> State:
        zeros = np.zeros(accounts.size, dtype=np.int64)
        return cls(
            live=zeros > 0,
            age=zeros.copy(),
            subscription=zeros.copy(),
            plan=accounts.plan.copy(),
            seats=accounts.seats.copy(),
            add_ons=np.zeros((accounts.size, len(ADD_ONS)), dtype=np.bool_),
            paused_months=zeros.copy(),
            resuming=zeros > 0,
            leave_at=np.full(accounts.size, NEVER_LEAVES),
            gone_months=zeros.copy(),
            strained_months=zeros.copy(),
        )

    @property
    def paused(self) -> Flags:
        return np.asarray(self.live & (self.paused_months > 0))

    @property
    def running(self) -> Flags:
        return np.asarray(self.live & (self.paused_months == 0))

    @property
    def staying(self) -> Flags:
        """Running, and nobody asked to end it."""
        return np.asarray(self.running & (self.leave_at == NEVER_LEAVES))

    def start(self, who: Flags) -> None:
        """A new subscription for each of them, with the plan and the seats that they had last."""
        self.live |= who
        self.subscription += who
        for counter in (self.age, self.gone_months, self.strained_months, self.paused_months):
            counter[who] = 0
        self.leave_at[who] = NEVER_LEAVES
        self.add_ons[who] = False

    def advance(self, model: Model, *, strained: Flags, lost: Flags, pausing: Ints) -> None:
        """The month is over."""
        self.live &= ~lost
        self.age += 1
        self.gone_months += ~self.live
        self.strained_months = np.where(strained, model.failed_payment_months, np.maximum(self.strained_months - 1, 0))
        self.resuming = self.live & (self.paused_months == 1)
        self.paused_months = np.where(pausing > 0, pausing, np.maximum(self.paused_months - 1, 0))


@dataclass(frozen=True)
class Month:
    """One billing month, which each account begins on a day of its own; `begun` where that day has come."""

    index: int
    starts: Ints
    """The first days of all months: one row for each account."""
    end_of_window: int
    chance: Mapping[str, Floats]
    """A uniform number for each of `PURPOSES` and each account."""

    @classmethod
    def all(cls, starts: Ints, draws: Draws, end_of_window: int, count: int) -> list[Month]:
        chances = {name: np.ascontiguousarray(draws.uniform(f"month: {name}", count).T) for name in PURPOSES}
        return [
            cls(k, starts, end_of_window, {name: chance[k] for name, chance in chances.items()}) for k in range(count)
        ]

    @property
    def start(self) -> Ints:
        return self.starts[:, self.index]

    @property
    def next(self) -> Ints:
        return self.starts[:, self.index + 1]

    @property
    def begun(self) -> Flags:
        return self.start <= self.end_of_window

    @property
    def over(self) -> Flags:
        return self.next <= self.end_of_window

    def later(self, months: Ints | int) -> Ints:
        """The first day of the month that comes so many months later."""
        return np.asarray(self.starts[np.arange(len(self.starts)), self.index + months])

    def day(self, purpose: str) -> Ints:
        """A day inside the month, after its first."""
        return self.start + 1 + (self.chance[purpose] * (self.next - self.start - 1)).astype(np.int64)

    def one_of(self, purpose: str, values: tuple[int, ...]) -> Ints:
        return np.asarray(np.array(values)[(self.chance[purpose] * len(values)).astype(np.int64)])
