"""A fake Stripe with a small company, and a data folder that it was synced into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import holdfast
from holdfast.checks import BillingCheck, Difference, check_billing
from holdfast.sources.stripe.key import Key
from tests.fakes.stripe_server import (
    FakeStripe,
    Object,
    at,
    customer,
    invoice,
    item,
    line,
    price,
    product,
    subscription,
)
from tests.sources.stripe.conftest import Books

JUNE = ("2026-06-01", "2026-07-01")
TEN, TWENTY = price("price_ten", 1000), price("price_twenty", 2000)


class Checked(Books):
    """A data folder that can be compared."""

    def check(self, today: str, **options: Any) -> BillingCheck:
        with holdfast.open(self.folder) as workspace:
            return check_billing(
                workspace,
                Key(self.stripe.key),
                base=self.stripe.url,
                clock=lambda: at(today),
                sleep=self.slept.append,
                **options,
            )

    def only(self, today: str = "2026-06-20", **options: Any) -> Difference:
        """The one difference that there is."""
        found = self.check(today, **options)
        assert len(found.differences) == 1, found.differences
        return found.differences[0]


def subscribe(stripe: FakeStripe, name: str, start: str = "2026-06-01", quantity: int = 1, **more: Any) -> Object:
    one = item(f"si_{name}", TEN, quantity, start, JUNE)
    made = subscription(f"sub_{name}", f"cus_{name}", [one], start, **more)
    bill = invoice(f"in_{name}", made, start, [line(f"il_{name}", made, one, (start, "2026-07-01"), 1000 * quantity)])
    stripe.add(customer(f"cus_{name}", start), made, bill, TEN, TWENTY, product("prod_gold", "Gold"))
    return made


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    with FakeStripe() as fake:
        for name, quantity in (("a", 1), ("b", 2), ("c", 3)):
            subscribe(fake, name, quantity=quantity)
        yield fake


@pytest.fixture
def books(tmp_path: Path, stripe: FakeStripe) -> Checked:
    made = Checked(tmp_path / "data", stripe)
    made.sync("2026-06-10")
    return made
