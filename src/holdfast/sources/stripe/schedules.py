"""Subscription schedules: what was planned for a subscription, and what of it is kept."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.sources.stripe.shapes import Object, id_of


def slim_schedule(schedule: Object) -> Object:
    """What is kept of a schedule."""
    return {
        "id": schedule["id"],
        "status": schedule.get("status"),
        "end_behavior": schedule.get("end_behavior"),
        "phases": [_phase(one) for one in schedule.get("phases") or []],
    }


def _phase(phase: Object) -> Object:
    items = [
        {"price": id_of(item.get("price") or item.get("plan")), "quantity": item.get("quantity")}
        for item in phase.get("items") or []
    ]
    return {"start": phase["start_date"], "end": phase.get("end_date"), "items": items}


def in_force(schedules: Iterable[Object]) -> Object:
    """Of a subscription's schedules the one that holds: it can be attached to one at a time.

    >>> in_force([{"id": "active", "status": "active"}, {"id": "released", "status": "released"}])["id"]
    'active'
    """
    return max(schedules, key=lambda one: (one.get("status") == "active", _begin(one)))


def _begin(schedule: Object) -> int:
    return min((int(one["start"]) for one in schedule.get("phases") or []), default=0)
