"""A data folder with an inbox, events as Stripe signs them, and short ways to look at what stands."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from stripe import WebhookSignature

from holdfast.collector import Applier, Inbox, Message
from holdfast.collector.message import STRIPE_WEBHOOK
from holdfast.collector.stripe_events import StripeEvents
from holdfast.lake import Lake
from holdfast.settings import Settings

SECRET = "whsec_onlyforthesetests"
Object = dict[str, Any]


def signed(body: bytes, secret: str = SECRET, when: float | None = None) -> dict[str, str]:
    text = WebhookSignature.generate_signature_header(body.decode(), secret, int(time.time() if when is None else when))
    return {"stripe-signature": text}


def body_of(event: Object) -> bytes:
    return json.dumps(event).encode()


def customer_event(number: int, **more: Any) -> Object:
    thing = {"object": "customer", "id": f"cus_{number}", "name": f"Company {number}", "created": 1767225600}
    return {
        "id": f"evt_{number}", "object": "event", "type": "customer.created", "created": 1767225600 + number,
        "livemode": False, "data": {"object": {**thing, "metadata": {}, **more}},
    }  # fmt: skip


class Company:
    """A data folder that events are applied to, one batch for each call."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.lake = Lake(data / "lake")
        self.now = 1_780_000_000.0
        self.inbox = Inbox(data)
        self.applier = Applier(
            self.inbox, {STRIPE_WEBHOOK: StripeEvents(data, Settings(), lambda: self.now)}, lambda touched: None
        )

    def receive(self, *events: Object | bytes) -> list[int]:
        bodies = [one if isinstance(one, bytes) else body_of(one) for one in events]
        waiting = [self.inbox.submit(Message(STRIPE_WEBHOOK, body)) for body in bodies]
        return [one.result(10) for one in waiting]

    def apply(self, *events: Object | bytes) -> None:
        self.receive(*events)
        self.applier.apply_all()

    def rows(self, table: str, columns: Iterable[str]) -> set[tuple[Any, ...]]:
        """What stands, without spans that were withdrawn and attributes that were cleared."""
        rows = self.lake.standing(table).to_pylist()
        if table == "subscription_terms":
            rows = [row for row in rows if row["valid_from_at"] != row["valid_to_at"]]
        if table == "account_attributes":
            rows = [row for row in rows if row["text"] is not None]
        return {tuple(row[name] for name in columns) for row in rows}

    def names(self) -> dict[str, str]:
        return dict(self.rows("accounts", ["account_id", "name"]))

    def close(self) -> None:
        self.inbox.close()


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    one = Company(tmp_path / "data")
    yield one
    one.close()
