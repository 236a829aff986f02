"""Who is active: counts, stickiness, days of use, and where the active come from."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction

from .days import every_day
from .usage_view import Act, Rows, Usage
from .view import Window


def days_of(usage: Usage, acts: list[Act], window: Window) -> dict[str, set[int]]:
    """The days in the window on which each one was active."""
    found: dict[str, set[int]] = defaultdict(set)
    for act in acts:
        unit = usage.unit(act)
        if unit is not None and window.holds(act.day):
            found[unit].add(act.day.toordinal())
    return found


def active(usage: Usage) -> Rows:
    return [
        {"period": window.first, **usage.labels(key), "active": len(days_of(usage, acts, window))}
        for window in usage.windows
        for key, acts in usage.parts(window.end).items()
    ]


def stickiness(usage: Usage) -> Rows:
    rows = []
    for window in usage.windows:
        passed = len(every_day(window.first, window.end)) if window.first <= usage.q.today else 0
        for key, acts in usage.parts(window.end).items():
            days = days_of(usage, acts, window)
            mean = Fraction(sum(map(len, days.values())), passed) if passed else None
            rate = mean / len(days) if mean is not None and days else None
            shown = {"mean_daily": mean, "active": len(days), "rate": rate}
            rows.append({"period": window.first, **usage.labels(key), **shown})
    return rows


def active_days(usage: Usage) -> Rows:
    rows = []
    for window in usage.windows:
        for key, acts in usage.parts(window.end).items():
            counts = Counter(map(len, days_of(usage, acts, window).values()))
            rows += [
                {"period": window.first, **usage.labels(key), "days": days, "people": counts[days]}
                for days in range(1, (window.period.last - window.first).days + 2)
            ]
    return rows


def lifecycle(usage: Usage) -> Rows:
    rows = []
    for window in usage.windows:
        begun = window.first <= usage.q.today
        for key, acts in usage.parts(window.end).items():
            now = usage.units(act for act in acts if window.holds(act.day))
            before = usage.units(act for act in acts if usage.before(window).holds(act.day))
            ever = usage.units(act for act in acts if act.day < window.first)
            rows.append(
                {
                    "period": window.first,
                    **usage.labels(key),
                    "new": len(now - ever),
                    "returning": len(now & before),
                    "resurrected": len(now & ever - before),
                    "dormant": len(before - now) if begun else 0,
                }
            )
    return rows


def account_usage(usage: Usage) -> Rows:
    usage.seen = usage.seen_in(usage.acts)
    rows = []
    for window in usage.windows:
        for key, acts in usage.parts(window.end, usage.acts).items():
            for feature in usage.features:
                own = [act for act in acts if window.holds(act.day) and usage.shows(feature, act)]
                shown = {
                    "events": len(own),
                    "active_days": len({act.day for act in own}),
                    "people": len({act.person for act in own} - {None}),
                }
                rows.append({"period": window.first, "feature": feature, **usage.labels(key), **shown})
    return rows
