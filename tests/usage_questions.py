"""Questions about usage metrics: grain, split, condition, options and as-of day go round, each at its own pace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from holdfast.metrics.registry import Metric
from tests.oracle import Question
from tests.usage_strategies import RULES

RANGES = {
    "day": (date(2024, 4, 20), date(2024, 5, 1)),
    "week": (date(2024, 3, 20), date(2024, 5, 4)),
    "month": (date(2024, 2, 29), date(2024, 6, 1)),
    "quarter": (date(2023, 12, 31), date(2024, 6, 30)),
    "year": (date(2023, 1, 1), date(2024, 12, 31)),
}
DAYS = (date(2024, 5, 20), date(2024, 4, 26), date(2024, 7, 31))
KNOWN = (None, None, None, datetime(2024, 4, 15, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC))
SPLITS: tuple[tuple[str, ...], ...] = (
    (), ("country",), ("plan",), (), ("size", "country"), ("account",), ("cohort",), ("product",),
)  # fmt: skip
CONDITIONS: tuple[Mapping[str, Any], ...] = (
    {}, {}, {"country": "DE"}, {}, {"plan": "pro"}, {"size": None}, {"account": "a0001"},
)  # fmt: skip
ASKED: dict[str, tuple[Any, ...]] = {
    "of": ("users", "accounts"),
    "entry": ("first", "recurring", "recurring"),
    "return_on": ("on", "on-or-after"),
    "mode": ("calendar", "rolling"),
    "min_events": (1, 1, 2),
    "start_event": ("", "view", "", "Sign, up"),
    "return_event": ("", "", "report"),
    "within": (0, 7, 0, 30),
    "window": (14, 1, 60),
    "order": ("sequential", "strict", "any"),
    "key_event": ("", "", "view"),
}
FUNNELS = ("view, report", 'view,"Sign, up",export', "invite,view,invite", "report,export,view,invite")
COUNTED = {"feature-adoption": "accounts", "time-to-value": "accounts", "onboarding": "accounts"}
"""Who is counted by a metric that takes no option `of`; users by all others."""


def question(metric: Metric, number: int) -> Question:
    grain = metric.grains[number % len(metric.grains)]
    # the option of every metric turns at its own pace, so that combinations vary
    chosen = {name: values[(number // (1 + place % 4) + place) % len(values)]
              for place, (name, values) in enumerate(ASKED.items())}  # fmt: skip
    if all(option.name != "of" for option in metric.options):
        chosen["of"] = COUNTED.get(metric.name, "users")
    if chosen["order"] == "any" or metric.name == "onboarding":
        chosen["steps"] = FUNNELS[number % 2]
    else:
        chosen["steps"] = FUNNELS[number % len(FUNNELS)]
    start, end = RANGES[grain]
    by = SPLITS[number % len(SPLITS)] if metric.splits is None else ()
    if any(column.name in by for column in metric.columns):
        by = ()
    return Question(
        metric.name,
        start,
        end,
        DAYS[number % len(DAYS)],
        grain=grain,
        period=grain,
        by=by,
        where=CONDITIONS[number % len(CONDITIONS)] if metric.splits is None else {},
        week_start="monday" if number % 2 else "sunday",
        usage=RULES[number // 2 % len(RULES)],
        as_of=KNOWN[number % len(KNOWN)],
        **chosen,
    )
