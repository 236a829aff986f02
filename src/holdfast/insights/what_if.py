"""What a change in churn, retention or price does to MRR, revenue and lifetime value: a small model of a company.

The model goes month by month from a day on which everything is known. Customers stand in groups g by the calendar
month they began in; k is the subscription month that a group is in (1 in the month after it began), h(k) its hazard
(see `hazards.py`). With n customers and MRR m of a group, e and c the parts of kept MRR that are added and lost by
expansion and contraction, and new customers of N a month who bring P each:

    n'(g) = n(g) (1 - h(k))
    m'(g) = m(g) (1 - h(k)) (1 + e - c)
    a new group each month: n = N, m = N P (1 + price)

On the changed path h becomes min(1, f h), and all MRR is multiplied by 1 + price in the first month. The factor f is
the wanted monthly churn over the base line's, which is pooled over the months looked at: sum of n h / sum of n.

    MRR(t) = sum of m over the groups at the end of month t        revenue = sum of MRR(t), t = 1 .. months
    LTV = ARPA x margin / churn, of today's ARPA (x (1 + price)) and the pooled churn (x f)

Customers are expected values and may be fractions. Money is in major units, rates are fractions a month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from holdfast.insights.changes import Changes
from holdfast.insights.hazards import Hazards


class Group(NamedTuple):
    """The customers that began in one month."""

    customers: float
    mrr: float


@dataclass(frozen=True)
class Company:
    """A company on a day, as far as the model knows it."""

    groups: Mapping[int, Group]
    """By the subscription month that a group is in during the first month to come."""
    hazards: Hazards
    new_customers: float
    """A month."""
    sale_price: float
    """MRR that a new customer brings."""
    expansion: float
    """Part of the MRR kept that is added a month."""
    contraction: float
    """Part of the MRR kept that is lost a month by those who stay."""
    margin: float = 1.0

    @property
    def customers(self) -> float:
        return sum(group.customers for group in self.groups.values())

    @property
    def mrr(self) -> float:
        return sum(group.mrr for group in self.groups.values())

    @property
    def arpa(self) -> float:
        return self.mrr / self.customers if self.customers else 0.0


class Month(NamedTuple):
    """The end of a month: 0 is today."""

    number: int
    customers: float
    mrr: float


@dataclass(frozen=True)
class Path:
    """One way that the months could go."""

    months: tuple[Month, ...]
    churn: float
    """Monthly customer churn, pooled over the months."""
    ltv: float | None
    """Null without churn."""

    @property
    def revenue(self) -> float:
        """The sum of the MRR at the end of each month to come."""
        return sum(month.mrr for month in self.months[1:])


@dataclass(frozen=True)
class WhatIf:
    """The base line and the changed path, side by side."""

    base: Path
    changed: Path
    churn_factor: float
    """What every hazard was multiplied by."""
    price_factor: float


def what_if(company: Company, changes: Changes, months: int = 12) -> WhatIf:
    """Both paths of a company. Raises `InputError` where a change is not possible.

    A hundred customers who pay 10 each, of whom a tenth leaves each month, and nobody new:

    >>> from holdfast.insights.hazards import Observed
    >>> company = Company({1: Group(100, 1000.0)}, Hazards({1: Observed(1000, 100)}), 0, 0.0, 0.0, 0.0)
    >>> found = what_if(company, Changes.read(churn="-5pp"), months=2)
    >>> [round(month.mrr, 6) for month in found.base.months], [round(month.mrr, 6) for month in found.changed.months]
    ([1000.0, 900.0, 810.0], [1000.0, 950.0, 902.5])
    >>> round(found.base.ltv, 6), round(found.changed.ltv, 6)
    (100.0, 200.0)
    """
    base, churn = _walk(company, months, 1.0, 1.0)
    factor, price = changes.churn_factor(churn), changes.price_factor
    changed, _ = _walk(company, months, factor, price)
    return WhatIf(
        base=Path(base, churn, _ltv(company, churn, 1.0)),
        changed=Path(changed, churn * factor, _ltv(company, churn * factor, price)),
        churn_factor=factor,
        price_factor=price,
    )


def _ltv(company: Company, churn: float, price: float) -> float | None:
    return company.arpa * price * company.margin / churn if churn else None


def _walk(company: Company, months: int, factor: float, price: float) -> tuple[tuple[Month, ...], float]:
    """The ends of the months, today first, and the pooled churn."""
    groups = dict(company.groups)
    ends = [_end(0, list(groups.values()))]
    left = at_risk = 0.0
    for number in range(1, months + 1):
        raised = price if number == 1 else 1.0
        hazards = {age: min(1.0, factor * company.hazards.of(age)) for age in groups}
        left += sum(group.customers * hazards[age] for age, group in groups.items())
        at_risk += sum(group.customers for group in groups.values())
        groups = {age + 1: _kept(company, group, hazards[age], raised) for age, group in groups.items()}
        groups[1] = Group(company.new_customers, company.new_customers * company.sale_price * price)
        ends.append(_end(number, list(groups.values())))
    return tuple(ends), left / at_risk if at_risk else 0.0


def _kept(company: Company, group: Group, hazard: float, raised: float) -> Group:
    kept = 1.0 - hazard
    return Group(group.customers * kept, group.mrr * kept * (1.0 + company.expansion - company.contraction) * raised)


def _end(number: int, groups: Sequence[Group]) -> Month:
    return Month(number, sum(group.customers for group in groups), sum(group.mrr for group in groups))
