"""People, events, tickets and gauges fit each other and the lives of their accounts."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest

from holdfast.simulate import Model, months
from holdfast.simulate.accounts import make_accounts
from holdfast.simulate.causes import FEATURE_EVENTS
from holdfast.simulate.draws import Draws
from holdfast.simulate.happenings import Happenings
from holdfast.simulate.lives import live
from holdfast.simulate.menus import make_menus
from holdfast.simulate.model import ADD_ONS, PLANS
from holdfast.simulate.people import make_people
from holdfast.simulate.sessions import make_sessions
from holdfast.simulate.settings_file import settings_text
from holdfast.simulate.simulation import window_of
from holdfast.simulate.steps import make_steps
from tests.simulate.conftest import END
from tests.simulate.made import Made, make

ACCOUNTS = 500
LONG_AFTER = date(2200, 1, 1)


@pytest.fixture(scope="module")
def made() -> Made:
    return make(ACCOUNTS)


@pytest.fixture(scope="module")
def stays(made: Made) -> dict[str, dict[str, Any]]:
    """The membership of each person."""
    return {row["user_id"]: row for row in made.rows("memberships")}


@pytest.fixture(scope="module")
def access(made: Made) -> dict[str, list[tuple[date, date]]]:
    """The days on which each account had a trial or a subscription."""
    found = defaultdict(list)
    for row in made.rows("subscription_terms"):
        found[row["account_id"]].append((row["valid_from_day"], row["valid_to_day"] or LONG_AFTER))
    return found


def within(day: date, spans: list[tuple[date, date]]) -> bool:
    return any(start <= day < end for start, end in spans)


def test_same_seed_same_events(made: Made) -> None:
    assert make(ACCOUNTS).tables["events"].equals(made.tables["events"])
    assert not make(ACCOUNTS, seed=2).tables["events"].equals(made.tables["events"])


def test_a_larger_company_holds_the_behaviour_of_the_smaller_one(made: Made) -> None:
    for name, table in make(120).tables.items():
        if name in ("users", "memberships", "tickets", "events", "usage_gauges"):
            account = "user_id" if name == "users" else "account_id"
            last = "usr_0000121" if name == "users" else "acc_0000121"
            if name == "events":
                account, last = "message_id", "m_0000121"
            mine = made.tables[name].filter(pc.less(made.tables[name][account], last))
            assert mine.equals(table), name


def test_how_much_people_do_changes_nothing_else(made: Made) -> None:
    quiet = make(ACCOUNTS, rate=2.0)
    assert quiet.truth == made.truth
    for name, table in quiet.tables.items():
        assert name in ("events", "identities") or table.equals(made.tables[name]), name
    assert quiet.tables["events"].num_rows < 0.5 * made.tables["events"].num_rows


def test_the_default_makes_about_a_hundred_and_fifty_events_an_account(made: Made) -> None:
    assert 110 < made.tables["events"].num_rows / ACCOUNTS < 190


def test_each_person_is_in_one_account_after_it_came(made: Made, stays: dict[str, dict[str, Any]]) -> None:
    created = {row["account_id"]: row["created_day"] for row in made.rows("accounts")}
    assert len(stays) == len(made.rows("memberships")) == len(made.rows("users"))
    for row in made.rows("users"):
        stay = stays[row["user_id"]]
        assert created[stay["account_id"]] <= row["created_day"] == stay["valid_from_day"] <= END
        assert stay["valid_to_day"] is None or stay["valid_from_day"] < stay["valid_to_day"] <= END
    first = {row["account_id"] for row in stays.values() if row["valid_from_day"] == created[row["account_id"]]}
    assert first == set(created)


def test_an_account_has_one_champion_at_a_time(stays: dict[str, dict[str, Any]]) -> None:
    champions = defaultdict(list)
    for row in stays.values():
        if row["role"] == "champion":
            champions[row["account_id"]].append((row["valid_from_day"], row["valid_to_day"] or LONG_AFTER))
    for spans in champions.values():
        for (_, left), (came, _) in pairwise(sorted(spans)):
            assert left <= came
    assert max(map(len, champions.values())) > 1
    assert {row["role"] for row in stays.values()} == {"champion", "admin", "billing", "member"}
    left = [row for row in stays.values() if row["valid_to_day"]]
    assert {row["role"] for row in left} == {"champion", "admin", "billing", "member"}


def test_events_lie_within_the_lives_of_people_and_accounts(
    made: Made, stays: dict[str, dict[str, Any]], access: dict[str, list[tuple[date, date]]]
) -> None:
    for row in made.rows("events"):
        day, stay = row["occurred_at"].date(), stays[(row["user_id"] or row["anonymous_id"]).replace("anon_", "usr_")]
        if row["user_id"] is None:
            assert timedelta(0) <= stay["valid_from_day"] - day <= timedelta(days=3)
            assert (row["type"], row["account_id"]) == ("page", None)
        else:
            assert row["account_id"] == stay["account_id"]
            assert stay["valid_from_day"] <= day < (stay["valid_to_day"] or LONG_AFTER)
            assert within(day, access[row["account_id"]]), row
        assert day <= END


def test_people_are_anonymous_until_they_sign_up(made: Made) -> None:
    first: dict[str, str] = {}
    signed: set[str] = set()
    visitors: set[str] = set()
    for row in made.rows("events"):
        if row["user_id"] is None:
            visitors.add(row["anonymous_id"].replace("anon_", "usr_"))
            assert row["anonymous_id"].replace("anon_", "usr_") not in first
            continue
        first.setdefault(row["user_id"], row["event"])
        if row["event"] == "Signed Up":
            assert row["user_id"] not in signed
            assert row["anonymous_id"] == row["user_id"].replace("usr_", "anon_")
            signed.add(row["user_id"])
    assert {first[person] for person in signed} == {"Signed Up"}
    assert len(signed) > 0.95 * len(made.rows("users"))
    assert len(visitors & signed) > 0.5 * len(signed)


def test_each_anonymous_id_belongs_to_the_person_who_signed_up_with_it(made: Made) -> None:
    together: dict[str, Any] = {}
    for row in made.rows("events"):
        if row["user_id"] and row["anonymous_id"]:
            together.setdefault(row["anonymous_id"], (row["user_id"], row["occurred_at"]))
    found = {row["anonymous_id"]: (row["user_id"], row["linked_at"]) for row in made.rows("identities")}
    assert found == together
    assert len({user for user, _ in found.values()}) == len(made.rows("identities"))


def test_messages_are_numbered_in_the_order_of_time(made: Made) -> None:
    rows = made.rows("events")
    assert len({row["message_id"] for row in rows}) == len(rows)
    for row, later in pairwise(rows):
        if row["message_id"][:9] == later["message_id"][:9]:
            assert row["occurred_at"] <= later["occurred_at"]


def test_only_features_of_the_own_plans_are_used(made: Made) -> None:
    offers = {offer.plan_id: offer.features for offer in (*PLANS, *ADD_ONS)}
    owned: dict[str, set[str]] = defaultdict(set)
    for row in made.rows("subscription_terms"):
        owned[row["account_id"]] |= {event for f in offers[row["plan_id"]] for event in FEATURE_EVENTS[f]}
    known = {event for events in FEATURE_EVENTS.values() for event in events}
    used = {(row["account_id"], row["event"]) for row in made.rows("events") if row["event"] in known}
    assert used
    assert all(event in owned[account] for account, event in used)
    assert {event for _, event in used} == known


def test_trials_without_a_step_have_no_event_of_it(made: Made) -> None:
    model, window = Model(), window_of(36, END)
    accounts = make_accounts(model, window, Draws(1, 0, ACCOUNTS), 0)
    first = defaultdict(lambda: LONG_AFTER)
    for row in made.rows("events"):
        key = (row["account_id"], row["event"])
        first[key] = min(first[key], row["occurred_at"].date())
    tried = np.flatnonzero(accounts.tried & (accounts.trial_to <= window.end))
    for row in tried:
        for step, done in zip(model.trial_steps, accounts.steps[row], strict=True):
            soon = first[f"acc_{row + 1:07}", step.event] < months.as_date(accounts.trial_to[row])
            assert soon == done, (row, step.name)
    assert 0.1 < accounts.steps[tried].mean() < 0.95


def test_nobody_does_anything_in_a_month_of_silence() -> None:
    model, window, draws = Model(), window_of(36, END), Draws(1, 0, ACCOUNTS)
    accounts = make_accounts(model, window, draws, 0)
    lives = live(model, window, accounts, draws)
    people = make_people(model, window, accounts, lives, draws)
    sessions = make_sessions(window, accounts, people, lives, make_menus(accounts, draws), 20.0, draws)
    events = Happenings.joined([sessions, make_steps(model, window, accounts, people, lives, draws)])
    behaviour, days = lives.behaviour, defaultdict(list)
    known = events.taken(np.flatnonzero(events.ids > 0))
    for account, day in zip(people.account[known.person].tolist(), known.day.tolist(), strict=True):
        days[account].append(day)
    silent = np.argwhere(behaviour.running & (behaviour.use == 0))
    for account, month in silent:
        there = sorted(days[account])
        start, end = behaviour.starts[account, month], behaviour.starts[account, month + 1]
        assert bisect_right(there, end - 1) == bisect_right(there, start - 1)
    assert len(silent) > 10


def test_what_is_used_stays_within_the_limits(made: Made) -> None:
    limits = {plan.plan_id: plan.limits for plan in PLANS}
    terms = defaultdict(list)
    for row in made.rows("subscription_terms"):
        if row["plan_id"] in limits:
            terms[row["account_id"]].append(row)
    full = 0
    for gauge in made.rows("usage_gauges"):
        day = gauge["measured_day"]
        plans = [
            row["plan_id"]
            for row in terms[gauge["account_id"]]
            if row["valid_from_day"] <= day < (row["valid_to_day"] or LONG_AFTER)
        ]
        assert plans, gauge
        limit = limits[plans[0]][gauge["limit_name"]]
        assert 0 <= gauge["used"] <= (limit or 10_000)
        full += gauge["used"] == limit
    assert full > 100


def test_tickets_are_opened_by_customers_and_closed_later(
    made: Made, access: dict[str, list[tuple[date, date]]], stays: dict[str, dict[str, Any]]
) -> None:
    rows = made.rows("tickets")
    for row in rows:
        assert within(row["opened_day"], access[row["account_id"]])
        assert row["closed_day"] is None or row["opened_day"] <= row["closed_day"] <= END
        assert row["satisfaction"] is None or (row["closed_day"] and 1 <= row["satisfaction"] <= 5)
        if row["user_id"]:
            stay = stays[row["user_id"]]
            assert stay["valid_from_day"] <= row["opened_day"] < (stay["valid_to_day"] or LONG_AFTER)
    assert len({row["ticket_id"] for row in rows}) == len(rows)
    late = [row for row in rows if row["closed_day"] and (row["closed_day"] - row["opened_day"]).days >= 42]
    assert 0.02 < len(late) / len(rows) < 0.5


def test_every_feature_on_offer_is_in_the_settings() -> None:
    stated = tomllib.loads(settings_text() + 'customer_type = "smb"\n')
    assert stated["customer_type"] == "smb"
    assert set(stated["features"]) == {feature for offer in (*PLANS, *ADD_ONS) for feature in offer.features}
    assert stated["onboarding"][1] == stated["key_event"] == "Board Created"
