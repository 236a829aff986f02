"""Features: who has them, who uses them, and what those who use them do later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from math import sqrt
from typing import Any

from .cohorts import wilson
from .days import ONE
from .money import ratio
from .usage_view import Rows, Usage
from .view import Key, Window

STATUSES = {"": None, "trial_": "trial", "paying_": "paying"}
"""The columns' prefix, and whom they are about."""
DAYS_BEFORE = 30


def feature_adoption(usage: Usage) -> Rows:
    windows = usage.windows
    looked = {window: usage.looked_at(window) if window.first <= usage.q.today else [] for window in windows}
    groups = {usage.group(account, window.end) for window in windows for account in looked[window]} - {None}
    count = adoption_of_accounts if usage.q.of == "accounts" else adoption_of_users
    rows = []
    for window in windows:
        for key in usage.in_order(key for key in groups if key is not None):
            for feature in usage.features:
                shown: dict[str, Any] = {}
                for prefix, status in STATUSES.items():
                    eligible, adopters = count(usage, window, looked[window], key, feature, status)
                    shown[f"{prefix}eligible"] = eligible
                    shown[f"{prefix}adopters"] = adopters
                    shown[f"{prefix}rate"] = ratio(adopters, eligible)
                rows.append({"period": window.first, "feature": feature, **usage.labels(key), **shown})
    return rows


def adoption_of_accounts(
    usage: Usage, window: Window, looked: list[str], key: Key, feature: str, status: str | None
) -> tuple[int, int]:
    eligible = {
        account
        for account in looked
        if usage.group(account, window.end) == key
        and usage.has(account, feature, window.end)
        and status in (None, usage.status(account, window.end))
    }
    used = {act.account for act in usage.acts if window.holds(act.day) and usage.shows(feature, act)}
    return len(eligible), len(eligible & used)


def adoption_of_users(
    usage: Usage, window: Window, looked: list[str], key: Key, feature: str, status: str | None
) -> tuple[int, int]:
    own = [
        act
        for act in usage.parts(window.end).get(key, [])
        if window.holds(act.day)
        and usage.has(act.account, feature, window.end)
        and (status is None or (act.account is not None and usage.status(act.account, window.end) == status))
    ]
    return len(usage.units(own)), len(usage.units(act for act in own if usage.shows(feature, act)))


# association

Case = tuple[Key, str, date, date, bool]
"""One that is followed: group, account, first day and day after the last of its use, and whether it was kept."""


def trials_followed(usage: Usage) -> Iterable[Case]:
    first, last = usage.windows[0].first, usage.windows[-1].period.last
    for account, trials in sorted(usage.trials.items()):
        for trial in trials:
            over = trial.paid is not None or trial.end <= usage.q.today
            key = usage.group(account, trial.start)
            if first <= trial.start <= last and over and trial.start < trial.end and key is not None:
                yield key, account, trial.start, trial.end, trial.paid is not None


def customers_followed(usage: Usage) -> Iterable[Case]:
    opening = min(usage.windows[0].first - ONE, usage.q.today)
    bound = usage.windows[-1].end
    for account in usage.company.accounts:
        key = usage.group(account, opening)
        if usage.company.customer(account, opening) and key is not None:
            first = opening - timedelta(days=DAYS_BEFORE - 1)
            yield key, account, first, opening + ONE, usage.company.customer(account, bound)


def feature_association(usage: Usage) -> Rows:
    cases = {"conversion": list(trials_followed(usage)), "stay": list(customers_followed(usage))}
    found = {key for some in cases.values() for key, *_ in some} | (set() if usage.q.by else {()})
    usage.seen = found
    return [
        {"feature": feature, "outcome": outcome, **usage.labels(key), **compared(usage, feature, key, some)}
        for feature in usage.features
        for outcome, some in cases.items()
        for key in usage.in_order()
    ]


def compared(usage: Usage, feature: str, key: Key, cases: list[Case]) -> dict[str, Any]:
    kept: dict[bool, list[bool]] = defaultdict(list)
    for own, account, first, end, stayed in cases:
        if own == key:
            used = any(
                act.account == account and first <= act.day < end and usage.shows(feature, act) for act in usage.acts
            )
            kept[used].append(stayed)
    counts = (sum(kept[True]), len(kept[True]), sum(kept[False]), len(kept[False]))
    difference, low, high = newcombe(*counts)
    return {
        "users": counts[1],
        "users_kept": counts[0],
        "users_rate": ratio(counts[0], counts[1]),
        "others": counts[3],
        "others_kept": counts[2],
        "others_rate": ratio(counts[2], counts[3]),
        "difference": difference,
        "low": low,
        "high": high,
    }


def newcombe(a: int, m: int, b: int, n: int) -> tuple[float | None, float | None, float | None]:
    """a/m - b/n with its 95 % interval: R. G. Newcombe, Statistics in Medicine 17 (1998), method 10."""
    if not m or not n:
        return None, None, None
    p, q = a / m, b / n
    (p_low, p_high), (q_low, q_high) = wilson(a, m), wilson(b, n)
    low = p - q - sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    high = p - q + sqrt((p_high - p) ** 2 + (q - q_low) ** 2)
    return p - q, low, high
