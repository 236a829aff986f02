"""The one question that can be asked of the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from holdfast.metrics.policy import Policy, policy

Grain = Literal["day", "week", "month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Known:
    """What is known of one table: at an instant (null: all that is known now), and, where `of_keys_at` is given,
    only of the rows whose key was known at that earlier instant.
    """

    at: datetime | None = None
    of_keys_at: datetime | None = None


@dataclass(frozen=True)
class UsageRules:
    """What the company decided about its product's events: which count as use, and what they show."""

    ignored: tuple[str, ...] = ()
    features: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Each feature and the events that show its use; without any, each event is its own feature."""
    key_event: str = ""
    onboarding: tuple[str, ...] = ()


@dataclass(frozen=True)
class MetricQuery:
    """A metric over a range of periods, split and filtered, under a policy, as known at a time.

    `start` and `end` are both inside; the periods that they touch are shown whole. `by` names
    dimensions; `where` holds conditions such as `country = 'DE'`. `today` is the as-of day: nothing
    that lies after it has happened. `as_of` is null for all that is known now. `options` holds what only
    some metrics take, such as `window`.
    """

    metric: str
    start: date
    end: date
    grain: Grain
    today: date
    by: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    policy: Policy = field(default_factory=policy)
    currency: str | None = None
    as_of: datetime | None = None
    week_start: Literal["monday", "sunday"] = "monday"
    margin: float = 1.0
    cohort_by: str | None = None
    """The dimension that makes cohorts, in place of the month of the first payment."""
    options: Mapping[str, int | str] = field(default_factory=dict)
    usage: UsageRules = field(default_factory=UsageRules)
    tables_known: tuple[tuple[str, Known], ...] = ()
    """Tables that are seen as known at another time than `as_of`: a step between two states of knowledge."""

    def known(self, table: str) -> Known:
        """What the question knows of a table."""
        return dict(self.tables_known).get(table, Known(self.as_of))
