"""What people did, as arrays: one element for each event."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from holdfast.simulate.draws import Ints
from holdfast.simulate.people import People

ANONYMOUS, BOTH, USER = range(3)
"""Which ids an event carries: the anonymous one, both, or the user's."""


@dataclass(frozen=True)
class Happenings:
    """`person` is the row of the people, `second` counts from the day's midnight in UTC, `name` is a code of a name."""

    person: Ints
    day: Ints
    second: Ints
    name: Ints
    ids: Ints

    def __len__(self) -> int:
        return len(self.person)

    def taken(self, rows: Ints) -> Self:
        return type(self)(*(getattr(self, column.name)[rows] for column in fields(self)))

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        return cls(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)))

    def ordered(self, people: People) -> Self:
        """By account and then by time."""
        return self.taken(np.lexsort((self.second, self.day, people.account[self.person])))
