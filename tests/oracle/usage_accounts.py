"""Lists of accounts: how broadly, how often and how much each uses the product, its silence and its limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from .money import ratio
from .usage_view import Act, Rows, Usage
from .view import Window

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
Measure = Callable[[Usage, str, Window], dict[str, Any]]


def acts_of(usage: Usage, account: str, window: Window) -> list[Act]:
    return [act for act in usage.acts if act.account == account and window.holds(act.day)]


def listed(usage: Usage, measure: Measure, followed: str) -> Rows:
    rows = []
    for window in usage.begun:
        before = usage.before(window)
        known_before = set(usage.looked_at(before))
        for account in usage.looked_at(window):
            key = usage.group(account, window.end)
            if key is None:
                continue
            shown = measure(usage, account, window)
            earlier = measure(usage, account, before)[followed] if account in known_before else None
            rows.append(
                {
                    "period": window.first,
                    "account": account,
                    **usage.labels(key),
                    "status": usage.status(account, window.end),
                    **shown,
                    "trend": less(shown[followed], earlier),
                }
            )
    return rows


def less(now: Any, before: Any) -> Any:
    return None if now is None or before is None else now - before


def breadth(usage: Usage, account: str, window: Window) -> dict[str, Any]:
    if usage.included:
        features = sorted(usage.included.get(usage.plan(account, window.end) or "", ()))
    elif usage.rules.features:
        features = usage.features
    else:
        features = sorted({act.event for act in usage.acts if act.event is not None and act.day <= window.end})
    acts = acts_of(usage, account, window)
    used = sum(any(usage.shows(feature, act) for act in acts) for feature in features)
    return {"used": used, "features": len(features), "rate": ratio(used, len(features))}


def frequency(usage: Usage, account: str, window: Window) -> dict[str, Any]:
    return {"active_days": len({act.day for act in acts_of(usage, account, window)})}


def intensity(usage: Usage, account: str, window: Window) -> dict[str, Any]:
    acts = acts_of(usage, account, window)
    months = {(a.day.year, a.day.month) for a in usage.acts if a.account == account and a.day <= window.end}
    people = {act.person for act in acts} - {None}
    return {
        "months_of_use": len(months),
        "active_days": len({act.day for act in acts}),
        "events": len(acts),
        "active_users": len(people),
        "events_per_user": ratio(len(acts), len(people)),
    }


def usage_breadth(usage: Usage) -> Rows:
    return listed(usage, breadth, "rate")


def usage_frequency(usage: Usage) -> Rows:
    return listed(usage, frequency, "active_days")


def usage_intensity(usage: Usage) -> Rows:
    return listed(usage, intensity, "events_per_user")


def silence(usage: Usage) -> Rows:
    rows = []
    for window in usage.begun:
        for account in sorted(usage.everyone()):
            days = [act.day for act in usage.acts if act.account == account and act.day <= window.end]
            status, key = usage.status(account, window.end), usage.group(account, window.end)
            if key is None or not (days or status in ("paying", "trial")):
                continue
            last = max(days, default=None)
            shown = {"last_day": last, "days": (window.end - last).days if last else None}
            rows.append({"period": window.first, "account": account, **usage.labels(key), "status": status, **shown})
    return rows


def limit(usage: Usage, account: str, name: str, window: Window) -> dict[str, Any]:
    measured = [g for g in usage.facts.gauges if (g.account_id, g.limit) == (account, name) and g.day <= window.end]
    latest = max(measured, key=lambda g: (g.day, g.at or LONG_AGO, g.used), default=None)
    used = latest.used if latest else None
    allowed = usage.facts.plan_limits.get((usage.plan(account, window.end) or "", name))
    rate = used / allowed if used is not None and allowed else None
    over = used is not None and allowed is not None and used >= allowed
    return {"used": used, "allowed": allowed, "rate": rate, "over": over}


def limit_usage(usage: Usage) -> Rows:
    rows = []
    for window in usage.begun:
        before = usage.before(window)
        known_before = set(usage.looked_at(before))
        for account in usage.looked_at(window):
            key = usage.group(account, window.end)
            names = {g.limit for g in usage.facts.gauges if g.account_id == account and g.day <= window.end}
            for name in sorted(names if key is not None else ()):
                shown = limit(usage, account, name, window)
                earlier = limit(usage, account, name, before)["rate"] if account in known_before else None
                row = {"period": window.first, "account": account, "limit": name, **usage.labels(key or ())}
                status = usage.status(account, window.end)
                rows.append({**row, "status": status, **shown, "trend": less(shown["rate"], earlier)})
    return rows
