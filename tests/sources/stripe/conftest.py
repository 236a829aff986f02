"""A fake Stripe, and a data folder to read it into."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import holdfast
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources.stripe import SyncReport, sync_stripe
from holdfast.sources.stripe.key import Key
from tests.fakes.stripe_server import FakeStripe, at


class Books:
    """A data folder, and short ways to sync into it and to look at what stands."""

    def __init__(self, folder: Path, stripe: FakeStripe) -> None:
        self.folder, self.stripe = folder, stripe
        self.lake = Lake(folder / "lake")
        self.slept: list[float] = []

    def sync(self, today: str, **options: Any) -> SyncReport:
        report = sync_stripe(
            self.lake,
            Settings(),
            Key(self.stripe.key),
            base=self.stripe.url,
            clock=lambda: at(today),
            sleep=self.slept.append,
            **options,
        )
        total = report.total
        assert total.read == total.new + total.changed + total.duplicate + total.rejected
        return report

    def rows(self, table: str, **wanted: Any) -> list[dict[str, Any]]:
        rows = self.lake.standing(table).to_pylist()
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def spans(self, subscription_id: str) -> list[tuple[Any, ...]]:
        """Begin, end, quantity, status and evidence of the spans that are not empty."""
        rows = sorted(self.rows("subscription_terms", subscription_id=subscription_id), key=lambda row: row["row_key"])
        return [
            (
                str(row["valid_from_day"]),
                str(row["valid_to_day"] or ""),
                row["quantity"],
                row["status"],
                row["known_by"],
            )
            for row in rows
            if row["valid_from_at"] != row["valid_to_at"]
        ]

    def mrr(self, start: str, end: str, **question: Any) -> list[dict[str, Any]]:
        with holdfast.open(self.folder) as workspace:
            return list(workspace.query("mrr", start=start, end=end, **question).arrow.to_pylist())

    def total(self, day: str) -> Decimal:
        return sum((row["mrr"] for row in self.mrr(day, day, grain="day")), Decimal(0))


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    with FakeStripe() as fake:
        yield fake


@pytest.fixture
def books(tmp_path: Path, stripe: FakeStripe) -> Books:
    return Books(tmp_path / "data", stripe)
