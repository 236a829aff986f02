"""What has been read from Stripe and is not stored yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any

from holdfast.facts import TABLES
from holdfast.sources.stripe.evidence import Observation, Told
from holdfast.sources.stripe.mirror import Billed, Mirror
from holdfast.sources.stripe.shapes import Object

Row = dict[str, Any]
Owner = tuple[str, str]
"""Kind and id of the object that something came from."""
STRENGTH = {"duplicate": 0, "replaced": 1, "new": 2}


@dataclass
class Waiting:
    """Rows for the lake and evidence for the mirror, each kind together: many are stored in few statements."""

    rows: dict[str, dict[Any, tuple[Row, Owner]]] = field(default_factory=dict)
    kept: dict[Owner, tuple[Any, Owner | None]] = field(default_factory=dict)
    """Content of objects of which the latest state counts, and whose outcome it decides, if any."""
    mentioned: dict[Owner, Any] = field(default_factory=dict)
    """Content of objects that others hold inside them: kept only where nothing is known yet."""
    discounts: dict[str, Object] = field(default_factory=dict)
    bills: dict[str, Billed] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[str, Observation]] = field(default_factory=list)
    told: list[tuple[str, str, Told]] = field(default_factory=list)
    later: list[Callable[[], object]] = field(default_factory=list)
    """What is done last, in its order."""
    outcomes: dict[Owner, str] = field(default_factory=dict)
    objects: int = 0

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def add(self, table: str, rows: Iterable[Row], owner: Owner) -> None:
        waiting, key_of = self.rows.setdefault(table, {}), _key_of(table)
        for row in rows:
            waiting[key_of(row)] = (row, owner)

    def outcome(self, owner: Owner, outcome: str) -> None:
        known = self.outcomes.get(owner)
        self.outcomes[owner] = outcome if known is None else stronger(known, outcome)

    def into(self, mirror: Mirror) -> None:
        """Store the evidence, in a transaction of the caller's."""
        status = mirror.keep_all({key: content for key, (content, _) in self.kept.items()})
        for key, (_, owner) in self.kept.items():
            if owner is not None:
                self.outcome(owner, status[key])
        if any(one == "replaced" for (kind, _), one in status.items() if kind == "price"):
            mirror.mark_all()
        mirror.mention_all(self.mentioned)
        mirror.discounts(self.discounts.values())
        mirror.bills(self.bills.values())
        mirror.links(self.links)
        mirror.see(self.seen)
        mirror.tell(self.told)
        for action in self.later:
            action()


@cache
def _key_of(table: str) -> Callable[[Row], Any]:
    """Gives the columns of a row that its key is made of; of an instant, its seconds."""
    declared = {column.name for column in TABLES[table].own_columns}
    names = [name for name in TABLES[table].key if name != "source"]
    return itemgetter(*(name if name in declared else f"{name}_at" for name in names))


def stronger(one: str, other: str) -> str:
    """The outcome that says more.

    >>> stronger("duplicate", "replaced")
    'replaced'
    """
    return other if STRENGTH[other] > STRENGTH[one] else one
