"""A what-if about a company, with everything that is needed to question it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from holdfast.errors import InputError
from holdfast.facts.days import add_months
from holdfast.insights.assumptions import UNKNOWN, assumptions
from holdfast.insights.changes import Changes, annual_retention
from holdfast.insights.observed import Asked, Observation, observe
from holdfast.insights.what_if import WhatIf, what_if

MOST_MONTHS = 120


class Line(NamedTuple):
    """One result: what it comes to on both paths. `difference` is null where one of them is."""

    name: str
    kind: str
    base: float | None
    changed: float | None

    @property
    def difference(self) -> float | None:
        return None if self.base is None or self.changed is None else self.changed - self.base


@dataclass(frozen=True)
class Outlook:
    """Both paths of a company, from the close of `observation.month` on."""

    observation: Observation
    changes: Changes
    found: WhatIf

    @property
    def months(self) -> int:
        return len(self.found.base.months) - 1

    @property
    def lines(self) -> tuple[Line, ...]:
        """The results, in the order in which they are read."""
        base, changed = self.found.base, self.found.changed
        return (
            Line("mrr", "money", base.months[-1].mrr, changed.months[-1].mrr),
            Line("revenue", "money", base.revenue, changed.revenue),
            Line("ltv", "money", base.ltv, changed.ltv),
            Line("customers", "count", base.months[-1].customers, changed.months[-1].customers),
            Line("monthly_churn", "rate", base.churn, changed.churn),
            Line("annual_retention", "rate", annual_retention(base.churn), annual_retention(min(1.0, changed.churn))),
        )

    @property
    def monthly(self) -> list[dict[str, Any]]:
        """A row for each month's end, the first for today: date of the month's first day, customers and MRR."""
        pairs = zip(self.found.base.months, self.found.changed.months, strict=True)
        return [
            {
                "month": add_months(self.observation.month, base.number),
                "mrr_base": base.mrr,
                "mrr_changed": changed.mrr,
                "difference": changed.mrr - base.mrr,
                "customers_base": base.customers,
                "customers_changed": changed.customers,
            }
            for base, changed in pairs
        ]

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the figures rest on, with their values."""
        return assumptions(self.observation, self.changes, self.found)

    def to_json(self) -> dict[str, Any]:
        """Plain data, as `--format json` prints it."""
        return {
            "from": self.observation.month.isoformat(),
            "months": self.months,
            "currency": self.observation.currency,
            "policy": self.observation.policy,
            "changes": {name: str(change) for name, change in vars(self.changes).items() if change is not None},
            "results": [line._asdict() | {"difference": line.difference} for line in self.lines],
            "monthly": [row | {"month": row["month"].isoformat()} for row in self.monthly],
            "churn_factor": self.found.churn_factor,
            "price_factor": self.found.price_factor,
            "assumptions": list(self.assumptions),
            "unknown": list(UNKNOWN),
        }


def look_ahead(
    workspace: Asked,
    *,
    churn: Any = None,
    retention: Any = None,
    price: Any = None,
    months: int = 12,
    month: date | None = None,
    currency: str | None = None,
    policy: str | None = None,
    as_of: Any = None,
    progress: Callable[[str], None] = lambda said: None,
) -> Outlook:
    """What a change does over the next months, from this company's own cohorts.

    `churn` moves the monthly customer churn ("-1pp", or "-10%" of it), `retention` the annual customer retention
    ("+5pp"), `price` all MRR ("+3%"). Raises `InputError` where a change is not possible or the history too short.
    """
    changes = Changes.read(churn, retention, price)
    if not 1 <= months <= MOST_MONTHS:
        raise InputError(f"--months {months} is not possible; it takes 1 to {MOST_MONTHS}")
    observation = observe(workspace, month=month, currency=currency, policy=policy, as_of=as_of, progress=progress)
    return Outlook(observation, changes, what_if(observation.company, changes, months))
