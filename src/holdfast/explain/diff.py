"""What changed since a number was last shown: by account and by cause.

Between what was known at one time and at a later one, one thing is changed at a time, always in this order: merges of
accounts, then table by table the rows that were corrected and the rows that are new, then the company's policy and
other settings, then the time that passed (an open period is measured at a later day).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from holdfast.explain.walk import Ask, Figures, Leg, Walk, walk
from holdfast.metrics.query import Known, MetricQuery
from holdfast.metrics.registry import Metric
from holdfast.metrics.said import Said

if TYPE_CHECKING:
    from holdfast.charts.parts import Drawing
    from holdfast.charts.theme import Canvas

WORDS = {"subscription_terms": "subscriptions", "account_attributes": "attributes of accounts"}
"""What a table is called where its name would not do."""
MERGES = "account_merges"
News = Callable[[str], tuple[int, int]]
"""How many rows of a table were corrected, and how many are new, between the two times."""


@dataclass(frozen=True)
class Diff:
    """The difference between what was known at two times; one walk for each row of the answer."""

    metric: Metric
    earlier: MetricQuery
    later: MetricQuery
    column: str
    walks: tuple[Walk, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    """Display names of the accounts that moved most."""

    def to_json(self) -> dict[str, Any]:
        """The difference as plain data: numbers with all their digits."""
        return {
            "metric": self.metric.name,
            "period": self.earlier.start.isoformat(),
            "grain": self.earlier.grain,
            "figure": self.column,
            "earlier": self.earlier.as_of.isoformat() if self.earlier.as_of else None,
            "later": self.later.as_of.isoformat() if self.later.as_of else None,
            "differences": [walk.to_json() for walk in self.walks],
        }

    def chart(self, canvas: Canvas | None = None) -> Drawing:
        """A waterfall from the earlier number to the later one."""
        from holdfast.explain.waterfall import waterfall

        return waterfall(self.metric, self.earlier, self.walks, "then", "later", canvas)

    def _repr_html_(self) -> str:
        from holdfast.explain import blocks, tell

        return blocks.as_html(tell.diff(self))

    def __str__(self) -> str:
        from holdfast.explain import blocks, tell

        return blocks.as_text(tell.diff(self))


def tables_of(metric: Metric, *queries: MetricQuery) -> list[str]:
    """The tables whose news can change the answer to one of the questions, in the order in which they are applied."""
    found = list(metric.sources)
    for query in queries:
        if query.policy["refunds"] == "subtract":
            found.append("payments")
        if query.by or query.where or query.cohort_by:
            found.append("account_attributes")
        if query.currency:
            found.append("fx_rates")
    return list(dict.fromkeys(found))


def legs(metric: Metric, earlier: MetricQuery, later: MetricQuery, news: News) -> list[Leg]:
    """One leg for each thing that changed between the two questions, in the fixed order."""
    return list(_legs(metric, earlier, later, news))


def _legs(metric: Metric, earlier: MetricQuery, later: MetricQuery, news: News) -> Iterator[Leg]:
    state = earlier
    if merged := sum(news(MERGES)):
        state = _knowing(state, MERGES, Known(later.as_of))
        yield Leg("merge", Said("merges of accounts made or taken back: %(count)s", count=f"{merged:,}"), state)
    for table in tables_of(metric, earlier, later):
        corrected, new = news(table)
        if corrected:
            state = _knowing(state, table, Known(later.as_of, earlier.as_of))
            yield Leg(
                f"changed {table}",
                Said("rows of %(table)s that were corrected: %(count)s", table=called(table), count=f"{corrected:,}"),
                state,
            )
        if new:
            state = _knowing(state, table, Known(later.as_of))
            yield Leg(
                f"new {table}",
                Said("rows of %(table)s that are new: %(count)s", table=called(table), count=f"{new:,}"),
                state,
            )
    yield from _decided(state, later)


def called(table: str) -> Said:
    """What a table is called where people read of it.

    >>> called("subscription_terms"), called("fx_rates")
    ('subscriptions', 'fx rates')
    """
    return Said(WORDS.get(table, table.replace("_", " ")))


def _knowing(query: MetricQuery, table: str, known: Known) -> MetricQuery:
    return replace(query, tables_known=tuple({**dict(query.tables_known), table: known}.items()))


def _decided(state: MetricQuery, later: MetricQuery) -> Iterator[Leg]:
    if state.policy.switches != later.policy.switches:
        state = replace(state, policy=later.policy)
        yield Leg("policy", Said("the company's rules were changed"), state)
    if (state.margin, state.week_start) != (later.margin, later.week_start):
        state = replace(state, margin=later.margin, week_start=later.week_start)
        yield Leg("settings", Said("the margin or the first day of the week was changed"), state)
    if state.today != later.today:
        yield Leg("time", Said("time passed: measured at %(day)s", day=later.today), later)


def diff(
    metric: Metric, earlier: MetricQuery, later: MetricQuery, ask: Ask, column: str, at: Figures, news: News
) -> Diff:
    """What changed between two questions that differ in what was known."""
    found = legs(metric, earlier, later, news)
    return Diff(metric, earlier, later, column, tuple(walk(metric, earlier, found, ask, column, at)))
