"""Churn by subscription month, made usable where few customers are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

FEWEST = 30
"""A month with fewer customers at risk borrows from its neighbours."""


class Observed(NamedTuple):
    """One subscription month over all cohorts: how many entered it, and how many left by its end."""

    at_risk: int
    churned: int


@dataclass(frozen=True)
class Hazards:
    """The share that leaves in each subscription month (1 is the first), from all cohorts together.

    hazard(k) = sum of churned / sum of at risk over the months k - w to k + w, where w is the smallest number at
    which at least `fewest` are at risk in them. A month beyond those observed is reached from the last ones in the
    same way. So a well-known month stands for itself, and an old one is as the last well-known years.

    >>> hazards = Hazards({1: Observed(100, 10), 2: Observed(80, 4), 3: Observed(20, 0)})
    >>> hazards.of(1), hazards.of(3), hazards.of(9), hazards.borrowed(3)
    (0.1, 0.04, 0.04, True)
    """

    months: Mapping[int, Observed]
    fewest: int = FEWEST

    def of(self, month: int) -> float:
        """The monthly hazard of a subscription month; 0 where nobody was ever at risk."""
        at_risk, churned = self._pooled(month)
        return churned / at_risk if at_risk else 0.0

    def borrowed(self, month: int) -> bool:
        """Whether the month's own customers are too few."""
        own = self.months.get(month)
        return own is None or own.at_risk < self.fewest

    @property
    def at_risk(self) -> int:
        """Months lived by all customers together."""
        return sum(month.at_risk for month in self.months.values())

    @property
    def churned(self) -> int:
        return sum(month.churned for month in self.months.values())

    @property
    def last_known(self) -> int:
        """The last subscription month that stands for itself; 0 where none does."""
        return max((month for month in self.months if not self.borrowed(month)), default=0)

    def _pooled(self, month: int) -> Observed:
        at_risk = churned = 0
        for width in range(max(month, *self.months, 1) + 1):
            for neighbour in {month - width, month + width}:
                own = self.months.get(neighbour, Observed(0, 0))
                at_risk, churned = at_risk + own.at_risk, churned + own.churned
            if at_risk >= self.fewest:
                break
        return Observed(at_risk, churned)
