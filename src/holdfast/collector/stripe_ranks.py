"""Which of two states of an object of Stripe's is the newer one, in whatever order they arrive."""

from __future__ import annotations

from typing import Any

from holdfast.sources.stripe.shapes import Object

Rank = tuple[Any, ...]

_INVOICE = {"draft": 0, "open": 1, "uncollectible": 2, "paid": 3, "void": 3}
_CHARGE = {"pending": 0, "failed": 1, "succeeded": 1}
_REFUND = {"requires_action": 0, "pending": 0, "succeeded": 1, "failed": 2, "canceled": 2}
_NOTE = {"issued": 0, "void": 1}


def rank(event: Object, kind: str, thing: Object) -> Rank:
    """The second of the event; within it how far the object had come, and last of all the event's id.

    >>> paid = {"id": "evt_1", "type": "invoice.paid", "created": 7}
    >>> rank(paid, "invoice", {"status": "paid"}) > rank({**paid, "id": "evt_2"}, "invoice", {"status": "open"})
    True
    """
    return (int(event["created"]), _stage(str(event["type"])), *_progress(kind, thing), str(event["id"]))


def _stage(event_type: str) -> int:
    return {"created": 0, "deleted": 2}.get(event_type.rsplit(".", 1)[-1], 1)


def _progress(kind: str, thing: Object) -> tuple[int, int, int]:
    """What of an object only ever grows."""
    status = str(thing.get("status"))
    if kind == "invoice":
        return _INVOICE.get(status, 0), int(thing.get("attempt_count") or 0), int(thing.get("amount_paid") or 0)
    if kind == "charge":
        return _CHARGE.get(status, 0), int(thing.get("amount_captured") or 0), int(thing.get("amount_refunded") or 0)
    if kind == "refund":
        return _REFUND.get(status, 0), 0, 0
    if kind == "credit_note":
        return _NOTE.get(status, 0), 0, 0
    return 0, 0, 0
