"""What a what-if rests on, in sentences with its figures, and what it does not know."""

from __future__ import annotations

from fractions import Fraction

from holdfast.calculators.numbers import shown
from holdfast.insights.changes import Changes, annual_retention
from holdfast.insights.hazards import FEWEST
from holdfast.insights.observed import WINDOW, Observation
from holdfast.insights.what_if import WhatIf

UNKNOWN = (
    "What the change costs, and how it could be brought about.",
    "Whether another price makes customers leave or stay away: churn and new customers stay as they are.",
    "Whether customers who are kept expand or shrink like the others: they are taken to.",
    "Season, customers who come back, and anything that differs from the months it learnt from.",
)


def percent(rate: float) -> str:
    """A rate inside a sentence: without a space, at which a line could break.

    >>> percent(0.0222)
    '2.22%'
    """
    return shown(Fraction(rate), "rate").replace(" ", "")


def assumptions(observation: Observation, changes: Changes, found: WhatIf) -> tuple[str, ...]:
    """One sentence or two for each thing that was taken to be so."""
    margin = percent(observation.company.margin)
    return (
        _beginning(observation),
        _leaving(observation),
        _coming(observation),
        _churn(observation, found),
        *_changed_churn(changes, found),
        *_changed_price(changes),
        f"Revenue is the sum of MRR at each month's end; LTV is today's ARPA x margin of {margin} / monthly churn.",
    )


def _beginning(observation: Observation) -> str:
    company, code = observation.company, observation.currency
    return (
        f"It begins at the close of {observation.month:%B %Y} with {company.customers:,.0f} customers and an MRR of "
        f"{company.mrr:,.2f} {code}: {company.arpa:,.2f} each, by the month they began in with what those pay now."
    )


def _leaving(observation: Observation) -> str:
    hazards = observation.company.hazards
    return (
        f"In each subscription month the share leaves that left in all cohorts: {hazards.churned:,} in "
        f"{hazards.at_risk:,} months lived. A month with fewer than {FEWEST} at risk, here each after month "
        f"{hazards.last_known}, is pooled with its neighbours on both sides until {FEWEST} are reached."
    )


def _coming(observation: Observation) -> str:
    company = observation.company
    return (
        f"{company.new_customers:,.1f} new customers come a month and bring {company.sale_price:,.2f} "
        f"{observation.currency} each. Who stays adds {percent(company.expansion)} to its MRR a month and takes "
        f"{percent(company.contraction)} off it. These are means of the {WINDOW} complete months before."
    )


def _churn(observation: Observation, found: WhatIf) -> str:
    measured = observation.measured_churn
    known = "" if measured is None else f" The metric ltv measured {percent(measured)} over the last {WINDOW} months."
    return f"As it is, {percent(found.base.churn)} leave a month, over all customers and months ahead.{known}"


def _changed_churn(changes: Changes, found: WhatIf) -> tuple[str, ...]:
    named = (("churn", changes.churn), ("retention", changes.retention))
    asked = [f"{name} {change}" for name, change in named if change is not None]
    if not asked:
        return ()
    before, after = annual_retention(found.base.churn), annual_retention(min(1.0, found.changed.churn))
    says = (
        f"With {', then '.join(asked)}, {percent(found.changed.churn)} leave a month: {percent(after)} are kept a year "
        f"in place of {percent(before)}, compounded. Each subscription month's churn is multiplied by "
        f"{found.churn_factor:.3f}, from the first month on."
    )
    return (says,)


def _changed_price(changes: Changes) -> tuple[str, ...]:
    if changes.price is None:
        return ()
    return (f"With price {changes.price}, all MRR is raised by it in the first month, and what new customers bring.",)
