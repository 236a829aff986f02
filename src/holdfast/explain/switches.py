"""Which switches of a policy mattered: the number is computed again with each at its other values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from holdfast.metrics.policy import MRR_SWITCHES, PRESETS, SWITCHES, Policy, policy_with
from holdfast.metrics.registry import Metric
from holdfast.metrics.said import Said
from holdfast.metrics.spans import item_mrr

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.explain.walk import Ask
    from holdfast.metrics.query import MetricQuery


@dataclass(frozen=True)
class SwitchUse:
    """One switch that the metric heeds: its value, and whether another value would give another answer."""

    switch: str
    value: str
    meaning: str
    other_values: tuple[str, ...]
    """The values that would change the answer; empty where none would."""
    why_not: str = ""

    @property
    def mattered(self) -> bool:
        return bool(self.other_values)


NEEDS: dict[str, tuple[str, Callable[[ir.Table], ir.BooleanValue]]] = {
    "day_factor": (Said("daily prices"), lambda t: t.billing_interval == "day"),
    "week_factor": (Said("weekly prices"), lambda t: t.billing_interval == "week"),
    "discounts": (Said("discounts"), lambda t: t.net_micros != t.gross_micros),
    "past_due": (Said("past-due subscriptions"), lambda t: t.status == "past_due"),
    "paused": (Said("paused subscriptions"), lambda t: t.status == "paused"),
    "metered": (Said("items billed by use"), lambda t: t.metered),
    "churn_date": (Said("cancellations without an end"), lambda t: t.cancelled_day.notnull() & t.valid_to_day.isnull()),
}
"""What must be among the rows for a switch to act, in words and as a test."""


def present(terms: ir.Table, policy: Policy) -> ir.Table:
    """One row: of each thing that a switch needs, how many subscription rows there are."""
    counts = {name: test(terms).fill_null(False).cast("int64").sum() for name, (_, test) in NEEDS.items()}
    counts["zero_price"] = (item_mrr(terms, policy) == 0).fill_null(False).cast("int64").sum()
    return terms.agg(**{name: count.fill_null(0).cast("int64") for name, count in counts.items()})


def alternatives(switch: str, value: str) -> list[str]:
    """The other values of a switch: those allowed, or where any number is, those of the presets.

    >>> alternatives("churn_denominator", "start"), alternatives("week_factor", "13/3")
    (['start+new'], ['4.33'])
    """
    known = SWITCHES[switch].values or [preset[switch] for preset in PRESETS.values() if switch in preset]
    default = SWITCHES[switch].check(SWITCHES[switch].default)
    return [other for other in dict.fromkeys([default, *known]) if other != value]


def uses(
    metric: Metric, query: MetricQuery, ask: Ask, found: dict[str, int], progress: Callable[[str], None]
) -> list[SwitchUse]:
    """Every switch that the metric heeds, with the values that would change the answer to the question."""
    answer = ask(query).arrow
    return [_use(switch, query, ask, answer, found, progress) for switch in metric.heeds]


def _use(
    switch: str, query: MetricQuery, ask: Ask, answer: object, found: dict[str, int], progress: Callable[[str], None]
) -> SwitchUse:
    value, meaning = query.policy[switch], SWITCHES[switch].meaning
    if switch == "fx" and not query.currency:
        return SwitchUse(switch, value, meaning, (), Said("nothing is converted"))
    if switch in MRR_SWITCHES and found.get(switch) == 0:
        missing = NEEDS[switch][0] if switch in NEEDS else Said("rows priced at zero")
        return SwitchUse(switch, value, meaning, (), Said("there are no %(rows)s", rows=missing))
    progress(f"trying {switch}")
    others = [other for other in alternatives(switch, value) if ask(_with(query, switch, other)).arrow != answer]
    return SwitchUse(switch, value, meaning, tuple(others), "" if others else Said("no other value changes the answer"))


def _with(query: MetricQuery, switch: str, value: str) -> MetricQuery:
    return replace(query, policy=policy_with(query.policy, **{switch: value}))


__all__ = ["SwitchUse", "alternatives", "present", "uses"]
