"""What Stripe, the network and the key can do wrong, and that no secret ever shows."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from filelock import FileLock

from holdfast.errors import HoldfastError, InputError, LakeError
from holdfast.sources.stripe import client, sync
from holdfast.sources.stripe.client import StripeUnavailable, api_base
from holdfast.sources.stripe.key import Key, find_key, redacted
from tests.fakes.stripe_server import KEY, FakeStripe, customer, invoice, item, line, price, subscription
from tests.sources.stripe.conftest import Books

SECRET = KEY.removeprefix("rk_test_")


@pytest.fixture(autouse=True)
def company(stripe: FakeStripe) -> None:
    ten = price("price_ten", 1000)
    one = item("si_a", ten, 1, "2026-06-01", ("2026-06-01", "2026-07-01"))
    made = subscription("sub_a", "cus_a", [one], "2026-06-01")
    stripe.add(ten, made, customer("cus_a", name="Acme"))
    stripe.add(invoice("in_a", made, "2026-06-01", [line("il_a", made, one, ("2026-06-01", "2026-07-01"), 1000)]))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's own pauses between tries take no time."""
    import stripe

    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.0)
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.0)


def test_passing_faults_are_survived(books: Books, stripe: FakeStripe) -> None:
    faults = (500, 502, 503, 409, "truncated", "not json", "dropped")
    for path, what in zip(
        ("products", "coupons", "customers", "charges", "invoices", "refunds", "events"), faults, strict=True
    ):
        stripe.fail(f"/v1/{path}", what, times=2)
    books.sync("2026-06-10")
    assert books.spans("sub_a") == [("2026-06-01", "", "1", "active", "invoice")]
    assert not any(fault.times for fault in stripe.faults)
    assert [len(books.rows(table)) for table in ("accounts", "invoices")] == [1, 1]


def test_a_rate_limit_is_waited_for_as_long_as_stripe_says(books: Books, stripe: FakeStripe) -> None:
    stripe.fail("/v1/invoices", 429, retry_after=7)
    stripe.fail("/v1/customers", 429, times=2)
    report = books.sync("2026-06-10")
    assert 7.0 in books.slept
    assert report.waited_seconds > 7
    assert report.kinds["invoices"].new == 1


def test_requests_are_spread(books: Books, stripe: FakeStripe) -> None:
    books.sync("2026-06-10")
    assert max(books.slept) <= 1 / client.REQUESTS_PER_SECOND


@pytest.mark.parametrize(
    ("what", "words"), [(429, "rate limit"), (500, "did not give an answer"), ("empty page", "list")]
)
def test_a_lasting_fault_is_a_sentence_and_the_next_run_goes_on(
    what: int | str, words: str, books: Books, stripe: FakeStripe
) -> None:
    stripe.fail("/v1/invoices", what, times=1_000)
    with pytest.raises(StripeUnavailable, match=words) as raised:
        books.sync("2026-06-10")
    assert SECRET not in str(raised.value)
    stripe.faults.clear()
    products = stripe.paths().count("/v1/products")
    report = books.sync("2026-06-10")
    assert report.resumed
    assert stripe.paths().count("/v1/products") == products
    assert books.spans("sub_a") == [("2026-06-01", "", "1", "active", "invoice")]


def test_missing_permissions_are_said_and_the_rest_is_read(books: Books, stripe: FakeStripe) -> None:
    names = [
        "products",
        "coupons",
        "customers",
        "subscription_schedules",
        "charges",
        "refunds",
        "credit_notes",
        "events",
    ]
    stripe.forbid(*names)
    report = books.sync("2026-06-10")
    for name in names:
        assert [note for note in report.notes if note.startswith(f"the key may not read {name.replace('_', ' ')}: ")]
    assert books.spans("sub_a") == [("2026-06-01", "", "1", "active", "invoice")]
    assert [row["account_id"] for row in books.rows("accounts")] == ["cus_a"]


def test_without_invoices_the_past_is_marked(books: Books, stripe: FakeStripe) -> None:
    stripe.forbid("invoices")
    assert books.sync("2026-06-10").unknown_subscriptions == 1
    assert books.spans("sub_a")[0] == ("2026-06-01", "2026-06-10", "1", "active", "assumed")


def test_a_permission_that_nothing_goes_without_is_named_at_once(books: Books, stripe: FakeStripe) -> None:
    stripe.forbid("subscriptions", "prices")
    with pytest.raises(InputError, match="may not read prices and subscriptions"):
        books.sync("2026-06-10")
    assert "/v1/customers" not in stripe.paths()


