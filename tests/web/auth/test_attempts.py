from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.web.auth import attempts as module
from holdfast.web.auth.attempts import PER_ACCOUNT, PER_ADDRESS, WINDOW_SECONDS, Attempts

if TYPE_CHECKING:
    import pytest


def test_an_account_waits_until_its_oldest_attempt_is_forgotten() -> None:
    now = 0.0
    attempts = Attempts(lambda: now)
    for number in range(PER_ACCOUNT):
        now = float(number)
        assert attempts.begin("ada", f"10.0.0.{number}") == 0
    assert attempts.begin("ada", "10.0.0.99") == WINDOW_SECONDS - 9 + 1
    now = float(WINDOW_SECONDS)
    assert attempts.begin("ada", "10.0.0.99") == 0
    assert attempts.begin("ada", "10.0.0.99") > 0


def test_an_address_waits_whatever_accounts_it_tries() -> None:
    attempts = Attempts(lambda: 0.0)
    assert [attempts.begin(f"a{number}", "192.0.2.1") for number in range(PER_ADDRESS)] == [0] * PER_ADDRESS
    assert attempts.begin("another", "192.0.2.1") > 0
    assert attempts.begin("another", "192.0.2.2") == 0


def test_all_addresses_of_one_ipv6_customer_are_one() -> None:
    attempts = Attempts(lambda: 0.0)
    for number in range(PER_ADDRESS):
        attempts.begin(f"a{number}", f"2001:db8::{number:x}")
    assert attempts.begin("another", "2001:db8::ffff") > 0
    assert attempts.begin("another", "2001:db8:0:1::1") == 0


def test_success_forgets_the_account_and_not_what_else_the_address_tried() -> None:
    attempts = Attempts(lambda: 0.0)
    for number in range(PER_ADDRESS - 1):
        attempts.begin(f"a{number}", "192.0.2.1")
    for _ in range(3):
        assert attempts.begin("mine", "192.0.2.1") == 0
        attempts.succeeded("mine", "192.0.2.1")
    attempts.begin("mine", "192.0.2.1")
    assert attempts.begin("mine", "192.0.2.1") > 0


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_NAMES", 50)
    attempts = Attempts(lambda: 0.0)
    for number in range(100):
        attempts.begin(f"a{number}", f"host-{number}")
    assert len(attempts._times) == 50
