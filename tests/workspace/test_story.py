"""The story of an account: given rows, expected entries; and what is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from holdfast.workspace.account import AccountFacts
from holdfast.workspace.due import due
from holdfast.workspace.story import Entry, current_people, limits_of, part, since, story

TODAY = date(2026, 10, 31)
EURO = 1_000_000


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def term(began: str, ends: str | None = None, **instead: Any) -> dict[str, Any]:
    return {
        "source": "s", "subscription_id": "sub", "item_id": "i", "plan_id": "team", "product": None,
        "valid_from_day": day(began), "valid_to_day": ends and day(ends), "status": "active", "quantity": "5",
        "unit_amount": "10", "currency": "EUR", "billing_interval": "month", "interval_count": 1,
        "discount_percent": None, "discount_amount": None, "net_micros": 50 * EURO, **instead,
    }  # fmt: skip


def change(at: str, movement: str, euros: int, *, moved: bool = True) -> dict[str, Any]:
    return {"day": day(at), "currency": "EUR", "movement": movement, "delta_micros": euros * EURO, "moved": moved}


def invoice(issued: str, status: str = "open", paid: str | None = None, due_on: str | None = None) -> dict[str, Any]:
    return {
        "source": "s", "invoice_id": f"inv-{issued}", "issued_day": day(issued), "due_day": due_on and day(due_on),
        "paid_day": paid and day(paid), "amount_micros": 50 * EURO, "currency": "EUR", "status": status,
    }  # fmt: skip


def payment(at: str, status: str, invoice_id: str | None = None, failure: str | None = None) -> dict[str, Any]:
    return {
        "source": "s", "invoice_id": invoice_id, "paid_day": day(at), "amount_micros": 50 * EURO, "currency": "EUR",
        "status": status, "failure": failure,
    }  # fmt: skip


def cancellation(asked: str, ends: str | None, **instead: Any) -> dict[str, Any]:
    return {
        "source": "s", "subscription_id": "sub", "requested_day": day(asked), "effective_day": ends and day(ends),
        "voluntary": True, "reason": "price", "comment": "=too dear", **instead,
    }  # fmt: skip


def told(entries: list[Entry]) -> list[tuple[str, str, str]]:
    """Day, title and notes of entries, as an English reader sees them."""
    return [
        (f"{one.day:%m-%d}", one.title % one.values, "; ".join(note.text % note.values for note in one.notes))
        for one in entries
    ]


def of(**rows: Any) -> AccountFacts:
    return AccountFacts(today=TODAY, **rows)


# contract


def test_a_contract_is_told_from_its_first_day_to_its_last() -> None:
    terms = [
        term("01-05", "02-05"),
        term("02-05", "03-05", quantity="8.0"),
        term("03-05", "04-05", quantity="8", plan_id="business", unit_amount="20"),
        term("04-05", "05-05", quantity="8", plan_id="business", unit_amount="20", discount_percent="20.00"),
        term("05-05", "06-05", quantity="8", plan_id="business", unit_amount="20", status="paused"),
        term("06-05", "07-05", quantity="8", plan_id="business", unit_amount="20", billing_interval="year"),
    ]
    changes = [
        change("01-05", "new", 50), change("02-05", "expansion", 30), change("03-05", "expansion", 80),
        change("04-05", "contraction", -32), change("05-05", "churn", -128), change("06-05", "reactivation", 13),
        change("07-05", "churn", -13),
    ]  # fmt: skip
    assert told(story(of(terms=terms, changes=changes)))[::-1] == [
        ("01-05", "Became a customer", "On team"),
        ("02-05", "Grew", "Quantity from 5 to 8"),
        ("03-05", "Grew", "From team to business"),
        ("04-05", "Shrank", "Discount of 20 %"),
        ("05-05", "Left", "A discount ended; Paused"),
        ("06-05", "Came back", "Billed yearly; Resumed"),
        ("07-05", "Left", ""),
    ]


def test_changes_of_one_day_are_one_entry_in_each_currency() -> None:
    changes = [change("01-05", "new", 50), change("01-05", "new", 7), {**change("01-05", "new", 9), "currency": "USD"}]
    amounts = [(one.amount, one.currency) for one in story(of(changes=changes))]
    assert amounts == [(Decimal(57), "EUR"), (Decimal(9), "USD")]


def test_a_price_that_changed_without_mrr_is_a_change_of_contract() -> None:
    terms = [term("01-05", "02-05"), term("02-05", unit_amount="12.50")]
    (entry,) = [one for one in story(of(terms=terms, changes=[change("01-05", "new", 50)])) if one.day == day("02-05")]
    assert entry.title == "Changed its contract"
    (note,) = entry.notes
    assert (note.values["before"].amount, note.values["after"].amount) == (Decimal(10), Decimal("12.5"))


def test_a_trial_that_both_billing_and_a_file_know_is_told_once() -> None:
    trial = {
        "source": "f",
        "started_day": day("01-05"),
        "ends_day": day("01-19"),
        "card_required": True,
        "plan_id": "team",
    }
    terms = [term("01-05", "01-19", status="trialing"), term("01-19")]
    paid = story(of(terms=terms, trials=[trial], changes=[change("01-19", "new", 50)]))
    assert told(paid) == [("01-19", "Became a customer", ""), ("01-05", "Began a trial of team", "With a card")]
    unpaid = story(of(terms=terms[:1]))
    assert told(unpaid) == [("01-19", "The trial ended without a payment", ""), ("01-05", "Began a trial of team", "")]


def test_a_cancellation_has_its_reason_and_the_customers_words() -> None:
    (entry,) = story(of(cancellations=[cancellation("03-01", "12-15")]))
    assert told([entry]) == [("03-01", "Asked to cancel", "Reason: price; Access ends on 2026-12-15")]
    assert (entry.detail, entry.tone) == ("=too dear", "loss")


# money, use, people, words


def test_a_failed_payment_matters_and_a_paid_one_is_a_fine_point() -> None:
    entries = story(of(payments=[payment("03-01", "failed", "x", "card expired"), payment("03-04", "succeeded", "x")]))
    assert [(one.title, one.fine, one.detail) for one in entries] == [
        ("Paid", True, ""),
        ("A payment failed", False, "card expired"),
    ]


def test_an_invoice_that_waits_says_so_and_a_draft_is_no_invoice() -> None:
    rows = [invoice("05-01", "paid", "05-02"), invoice("06-01"), invoice("07-01", "draft"), invoice("08-01", "void")]
    assert told(story(of(invoices=rows))) == [
        ("08-01", "Invoice inv-08-01", "Void"),
        ("06-01", "Invoice inv-06-01", "Not paid yet"),
        ("05-02", "Paid invoice inv-05-01", ""),
        ("05-01", "Invoice inv-05-01", ""),
    ]


def used(week: str, feature: str, events: int) -> dict[str, Any]:
    return {"period": day(week), "feature": feature, "events": events, "active_days": 1, "people": 2}


def test_use_is_told_by_firsts_silences_and_weeks() -> None:
    usage = [used("01-05", "boards", 3), used("01-05", "api", 0), used("02-16", "api", 1), used("02-16", "boards", 9)]
    facts = replace(of(usage=usage, account={"created_day": day("01-07"), "source": "s"}), today=day("03-01"))
    assert told([one for one in story(facts) if one.kind == "use" and not one.fine]) == [
        ("02-16", "Used for the first time: api", ""),
        ("01-12", "No use for 5 weeks", ""),
        ("01-07", "First use: boards", ""),
    ]
    weeks = [one for one in story(facts) if one.kind == "use" and one.fine]
    assert [(one.notes[0].values["events"], one.detail) for one in weeks] == [(10, "boards 9, api 1"), (3, "boards 3")]


def test_a_silence_that_lasts_is_told_and_firsts_are_not_guessed() -> None:
    facts = of(usage=[used("08-03", "boards", 3)], account={"created_day": date(2020, 1, 1), "source": "s"})
    titles = [one.title % one.values for one in story(facts) if one.kind == "use" and not one.fine]
    assert titles == ["No use for 11 weeks, and still none"]


def test_people_tickets_surveys_and_referrals_are_told() -> None:
    member = {
        "source": "s",
        "user_id": "u",
        "role": "champion",
        "valid_from_day": day("01-01"),
        "valid_to_day": day("05-01"),
    }
    ticket = {
        "source": "s",
        "opened_day": day("02-01"),
        "closed_day": None,
        "priority": "high",
        "subject": "Slow",
        "satisfaction": 4.0,
    }
    answer = {
        "source": "s",
        "survey": "nps",
        "question": "Would you?",
        "answered_day": day("03-01"),
        "score": 9.0,
        "comment": "yes",
        "dismissed": False,
    }
    referral = {"source": "s", "referrer_account_id": "other", "referred_id": "me", "referred_day": day("04-01")}
    users = [{"user_id": "u", "name": "Ada", "email": "ada@example.com"}]
    facts = of(
        memberships=[member], users=users, tickets=[ticket], surveys=[answer], referrals=[referral],
        account={"account_id": "me", "created_day": None, "source": "s"},
    )  # fmt: skip
    assert told(story(facts)) == [
        ("05-01", "Ada, champion, left", ""),
        ("04-01", "Was recommended by other", ""),
        ("03-01", "Answered nps with 9", "Would you?"),
        ("02-01", "Ticket opened", "Priority: high; Still open; Satisfaction: 4"),
        ("01-01", "Ada joined as champion", ""),
    ]
    assert current_people(facts) == []
    assert [one.name for one in current_people(replace(facts, today=day("04-30")))] == ["Ada"]


def test_nothing_after_the_day_that_is_looked_at_is_told() -> None:
    facts = replace(
        of(changes=[change("05-01", "new", 1)], cancellations=[cancellation("06-01", None)]), today=day("05-15")
    )
    assert [one.title for one in story(facts)] == ["Became a customer"]
    assert story(of()) == []


def test_a_part_of_a_story_never_cuts_a_day_and_loses_none() -> None:
    entries = [Entry("money", TODAY - timedelta(days=number // 3), "Paid") for number in range(100)]
    seen, upto = [], None
    while True:
        shown = part(entries, upto=upto, most=10)
        seen += [one for chapter in shown.chapters for one in chapter.entries]
        if shown.older is None:
            break
        upto = shown.older
    assert seen == entries


# due


def test_what_is_late_comes_first_and_each_renewal_once() -> None:
    item = {
        "subscription_id": "sub",
        "item_id": "i",
        "plan": "team",
        "currency": "EUR",
        "mrr_micros": 1,
        "anchor_day": day("01-05"),
        "renewal_day": day("11-05"),
    }
    rows = [invoice("09-01", due_on="09-15"), invoice("10-20", due_on="11-20"), invoice("08-01", "paid", "08-02")]
    facts = of(
        invoices=rows, terms=[term("01-05")], renewals=[item, {**item, "item_id": "j", "plan": "chat"}],
        payments=[payment("09-16", "failed", "inv-09-01", "card expired")],
    )  # fmt: skip
    found = due(facts)
    assert told(found) == [
        ("09-15", "Invoice inv-09-01 is overdue", ""),
        ("09-16", "The last payment failed", ""),
        ("11-05", "Renewal of chat, team", ""),
        ("11-20", "Invoice inv-10-20 is open", ""),
    ]
    assert found[2].amount == Decimal("50.000001")


def test_whoever_leaves_does_not_renew_and_a_payment_that_was_made_good_is_not_due() -> None:
    item = {
        "subscription_id": "sub",
        "item_id": "i",
        "plan": "team",
        "currency": "EUR",
        "mrr_micros": 1,
        "anchor_day": day("01-05"),
        "renewal_day": day("11-05"),
    }
    facts = of(
        renewals=[item], cancellations=[cancellation("10-01", "11-05")], invoices=[invoice("09-01", "paid", "09-20")],
        payments=[payment("09-16", "failed", "inv-09-01")],
    )  # fmt: skip
    assert told(due(facts)) == [("11-05", "Leaves: the cancellation takes effect", "Reason: price")]


# beside


def test_limits_are_those_of_the_last_period_of_the_account() -> None:
    rows = [
        {"period": day(at), "account": who, "limit": "seats", "used": used}
        for at, who, used in (("09-01", "a", 1.0), ("10-01", "a", 2.0), ("10-01", "b", 3.0))
    ]
    assert [row["used"] for row in limits_of(pa.Table.from_pylist(rows), "a")] == [2.0]


def test_charts_begin_with_the_account_or_as_far_back_as_can_be_read() -> None:
    assert since({"created_day": None, "first_day": None}, TODAY, weeks=True) == TODAY - timedelta(weeks=104)
    assert since({"created_day": day("05-01"), "first_day": day("04-01")}, TODAY) == day("04-01")
