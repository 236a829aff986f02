"""People: one address each, always an owner, and no session outlives what ended it."""

from __future__ import annotations

import pytest

from holdfast.errors import InputError, UnknownName
from holdfast.state import Audit, People, Sessions, State


def joined(state: State, email: str = "ada@example.com", role: str = "owner") -> str:
    return People(state).add(email, "Ada", role).id


def test_an_address_is_one_however_it_is_written(state: State) -> None:
    made = joined(state, "Ada@Example.com")
    found = People(state).find(" ADA@example.COM ")
    assert found is not None
    assert (found.id, found.email, found.has_password) == (made, "ada@example.com", False)
    with pytest.raises(InputError, match="already"):
        joined(state, "aDa@example.com")
    assert len(People(state).all()) == 1


@pytest.mark.parametrize("email", ["", "ada", "@", "a@", "@b", "a b@c", "a@b@c", "a@b\n", "a@b\x00", "a@" + "b" * 300])
def test_what_is_no_address_is_refused(state: State, email: str) -> None:
    if email == "a@b\n":
        email = "a@b\nc"
    with pytest.raises(InputError, match="no e-mail address"):
        joined(state, email)


@pytest.mark.parametrize(
    "other", ["\uff41da@example.com", "\u00e4da@example.com", "ad\u00e0@example.com", "\u212aim@example.com"]
)
def test_an_address_that_looks_alike_is_another(state: State, other: str) -> None:
    joined(state, "ada@example.com")
    joined(state, "kim@example.com")
    assert People(state).find(other) is None
    assert joined(state, other)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x00b", "a\u202eb"])
def test_a_name_can_be_printed(state: State, name: str) -> None:
    with pytest.raises(InputError, match="1 to 100 characters"):
        People(state).add("ada@example.com", name, "viewer")


def test_there_is_always_an_owner(state: State) -> None:
    people, first = People(state), joined(state)
    for attempt in (lambda: people.disable(first, "x"), lambda: people.set_role(first, "analyst", "x")):
        with pytest.raises(InputError, match="only owner"):
            attempt()
    second = joined(state, "bob@example.com")
    assert people.set_role(first, "analyst", second).role == "analyst"
    with pytest.raises(InputError, match="only owner"):
        people.disable(second, "x")
    assert people.disable(first, second).disabled_at is not None
    assert people.has_owner()
    assert [one.what for one in Audit(state).latest(2)] == ["person disabled", "role changed"]


def test_a_role_that_is_none_is_refused(state: State) -> None:
    with pytest.raises(InputError, match="viewer, success, analyst, owner"):
        People(state).set_role(joined(state), "king", "x")


def test_whoever_is_disabled_has_no_session_and_no_password_that_opens(state: State) -> None:
    people, sessions = People(state), Sessions(state)
    joined(state)
    bob = joined(state, "bob@example.com")
    people.set_password(bob, "hash", bob)
    token = sessions.start(bob)
    people.disable(bob, "x")
    assert sessions.find(token) is None
    assert people.credentials("bob@example.com") is None
    people.enable(bob, "x")
    assert sessions.find(token) is None
    assert people.credentials("bob@example.com") is not None


def test_a_new_password_ends_every_session_of_that_person_alone(state: State) -> None:
    people, sessions = People(state), Sessions(state)
    ada, bob = joined(state), joined(state, "bob@example.com")
    hers, his = [sessions.start(ada), sessions.start(ada)], sessions.start(bob)
    people.set_password(ada, "hash", ada)
    assert [sessions.find(one) for one in hers] == [None, None]
    assert sessions.find(his) is not None


def test_an_openid_subject_belongs_to_one_person_and_stays(state: State) -> None:
    people, ada = People(state), joined(state)
    assert people.bind(ada, "https://id.example 1")
    assert not people.bind(ada, "https://id.example 2")
    found = people.by_subject("https://id.example 1")
    assert found is not None
    assert found.id == ada
    assert people.by_subject("https://id.example 2") is None


def test_people_decide_about_themselves(state: State) -> None:
    people, ada = People(state), joined(state)
    changed = people.change(ada, name=" Ada  L. ", language="ko", theme="dark")
    assert (changed.name, changed.language, changed.theme) == ("Ada L.", "ko", "dark")


def test_somebody_who_is_not_there_is_said(state: State) -> None:
    with pytest.raises(UnknownName):
        People(state).get("nobody")
    with pytest.raises(UnknownName):
        People(state).set_role("nobody", "viewer", "x")
