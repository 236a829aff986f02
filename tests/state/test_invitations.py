"""Links: they let one person in, once, and a new one takes the place of the old."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from holdfast.errors import InputError, UnknownName
from holdfast.state import Invitations, People, Sessions, State, User
from holdfast.state.tables import INVITATIONS


def welcomed(state: State) -> User:
    token = Invitations(state).welcome()
    assert token is not None
    return Invitations(state).accept(token, "hash", name="Ada", email="ada@example.com")


def test_the_first_owner_comes_in_once_and_then_nobody(state: State) -> None:
    links = Invitations(state)
    first, second = links.welcome(), links.welcome()
    assert first is not None
    assert second is not None
    assert links.find(first) is None, "a new start prints a new link"
    owner = links.accept(second, "hash", name="Ada", email="ada@example.com")
    assert (owner.role, owner.has_password) == ("owner", True)
    with pytest.raises(InputError, match="has been used"):
        links.accept(second, "hash", name="Eve", email="eve@example.com")
    assert links.welcome() is None
    assert [one.email for one in People(state).all()] == ["ada@example.com"]


def test_a_link_that_fails_can_be_used_again(state: State) -> None:
    links, token = Invitations(state), Invitations(state).welcome() or ""
    with pytest.raises(InputError, match="no e-mail address"):
        links.accept(token, "hash", name="Ada", email="ada")
    assert links.accept(token, "hash", name="Ada", email="ada@example.com").role == "owner"


def test_of_many_who_use_a_link_at_once_one_comes_in(state: State) -> None:
    token = Invitations(state).welcome() or ""
    said: list[str] = []

    def use(number: int) -> None:
        try:
            said.append(Invitations(state).accept(token, "h", name="A", email=f"a{number}@example.com").email)
        except InputError as error:
            said.append(error.message[:9])

    threads = [threading.Thread(target=use, args=(number,)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert said.count("this link") == 5
    assert len(People(state).all()) == 1


def test_an_invitation_says_who_and_what_they_will_be(state: State) -> None:
    owner, links = welcomed(state), Invitations(state)
    old, token = (links.invite("Bob@example.com", "success", owner.id) for _ in range(2))
    assert [(one.email, one.role, one.purpose) for one in links.pending()] == [("bob@example.com", "success", "invite")]
    assert links.find(old) is None
    bob = links.accept(token, "hash", name="Bob", email="mallory@example.com")
    assert (bob.email, bob.role) == ("bob@example.com", "success")
    assert links.pending() == []
    with pytest.raises(InputError, match="already"):
        links.invite("BOB@example.com", "owner", owner.id)


def test_an_invitation_can_be_withdrawn_and_grows_old(state: State) -> None:
    owner, links = welcomed(state), Invitations(state)
    token = links.invite("bob@example.com", "viewer", owner.id)
    links.withdraw(links.pending()[0].id, owner.id)
    assert links.find(token) is None
    late = links.invite("bob@example.com", "viewer", owner.id)
    with state.begin() as connection:
        connection.execute(update(INVITATIONS).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    with pytest.raises(InputError, match="too old"):
        links.accept(late, "hash", name="Bob")
    assert links.pending() == []


def test_a_new_password_by_link_ends_sessions_and_changes_nothing_else(state: State) -> None:
    owner, links = welcomed(state), Invitations(state)
    session, token = Sessions(state).start(owner.id), links.reset("ADA@example.com", "console")
    changed = links.accept(token, "new", name="Eve", email="eve@example.com")
    assert (changed.id, changed.name, changed.email) == (owner.id, "Ada", "ada@example.com")
    found = People(state).credentials("ada@example.com")
    assert found is not None
    assert found[1] == "new"
    assert Sessions(state).find(session) is None
    with pytest.raises(InputError, match="has been used"):
        links.accept(token, "newer")


def test_a_new_password_is_for_people_who_are_there(state: State) -> None:
    owner, links = welcomed(state), Invitations(state)
    bob = links.accept(links.invite("bob@example.com", "viewer", owner.id), "hash", name="Bob")
    token = links.reset(bob.email, "console")
    People(state).disable(bob.id, owner.id)
    with pytest.raises(InputError, match="has been used"):
        links.accept(token, "new")
    with pytest.raises(InputError, match="disabled"):
        links.reset(bob.email, "console")
    with pytest.raises(UnknownName, match="nobody signs in"):
        links.reset("eve@example.com", "console")


def test_who_was_invited_may_come_by_an_openid_provider(state: State) -> None:
    owner, links = welcomed(state), Invitations(state)
    token = links.invite("bob@example.com", "analyst", owner.id)
    assert links.join("eve@example.com", "Eve", "issuer eve") is None
    bob = links.join("Bob@example.com", "Bob", "issuer bob")
    assert bob is not None
    assert (bob.role, bob.has_password) == ("analyst", False)
    assert links.find(token) is None
