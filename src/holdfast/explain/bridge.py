"""From the number of one policy to that of another: what each switch contributes.

Switches are turned one after the other in the order in which `holdfast policies` lists them, so that the same two
policies always give the same parts. What a switch contributes depends on those turned before it; the order is part of
the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from holdfast.explain.walk import Ask, Figures, Leg, Walk, walk
from holdfast.metrics.policy import SWITCHES, Policy, policy_with
from holdfast.metrics.query import MetricQuery
from holdfast.metrics.registry import Metric

if TYPE_CHECKING:
    from holdfast.charts.parts import Drawing
    from holdfast.charts.theme import Canvas


@dataclass(frozen=True)
class Bridge:
    """The difference between two policies for one period, switch by switch; one walk for each row of the answer."""

    metric: Metric
    period: date
    query: MetricQuery
    from_policy: Policy
    to_policy: Policy
    column: str
    walks: tuple[Walk, ...]
    without_effect: tuple[str, ...]
    """Switches on which the policies differ and that this metric does not heed."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Display names of the accounts that moved most."""

    def to_json(self) -> dict[str, Any]:
        """The bridge as plain data: numbers with all their digits."""
        return {
            "metric": self.metric.name,
            "period": self.period.isoformat(),
            "grain": self.query.grain,
            "figure": self.column,
            "from_policy": self.from_policy.name,
            "to_policy": self.to_policy.name,
            "bridges": [walk.to_json() for walk in self.walks],
            "without_effect": list(self.without_effect),
        }

    def chart(self, canvas: Canvas | None = None) -> Drawing:
        """A waterfall from one number to the other."""
        from holdfast.explain.waterfall import waterfall

        return waterfall(self.metric, self.query, self.walks, self.from_policy.name, self.to_policy.name, canvas)

    def _repr_html_(self) -> str:
        from holdfast.explain import blocks, tell

        return blocks.as_html(tell.bridge(self))

    def __str__(self) -> str:
        from holdfast.explain import blocks, tell

        return blocks.as_text(tell.bridge(self))


def legs(metric: Metric, query: MetricQuery, to_policy: Policy) -> list[Leg]:
    """One leg for each switch that differs and that the metric heeds, in the order of the switches.

    >>> from holdfast.metrics import catalog
    >>> from holdfast.metrics.policy import policy
    >>> query = MetricQuery("mrr", date(2026, 1, 1), date(2026, 1, 31), "month", date(2026, 2, 1))
    >>> [(leg.name, leg.before, leg.after) for leg in legs(catalog.find("mrr"), query, policy("recurly"))]
    [('day_factor', '365/12', '30'), ('refunds', 'ignore', 'subtract'), ('reactivation', 'any', 'after-1-month')]
    """
    found, current = [], query.policy
    for switch in SWITCHES:
        before, after = current[switch], to_policy[switch]
        if before != after and switch in metric.heeds:
            current = Policy(
                f"{query.policy.name} on the way to {to_policy.name}", policy_with(current, **{switch: after}).switches
            )
            found.append(Leg(switch, SWITCHES[switch].meaning, replace(query, policy=current), before, after))
    return found


def bridge(metric: Metric, query: MetricQuery, to_policy: Policy, ask: Ask, column: str, at: Figures) -> Bridge:
    """The bridge from the question's policy to another, for the question's one period."""
    turned = legs(metric, query, to_policy)
    others = tuple(name for name in SWITCHES if name not in metric.heeds and query.policy[name] != to_policy[name])
    walks = walk(metric, query, turned, ask, column, at)
    return Bridge(metric, query.start, query, query.policy, to_policy, column, tuple(walks), others)
