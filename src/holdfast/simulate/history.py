"""What is kept of the months that were lived: slots, charges, leavings."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np

from holdfast.simulate.draws import Flags, Floats, Ints

ACTIVE, TRIALING, PAST_DUE, PAUSED = range(4)
STATUSES = ("active", "trialing", "past_due", "paused")
VOLUNTARY, INVOLUNTARY, DURING_PAUSE = range(3)
CAUSES = ("voluntary", "involuntary", "during_pause")


@dataclass(frozen=True)
class Slots:
    """The state of each account (rows) over successive stretches of days (columns); only those that are `on` exist.

    Column 0 is the trial; columns 1 + 2k and 2 + 2k are month k: from its first day, and from a change within it.
    """

    on: Flags
    from_day: Ints
    to_day: Ints
    status: Ints
    subscription: Ints
    plan: Ints
    seats: Ints
    discount: Ints
    add_ons: Flags
    """With one more axis: the add-ons."""


@dataclass(frozen=True)
class _Rows:
    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        names = [column.name for column in fields(cls)]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


@dataclass(frozen=True)
class Charges(_Rows):
    """Renewals that fell due. `account` is the row of the block, `month` the column of months."""

    account: Ints
    month: Ints
    day: Ints
    service_to: Ints
    failed: Flags
    retry_day: Ints
    """Day that a failed payment was recovered, `NEVER` where it was not."""


@dataclass(frozen=True)
class Leavings(_Rows):
    """Subscriptions that somebody cancelled, or that ended unpaid."""

    account: Ints
    subscription: Ints
    requested: Ints
    effective: Ints
    cause: Ints


@dataclass(frozen=True)
class Behaviour:
    """What people did: one row for each account, one column for each billing month."""

    use: Floats
    """How much they did, against their habit; 0 where nobody did anything."""
    champion_left: Flags
    champion_came: Flags
    """A successor of the champion."""
    piled_up: Flags
    """Tickets that stayed open."""
    projects: Ints
    seats: Ints
    plan: Ints
    running: Flags
    starts: Ints
    """First days of the months, and one more column: the day after the last month."""
    exposed: Floats
    """For each trigger, and last for narrow use: months at risk in which it acted, decisions to leave in them, and how
    many were to be expected without it."""


@dataclass(frozen=True)
class Lives:
    """Everything that happened to a block of accounts."""

    slots: Slots
    charges: Charges
    leavings: Leavings
    pauses: Ints
    """First days of pauses."""
    at_risk: Ints
    """Subscription months, wholly past, in which somebody could decide to leave: by subscription month."""
    decided: Ints
    """Decisions to leave in them."""
    behaviour: Behaviour


@dataclass
class Record:
    """Collects a history while time runs."""

    months: int
    slots: list[dict[str, Any]] = field(default_factory=list)
    charges: list[Charges] = field(default_factory=list)
    leavings: list[Leavings] = field(default_factory=list)
    pauses: list[Ints] = field(default_factory=list)
    at_risk: Ints = field(init=False)
    decided: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.at_risk, self.decided = (np.zeros(self.months, dtype=np.int64) for _ in range(2))

    def count(self, age: Ints, at_risk: Flags, decided: Flags) -> None:
        self.at_risk += np.bincount(age[at_risk], minlength=self.months)
        self.decided += np.bincount(age[decided], minlength=self.months)

    def leave(self, who: Flags, subscription: Ints, requested: Ints, effective: Ints, cause: int) -> None:
        rows = np.flatnonzero(who)
        causes = np.full(len(rows), cause)
        self.leavings.append(Leavings(rows, subscription[rows], requested[rows], effective[rows], causes))

    def lives(self, behaviour: Behaviour) -> Lives:
        slots = Slots(**{name: np.stack([slot[name] for slot in self.slots], axis=1) for name in self.slots[0]})
        return Lives(
            slots,
            Charges.joined(self.charges),
            Leavings.joined(self.leavings),
            np.concatenate(self.pauses),
            self.at_risk,
            self.decided,
            behaviour,
        )
