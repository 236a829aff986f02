"""J1: a person planted in every kind of input is erased, and no file holds a byte of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.collector.events.status import arrivals
from holdfast.privacy import erase
from tests.privacy.conftest import data, original  # noqa: F401
from tests.privacy.decoding import found
from tests.privacy.planted import MARKS, PERSON


@pytest.mark.parametrize("forget_use", [False, True])
def test_no_byte_is_left_of_an_erased_person(data: Path, forget_use: bool) -> None:  # noqa: F811
    before = {name for name, _ in found(data, *MARKS)}
    assert {"inbox/inbox.sqlite", "events/decided.sqlite", "published/board.html"} <= before
    assert {name.split("/")[1] for name in before if name.startswith("lake/")} >= {
        "users", "memberships", "identities", "events", "tickets", "leads", "trials", "account_attributes", "rollups",
        "accounts", "cancellations",
    }  # fmt: skip
    certificate = erase(data, users=[PERSON], forget_use=forget_use)
    assert found(data, *MARKS) == []
    assert found(data, "kim@birch.example"), "others stay"
    assert certificate.completed_at
    [source] = arrivals(data, count=True).sources
    assert source.holds
    assert source.accepted == source.loaded + source.erased
