"""How far the sync has come, without asking Stripe."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from holdfast.errors import LakeError
from holdfast.sources.stripe.delivered import Delivered
from holdfast.sources.stripe.notebook import Notebook
from holdfast.sources.stripe.status import LAST_RUN, StripeStatus, stripe_status

BEGAN = 1_790_000_000


def test_a_folder_that_was_never_synced(tmp_path: Path) -> None:
    assert stripe_status(tmp_path) == StripeStatus()
    assert list(tmp_path.iterdir()) == []


def test_the_last_sync_and_what_webhooks_brought(tmp_path: Path) -> None:
    with closing(Notebook(tmp_path)) as notes, notes.transaction():
        notes.set_note("mode", "live")
        notes.set_note("run", None)
        notes.set_note(LAST_RUN, {"began": BEGAN, "missed": {"invoice.paid": 2}})
    with closing(Delivered(tmp_path)) as webhooks, webhooks.transaction():
        webhooks.keep_event({"id": "evt_1", "created": BEGAN, "type": "invoice.paid"}, "applied", 1, BEGAN + 5)
    found = stripe_status(tmp_path)
    assert found.synced_at == datetime.fromtimestamp(BEGAN, UTC)
    assert (found.mode, found.missed, found.interrupted) == ("live", {"invoice.paid": 2}, False)
    assert (found.webhooks, found.last_webhook) == (1, datetime.fromtimestamp(BEGAN + 5, UTC))


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "stripe").mkdir()
    (tmp_path / "stripe" / "mirror.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(LakeError, match=r"mirror\.sqlite"):
        stripe_status(tmp_path)