def test_a_key_that_is_not_accepted(books: Books) -> None:
    with pytest.raises(HoldfastError) as raised:
        _with_key(books, Key("rk_test_wrongwrong00wrongwrong"))
    assert "does not accept the key" in str(raised.value)
    assert "wrongwrong" not in str(raised.value)


def _with_key(books: Books, key: Key) -> Any:
    from holdfast.settings import Settings
    from holdfast.sources.stripe import sync_stripe

    return sync_stripe(books.lake, Settings(), key, base=books.stripe.url, sleep=lambda seconds: None)


def test_no_secret_in_logs_errors_or_files(books: Books, stripe: FakeStripe, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stripe.forbid("charges")
    stripe.fail("/v1/refunds", 429, retry_after=1)
    books.sync("2026-06-10")
    stripe.forbid("subscriptions")
    with pytest.raises(InputError) as raised:
        books.sync("2026-08-10")
    shown = io.StringIO()
    for error in (raised.value, raised.value.__cause__, raised.value.__context__):
        shown.write(repr(error))
    assert SECRET not in caplog.text + shown.getvalue()
    for path in books.folder.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_only_reading(books: Books, stripe: FakeStripe) -> None:
    books.sync("2026-06-10")
    assert {request.method for request in stripe.requests} == {"GET"}


def test_test_and_live_mode_are_never_mixed(books: Books) -> None:
    books.sync("2026-06-10")
    with pytest.raises(InputError, match="holds Stripe's test mode, and the key is one for live mode"):
        _with_key(books, Key("rk_live_notarealkey0notarealkey0"))


def test_one_sync_at_a_time(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    books.sync("2026-06-10")
    monkeypatch.setattr(sync, "PATIENCE_SECONDS", 0.1)
    with FileLock(books.folder / "stripe" / ".sync.lock"), pytest.raises(LakeError, match="another sync"):
        books.sync("2026-06-10")


def test_a_batch_of_webhooks_that_is_being_applied_is_waited_for(books: Books) -> None:
    (books.folder / "stripe").mkdir(parents=True, exist_ok=True)
    lock = FileLock(books.folder / "stripe" / ".sync.lock", thread_local=False)
    lock.acquire()
    Timer(0.5, lock.release).start()
    report = books.sync("2026-06-10")
    assert report.kinds["subscriptions"].new
    assert not lock.is_locked


def test_an_object_of_unknown_shape_is_kept_aside(books: Books, stripe: FakeStripe) -> None:
    stripe.add({**stripe.get("in_a"), "id": "in_odd", "currency": None})
    stripe.add({**stripe.get("sub_a"), "id": "sub_odd", "currency": "xyz"})
    report = books.sync("2026-06-10")
    assert {thing for thing, _ in report.rejects} == {"in_odd", "sub_odd"}
    assert "has no amount in XYZ" in dict(report.rejects)["sub_odd"]
    assert report.kept_in is not None
    assert "Acme" not in report.kept_in.read_text()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "there is no key"),
        ({"HOLDFAST_STRIPE_KEY": "pk_test_abcdefghijkl"}, "publishable"),
        ({"HOLDFAST_STRIPE_KEY": "hunter2hunter2"}, "not a key"),
        ({"HOLDFAST_STRIPE_KEY": KEY, "HOLDFAST_STRIPE_KEY_FILE": "/x"}, "both"),
        ({"HOLDFAST_STRIPE_KEY_FILE": "/no/such/file"}, "cannot read /no/such/file"),
    ],
)
def test_keys_that_are_refused_are_not_repeated(given: dict[str, str], words: str) -> None:
    with pytest.raises(InputError) as raised:
        find_key(given)
    assert words in str(raised.value)
    for secret in ("hunter2", "abcdefghijkl", SECRET):
        assert secret not in str(raised.value)


def test_a_key_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    key = find_key({"HOLDFAST_STRIPE_KEY_FILE": str(path)})
    assert key == Key(KEY)
    assert SECRET not in f"{key} {key!r}" + redacted(f"Bearer {KEY}")


@pytest.mark.parametrize("base", ["http://example.com", "ftp://127.0.0.1", "example.com"])
def test_a_key_is_not_sent_anywhere_in_the_clear(base: str) -> None:
    with pytest.raises(InputError, match="https"):
        api_base({"HOLDFAST_STRIPE_API_BASE": base})
    assert api_base({"HOLDFAST_STRIPE_API_BASE": "http://127.0.0.1:8080/"}) == "http://127.0.0.1:8080"
