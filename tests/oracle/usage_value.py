"""From the start to value: how long it takes, the steps of a checklist, and funnels."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from .money import ratio
from .trials import pieces, quantile
from .usage_view import Act, Rows, Usage
from .view import Key, Window

Started = tuple[date, list[Act]]
"""The day of somebody's start, and its events in the group, in time."""


def in_time(acts: list[Act]) -> list[Act]:
    return sorted(acts, key=lambda act: (act.day, act.instant))


def by_unit(usage: Usage, acts: list[Act]) -> dict[str, list[Act]]:
    found: dict[str, list[Act]] = defaultdict(list)
    for act in in_time(acts):
        unit = usage.unit(act)
        if unit is not None:
            found[unit].append(act)
    return found


def account_starts(usage: Usage) -> dict[str, date]:
    """The first day on which anything is known of each account."""
    known = [(act.account, act.day) for act in usage.acts]
    known += [(row.account_id, row.valid_from) for row in usage.facts.rows]
    known += [(account, piece.start) for account, piece in pieces(usage.view)]
    known += usage.facts.accounts_created.items()
    found: dict[str, date] = {}
    for account, day in known:
        if account is not None and day <= usage.q.today:
            found[account] = min(day, found.get(account, day))
    return found


def users_created(usage: Usage) -> dict[str, date]:
    found: dict[str, date] = {}
    for user, day in usage.facts.users_created.items():
        person = usage.people.end_of(user)
        if day <= usage.q.today:
            found[person] = min(day, found.get(person, day))
    return found


def started_accounts(usage: Usage, window: Window) -> Iterator[tuple[Key, Started]]:
    for account, start in account_starts(usage).items():
        key = usage.group(account, window.end)
        if key is not None and window.holds(start):
            yield key, (start, in_time([act for act in usage.acts if act.account == account]))


def started_users(usage: Usage, window: Window) -> Iterator[tuple[Key, Started]]:
    created = users_created(usage)
    for key, acts in usage.parts(window.end).items():
        for person, own in by_unit(usage, acts).items():
            start = min(own[0].day, created.get(person, own[0].day))
            if window.holds(start):
                yield key, (start, own)
    silent, nowhere = set(created) - usage.units(usage.counted), usage.group(None, window.end)
    for person in sorted(silent):
        if nowhere is not None and window.holds(created[person]):
            yield nowhere, (created[person], [])


def started(usage: Usage) -> list[tuple[Window, Key, list[Started]]]:
    """Who started in each period, by group."""
    find = started_accounts if usage.q.of == "accounts" else started_users
    found = {window: list(find(usage, window)) for window in usage.windows}
    keys = usage.in_order({key for some in found.values() for key, _ in some})
    return [
        (window, key, [one for own, one in found[window] if own == key]) for window in usage.windows for key in keys
    ]


def days_to(usage: Usage, one: Started, event: str) -> int | None:
    """Days from the start to the first event of a name (empty: any)."""
    start, acts = one
    day = next((act.day for act in acts if event in ("", act.event)), None)
    if day is None or (usage.q.within and (day - start).days > usage.q.within):
        return None
    return (day - start).days


def time_to_value(usage: Usage) -> Rows:
    wanted, rows = usage.q.key_event or usage.rules.key_event, []
    for window, key, some in started(usage):
        taken = [days for one in some if (days := days_to(usage, one, wanted)) is not None]
        shown: dict[str, Any] = {"started": len(some), "reached": len(taken), "rate": ratio(len(taken), len(some))}
        for name, part in {"p25_days": 0.25, "median_days": 0.5, "p75_days": 0.75, "p90_days": 0.9}.items():
            shown[name] = quantile(taken, part)
        rows.append({"period": window.first, **usage.labels(key), **shown})
    return rows


def steps_of(text: str) -> list[str]:
    """Names with commas between; one that holds a comma stands in double quotes."""
    found = next(csv.reader([text], skipinitialspace=True), [])
    return [name.strip() for name in found if name.strip()]


def onboarding(usage: Usage) -> Rows:
    steps = steps_of(usage.q.steps) or list(usage.rules.onboarding)
    rows = []
    for window, key, some in started(usage):
        for number, event in enumerate([*steps, None], 1):
            asked = steps if event is None else [event]
            taken = [[days_to(usage, one, step) for step in asked] for one in some]
            done = [max(day for day in days if day is not None) for days in taken if None not in days]
            shown = {"started": len(some), "done": len(done), "rate": ratio(len(done), len(some))}
            shown["median_days"] = quantile(done, 0.5)
            rows.append({"period": window.first, "step": number, "event": event, **usage.labels(key), **shown})
    return rows


# funnels


def funnel(usage: Usage) -> Rows:
    steps, rows = steps_of(usage.q.steps), []
    follow = {"sequential": in_sequence, "strict": in_sequence, "any": in_any_order}[usage.q.order]
    for window in usage.windows:
        for key, acts in usage.parts(window.end).items():
            paths = []
            for own in by_unit(usage, acts).values():
                first = min((a.instant for a in own if a.event == steps[0] and window.holds(a.day)), default=None)
                if first is not None:
                    paths.append(follow(usage, own, steps, first))
            reached = [[path[number] - path[0] for path in paths if len(path) > number] for number in range(len(steps))]
            for number, event in enumerate(steps):
                own_times = [taken / timedelta(hours=1) for taken in reached[number]]
                before = reached[number - 1] if number else reached[0]
                rows.append(
                    {
                        "period": window.first,
                        "step": number + 1,
                        "event": event,
                        **usage.labels(key),
                        "people": len(own_times),
                        "rate": ratio(len(own_times), len(paths)),
                        "step_rate": ratio(len(own_times), len(before)),
                        "median_hours": quantile(own_times, 0.5),  # type: ignore[arg-type]
                    }
                )
    return rows


def in_sequence(usage: Usage, acts: list[Act], steps: list[str], first: datetime) -> list[datetime]:
    """The instants of the steps that one person reached, each after the one before."""
    times, end = [first], first + timedelta(days=usage.q.window)
    for number in range(1, len(steps)):
        same = [times[earlier] for earlier in range(number) if steps[earlier] == steps[number]]
        candidates = [
            act.instant
            for act in acts
            if act.event == steps[number]
            and times[-1] <= act.instant <= end
            and all(act.instant > other for other in same)
        ]
        if not candidates:
            break
        reached = min(candidates)
        if usage.q.order == "strict" and any(times[-1] < act.instant < reached for act in acts):
            break
        times.append(reached)
    return times


def in_any_order(usage: Usage, acts: list[Act], steps: list[str], first: datetime) -> list[datetime]:
    end = first + timedelta(days=usage.q.window)
    found = [
        min((act.instant for act in acts if act.event == step and first <= act.instant <= end), default=None)
        for step in steps[1:]
    ]
    return [first, *sorted(instant for instant in found if instant is not None)]
