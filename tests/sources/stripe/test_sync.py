"""A whole company is read, in each version of the API, and every month's MRR is the one worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.stripe_server import FakeStripe
from tests.sources.stripe.conftest import Books
from tests.sources.stripe.scenes import SCENES, TODAY, Scene, build

STORED = ("subscription_terms", "cancellations", "accounts", "account_attributes", "plans", "invoices", "payments")


def read(folder: Path, version: str) -> Books:
    with FakeStripe(version) as stripe:
        build(stripe)
        books = Books(folder / version, stripe)
        books.sync(TODAY)
        return books


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return read(tmp_path_factory.mktemp("company"), "clover")


@pytest.fixture(scope="module")
def answers(company: Books) -> dict[tuple[str, str, str], Decimal]:
    rows = company.mrr("2026-01-01", "2026-06-10", by="scene")
    return {(row["scene"], row["currency"], str(row["period"])[:7]): row["mrr"] for row in rows}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_mrr_of_every_month(scene: Scene, answers: dict[tuple[str, str, str], Decimal]) -> None:
    found = {month: answers.get((scene.name, scene.currency, month), Decimal(0)) for month in scene.expected}
    assert found == scene.expected


@pytest.mark.parametrize("version", ["acacia", "basil"])
def test_every_version_of_the_api_gives_the_same_facts(version: str, company: Books, tmp_path: Path) -> None:
    other = read(tmp_path, version)
    for table in STORED:
        assert _plain(other, table) == _plain(company, table), table


def _plain(books: Books, table: str) -> list[dict[str, Any]]:
    rows = books.rows(table)
    for row in rows:
        row.pop("recorded_at")
    return sorted(rows, key=lambda row: row["row_key"])


def spans(books: Books, name: str) -> list[tuple[Any, ...]]:
    return books.spans(f"sub_{name}")


def test_history_is_rebuilt_from_invoices_and_says_so(company: Books) -> None:
    assert spans(company, "upgrade") == [
        ("2026-01-01", "2026-03-15", "2", "active", "invoice"),
        ("2026-03-15", "", "5", "active", "invoice"),
    ]


def test_an_event_dates_a_change_to_the_second(company: Books) -> None:
    assert spans(company, "told") == [
        ("2026-01-01", "2026-05-20", "1", "active", "invoice"),
        ("2026-05-20", "", "4", "active", "event"),
    ]


def test_a_past_that_nothing_shows_is_marked(company: Books) -> None:
    assert spans(company, "silent") == [
        ("2026-01-01", TODAY, "1", "active", "assumed"),
        (TODAY, "", "1", "active", "reported"),
    ]


def test_statuses(company: Books) -> None:
    assert spans(company, "trial")[:2] == [
        ("2026-01-20", "2026-02-03", "1", "trialing", "invoice"),
        ("2026-02-03", "", "1", "active", "invoice"),
    ]
    assert spans(company, "trial-left") == [("2026-01-20", "2026-02-01", "1", "trialing", "invoice")]
    assert [span[3] for span in spans(company, "trial-paused")] == ["trialing", "paused", "paused"]
    assert spans(company, "pause")[-1] == ("2026-04-01", "", "1", "paused", "assumed")
    assert [span[3] for span in spans(company, "put-off")] == ["active"]
    assert spans(company, "late")[-1] == ("2026-06-01", "", "1", "past_due", "invoice")
    assert [(span[0], span[3]) for span in spans(company, "unpaid")] == [
        ("2026-01-01", "active"),
        ("2026-04-01", "past_due"),
        ("2026-05-01", "unpaid"),
    ]
    assert [span[3] for span in spans(company, "incomplete")] == ["incomplete"]
    assert [span[3] for span in spans(company, "expired")] == ["incomplete_expired"]


def test_what_is_planned_lies_in_the_future(company: Books) -> None:
    assert [span[:2] for span in spans(company, "planned")] == [
        ("2026-01-01", "2026-04-01"),
        ("2026-04-01", "2026-08-01"),
        ("2026-08-01", ""),
    ]
    leaving = company.rows("subscription_terms", subscription_id="sub_leaving")[-1]
    assert (str(leaving["valid_to_day"]), str(leaving["cancelled_day"])) == ("2026-07-01", "2026-06-05")


def test_cancellations_carry_reason_and_comment(company: Books) -> None:
    gone = company.rows("cancellations", subscription_id="sub_gone")[0]
    told = {name: gone[name] for name in ("voluntary", "reason", "comment")}
    assert told == {"voluntary": True, "reason": "too_expensive", "comment": "We <b>stopped</b>"}
    assert str(gone["effective_day"]) == "2026-05-10"
    assert len(company.rows("cancellations")) == 3


def test_discounts_keep_their_kind(company: Books) -> None:
    both = company.rows("subscription_terms", subscription_id="sub_both")[-1]
    assert (both["discount_percent"], both["discount_amount"], both["discount_duration"]) == ("50", "10", "forever")
    assert (both["gross_micros"], both["forever_micros"], both["net_micros"]) == (100_000_000, 40_000_000, 40_000_000)
    first = min(company.rows("subscription_terms", subscription_id="sub_once"), key=lambda row: row["row_key"])
    assert (first["discount_percent"], first["discount_duration"]) == ("10", "once")
    assert (first["forever_micros"], first["net_micros"]) == (100_000_000, 90_000_000)


def test_a_metered_item_costs_what_was_billed(company: Books) -> None:
    rows = company.rows("subscription_terms", subscription_id="sub_metered")
    assert {(row["metered"], row["net_micros"], row["quantity"]) for row in rows if row["net_micros"]} == {
        (True, 42_000_000, "420")
    }
    smoothed = company.mrr("2026-05-01", "2026-05-31", where=["scene = 'metered'"], set={"metered": "mean-3"})
    assert [row["mrr"] for row in smoothed] == [Decimal(42)]


def test_payments_and_refunds(company: Books) -> None:
    failed = company.rows("payments", payment_id="ch_late6")[0]
    assert (failed["status"], failed["failure"], failed["invoice_id"]) == ("failed", "card_declined", "in_late_2026-06")
    back = company.rows("payments", payment_id="re_plain5")[0]
    assert (back["status"], back["amount_micros"], back["subscription_id"]) == ("refunded", 30_000_000, "sub_plain")
    assert (str(back["service_from_day"]), str(back["service_to_day"])) == ("2026-05-01", "2026-06-01")


def test_accounts_plans_and_features(company: Books) -> None:
    assert {row["name"] for row in company.rows("accounts", account_id="cus_plain")} == {"Company plain"}
    assert company.rows("plans", plan_id="price_extra")[0]["product"] == "Extra"
    assert {row["feature"] for row in company.rows("plan_features", plan_id="price_plain")} == {"sso", "export"}


def test_nothing_personal_is_in_the_mirror(company: Books) -> None:
    content = (company.folder / "stripe" / "mirror.sqlite").read_bytes()
    assert b"sub_gone" in content
    for secret in (b"Company gone", b"stopped", b"rk_test_notareal"):
        assert secret not in content
