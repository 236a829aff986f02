"""Events from the inbox into the lake: each once, whatever is sent again, and nothing uncounted."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.collector.events import book as book_module
from holdfast.collector.events.status import arrivals, counted, kept, latest
from holdfast.settings import Settings
from tests.collector.events.conftest import NOW, Product, track

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"


def held(product: Product, **wanted: dict[str, int]) -> None:
    """The law holds, and each source has the counts that are wanted of it."""
    found = {one.source: one for one in arrivals(product.data, count=True).sources}
    for one in found.values():
        assert one.holds, one
    for source, counts in wanted.items():
        one = found[source]
        assert {name: getattr(one, name) for name in counts} == counts


def test_each_event_is_stored_once(product: Product) -> None:
    product.send(track("a"), track("b", user="u2", anonymousId="x", context={"groupId": "acct"}))
    product.send(track("a"), track("c"))
    product.send(track("a"), source="app")
    assert product.pairs("events", "source", "message_id", "user_id", "account_id") == [
        ("app", "a", "u1", None), ("web", "a", "u1", None), ("web", "b", "u2", "acct"), ("web", "c", "u1", None),
    ]  # fmt: skip
    held(product, web={"received": 4, "accepted": 3, "duplicate": 1, "loaded": 3}, app={"received": 1, "loaded": 1})


def test_the_first_content_wins_and_the_other_is_kept(product: Product) -> None:
    product.send(track("a", properties={"n": 1}), track("a", properties={"n": 2}))
    product.send(track("a", properties={"n": 3}), track("a", properties={"n": 1}))
    assert product.pairs("events", "message_id", "properties") == [("a", '{"n": 1}')]
    assert [json.loads(one.raw)["properties"] for one in kept(product.data, "conflict")] == [{"n": 2}, {"n": 3}]
    held(product, web={"received": 4, "accepted": 1, "duplicate": 1, "conflict": 2})


def test_poison_stops_nothing_and_is_kept(product: Product) -> None:
    product.send(7, track("a"), {"type": "track"}, track("b"), {"type": "track", "event": "x", "userId": {}})
    product.send(b"not json")
    assert [row["message_id"] for row in product.rows()] == ["a", "b"]
    assert [(one.place[1], one.raw[:3]) for one in kept(product.data, "rejected")][:2] == [(0, "7"), (2, '{"t')]
    held(product, web={"received": 6, "accepted": 2, "rejected": 4})


def test_a_row_says_all_that_was_said(product: Product) -> None:
    call = track("a", timestamp="2026-11-18T10:00:00Z", properties={"a": 1}, anonymousId="x", context={"ip": "::1"})
    product.send(call, sentAt="2026-11-18T10:00:05Z")
    received = datetime.fromtimestamp(NOW / 1_000_000, UTC)
    assert product.rows() == [
        {
            "message_id": "a", "type": "track", "event": "Opened", "user_id": "u1", "anonymous_id": "x",
            "account_id": None, "occurred_at": received.replace(second=received.second - 5),
            "occurred_day": date(2026, 11, 18), "original_at": datetime(2026, 11, 18, 10, tzinfo=UTC),
            "sent_at": datetime(2026, 11, 18, 10, 0, 5, tzinfo=UTC), "received_at": received, "time_note": None,
            "time_text": None, "properties": '{"a": 1}', "context": '{"ip": "::1"}', "source": "web",
        }
    ]  # fmt: skip
    assert product.lake.read("events")["recorded_at"].to_pylist() == [received]


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Australia/Lord_Howe", "America/New_York", "Africa/Cairo"])
def test_days_are_the_companys(tmp_path: Path, zone: str) -> None:
    product = Product(tmp_path / "data", Settings(timezone=zone))
    moments = [
        datetime(2024, month, day, hour, 15, tzinfo=UTC)
        for month in (3, 4, 10, 11)
        for day in (1, 30)
        for hour in (3, 9, 14, 22)
    ]
    product.send(*(track(str(number), timestamp=moment.isoformat()) for number, moment in enumerate(moments)))
    found = {int(row["message_id"]): row["occurred_day"] for row in product.rows()}
    assert found == {number: moment.astimezone(ZoneInfo(zone)).date() for number, moment in enumerate(moments)}
    product.close()


def test_ids_that_name_nobody_merge_nobody(product: Product) -> None:
    for number, nobody in enumerate(("undefined", "null", "[object Object]", "0", "anonymous", "NaN", "")):
        product.send(track(f"a{number}", user=f"u{number}", anonymousId=nobody))
        product.send(track(f"b{number}", user=nobody, anonymousId=f"x{number}"))
        product.send({"type": "alias", "userId": f"u{number}", "previousId": nobody or "0", "messageId": f"c{number}"})
        product.send({"type": "group", "userId": f"u{number}", "groupId": nobody or "0", "messageId": f"d{number}"})
    assert product.rows("identities") == product.rows("memberships") == product.rows("accounts") == []
    assert len(product.rows()) == 28


def test_twins_that_look_alike_stay_two(product: Product) -> None:
    ids = ["caf\u00e9", "cafe\u0301", "a\0b", "a b", "\u202eab", "Ab", "ab"]
    product.send(*(track(one, user=one) for one in ids))
    assert {row["user_id"] for row in product.rows()} == {row["message_id"] for row in product.rows()} == set(ids)


def test_people_and_accounts(product: Product) -> None:
    person = {"email": "a@b.c", "firstName": "Ann", "lastName": "Lee", "title": "Admin", "createdAt": "2024-02-01"}
    company = {
        "name": "Initech", "employees": "20-50", "industry": "Tech", "created_at": "2023-01-01T00:00:00Z", "seats": 5,
        "tags": ["a"], "old": None,
    }  # fmt: skip
    product.send(
        track("a", user=None, anonymousId="x"),
        {"type": "identify", "messageId": "b", "userId": "u1", "anonymousId": "x", "traits": person},
        {"type": "group", "messageId": "c", "userId": "u1", "groupId": "g1", "traits": company},
        {"type": "alias", "messageId": "d", "userId": "u1", "previousId": "y"},
    )  # fmt: skip
    assert product.pairs("identities", "anonymous_id", "user_id") == [("x", "u1"), ("y", "u1")]
    assert product.pairs("users", "user_id", "email", "name", "created_at", "created_day") == [
        ("u1", "a@b.c", "Ann Lee", None, date(2024, 2, 1))
    ]
    assert product.pairs("memberships", "account_id", "user_id", "role", "valid_to_at") == [("g1", "u1", "Admin", None)]
    assert product.pairs("accounts", "account_id", "name", "created_day") == [("g1", "Initech", date(2023, 1, 1))]
    assert product.pairs("account_attributes", "name", "text", "number") == [
        ("employees", "20-50", None), ("industry", "Tech", None), ("old", None, None), ("seats", "5", 5.0),
    ]  # fmt: skip


@pytest.mark.skipif(not (DATA / "segment_b2b_spec").is_dir(), reason="the sample calls are not here")
def test_the_sample_calls_of_the_specification(product: Product) -> None:
    product.send(*json.loads((DATA / "segment_b2b_spec" / "events.json").read_text()))
    assert Counter(row["event"] for row in product.rows())["Trial Started"] == 1
    assert product.pairs("trials", "account_id", "started_day", "ends_day", "plan_id") == [
        ("acct_123", date(2018, 8, 28), date(2018, 9, 20), "Business")
    ]
    (member,) = product.rows("memberships")
    assert (member["role"], member["valid_to_at"] is None) == ("Owner", False)
    assert product.pairs("accounts", "account_id", "name") == [("acct_123", "Initech")]
    assert product.pairs("users", "user_id", "email", "name") == [
        ("019mr8mf4r", "pgibbons@initech.com", "Peter Gibbons")
    ]
    held(product, web={"received": 10, "loaded": 10})


def test_someone_who_left_may_come_back(product: Product) -> None:
    def call(name: str, day: int) -> dict[str, Any]:
        return track(f"{name}{day}", name, timestamp=f"2026-11-{day:02}T00:00:00Z", context={"groupId": "g"})

    product.send(call("Account Added User", 1), call("Account Removed User", 3))
    assert product.pairs("memberships", "valid_from_day", "valid_to_day") == [(date(2026, 11, 1), date(2026, 11, 3))]
    product.send(call("Opened", 4))
    assert product.pairs("memberships", "valid_to_day") == [(date(2026, 11, 3),)]
    product.send(call("Account Added User", 5))
    assert product.pairs("memberships", "valid_from_day", "valid_to_day") == [(date(2026, 11, 1), None)]
    product.send(call("Account Removed User", 2))
    assert product.pairs("memberships", "valid_to_day") == [(None,)]


def test_what_billing_knows_of_an_account_stays(product: Product) -> None:
    from holdfast.sources.record import record_facts

    product.lake.prepare("UTC")
    record_facts(
        product.lake,
        "accounts",
        [{"account_id": "g", "name": "From billing"}],
        "stripe",
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    product.send({"type": "group", "userId": "u", "groupId": "g", "traits": {"plan": "pro"}})
    assert product.pairs("accounts", "account_id", "name") == [("g", "From billing")]


def test_a_new_inbox_begins_where_the_old_one_ended(product: Product) -> None:
    import shutil

    product.send(track("a"), track("b"))
    product.close()
    shutil.rmtree(product.data / "inbox")
    product.open()
    product.send(track("b"), track("c"))
    assert [row["message_id"] for row in product.rows()] == ["a", "b", "c"]
    held(product, web={"received": 4, "accepted": 3, "duplicate": 1, "loaded": 3})


@pytest.mark.parametrize("damage", ["missing", "garbage"])
def test_a_lost_side_file_is_begun_anew_from_the_lake(product: Product, damage: str) -> None:
    product.send(track("a"), track("b"), 7, at=time.time_ns() // 1_000)
    product.close()
    file = product.data / "events" / "decided.sqlite"
    for path in file.parent.glob("decided.sqlite*"):
        path.unlink()
    if damage == "garbage":
        file.write_bytes(b"garbage" * 1_000)
    product.open()
    product.send(track("b"), track("c"), at=time.time_ns() // 1_000)
    assert [row["message_id"] for row in product.rows()] == ["a", "b", "c"]
    held(product, web={"received": 4, "accepted": 3, "duplicate": 1, "loaded": 3})
    assert len(list(file.parent.glob("*-damaged-*"))) == (damage == "garbage")


def test_the_latest_are_shown(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.collector.events.decide.SHOWN", 3)
    product.send(track("a"), track("b"), track("a"))
    product.send(track(None), 7, track("c"))
    assert [(one.message_id or "")[:8] + one.outcome for one in latest(product.data)] == [
        "holdfastaccepted", "rejected", "caccepted"
    ]  # fmt: skip
    assert [one.message_id for one in latest(product.data, after=(2, 1))] == ["c"]


def test_old_ids_are_forgotten_where_there_are_very_many(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "MOST_SEEN", 1)
    product.send(*(track(f"old{number}") for number in range(300)), at=NOW)
    for number in range(300):
        product.handler._book.forget(NOW + (40 * 86_400 + number) * 1_000_000)  # type: ignore[union-attr]
    assert product.handler._book.db.execute("SELECT count(*) FROM seen").fetchone() == (0,)  # type: ignore[union-attr]
    held(product, web={"accepted": 300, "loaded": 300})


CALLS = st.one_of(
    st.builds(track, st.sampled_from(["a", "b", "c", "d", None]), st.sampled_from(["Opened", "Closed"])),
    st.sampled_from([7, {"type": "track"}, {"type": "page", "anonymousId": "x", "messageId": "e"}]),
)
STEPS = st.one_of(st.lists(CALLS, max_size=5), st.sampled_from(["apply", "restart"]))


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=7))
def test_the_law_holds_at_every_moment(tmp_path_factory: pytest.TempPathFactory, steps: list[Any]) -> None:
    product = Product(tmp_path_factory.mktemp("product") / "data")
    expected: dict[str, str] = {}
    sent = assigned = 0
    for step in [*steps, "apply"]:
        if step == "apply":
            product.applier.apply_all()
        elif step == "restart":
            product.restart()
        else:
            product.put(*step)
            sent += len(step)
            for call in step:
                if isinstance(call, dict) and "type" in call and call != {"type": "track"}:
                    assigned += "messageId" not in call
                    if "messageId" in call:
                        expected.setdefault(call["messageId"], call.get("event", ""))
        held(product)
    found = {row["message_id"]: row["event"] or "" for row in product.rows()}
    assert {one: name for one, name in found.items() if not one.startswith("holdfast")} == expected
    assert len(found) == len(expected) + assigned
    if sent:
        held(product, web={"received": sent, "loaded": len(found), "pending": 0})
    assert counted(product.lake) == ({"web": len(found)} if found else {})
    product.close()


def test_a_law_that_is_broken_shows(product: Product) -> None:
    product.send(track("a"))
    (one,) = arrivals(product.data, count=True).sources
    assert one.holds
    assert not replace(one, in_lake=0).holds
    assert not replace(one, received=3).holds
