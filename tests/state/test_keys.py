"""Keys: shown once, known by their hash, refused once revoked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from holdfast.errors import InputError, UnknownName
from holdfast.state import Keys, State, open_state
from holdfast.state.keys import hashed, looks_like_key
from holdfast.state.tables import KEYS


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with open_state(tmp_path) as one:
        yield one


def test_a_key_is_random_and_nothing_but_its_hash_is_kept(state: State, tmp_path: Path) -> None:
    made = [Keys(state).create("write", "web") for _ in range(3)]
    texts = {text for _, text in made}
    assert len(texts) == 3
    assert all(looks_like_key(text) and text.startswith(key.id) for key, text in made)
    assert set(Keys(state).valid("write")) == {hashed(text) for text in texts}
    with state.read() as connection:
        connection.execute(select(KEYS)).all()
    state.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert not any(text[16:].encode() in content for text in texts)


def test_a_source_may_have_two_keys_while_one_takes_the_place_of_the_other(state: State) -> None:
    keys = Keys(state)
    old, new = keys.create("write", "web")[0], keys.create("write", "web")[0]
    assert keys.revoke(old.id).revoked_at is not None
    assert [(one.id, one.revoked_at is None) for one in keys.all()] == [(old.id, False), (new.id, True)]
    assert [one.id for one in keys.valid("write").values()] == [new.id]


def test_revoking_takes_the_beginning_or_the_whole_key_and_again_changes_nothing(state: State) -> None:
    keys = Keys(state)
    key, text = keys.create("write", "web")
    first = keys.revoke(text)
    assert first == keys.revoke(key.id) == keys.revoke(text)


@pytest.mark.parametrize("given", ["", "hfw_", "hfw_notthere", "web", "%", "hfw_" + "x" * 43])
def test_a_key_that_is_not_there_is_said_without_repeating_it(state: State, given: str) -> None:
    Keys(state).create("write", "web")
    with pytest.raises(UnknownName, match="there is no key") as found:
        Keys(state).revoke(given)
    assert "x" * 20 not in str(found.value)
    assert all(one.revoked_at is None for one in Keys(state).all())


def test_the_whole_key_of_another_one_with_the_same_beginning_revokes_nothing(state: State) -> None:
    key, text = Keys(state).create("write", "web")
    with pytest.raises(UnknownName):
        Keys(state).revoke(text[:-1] + ("a" if text[-1] != "a" else "b"))
    assert Keys(state).all() == [key]


def test_when_a_key_was_used_is_kept(state: State) -> None:
    key, _ = Keys(state).create("write", "web")
    when = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    Keys(state).used({key.id: when, "hfw_notthere": when})
    assert [one.last_used_at for one in Keys(state).all()] == [when]


@pytest.mark.parametrize("name", ["", "Web", "a b", "-a", "a-", "x" * 65, "a/b", "ä", "a\n", ".."])
def test_a_source_has_a_plain_name(state: State, name: str) -> None:
    with pytest.raises(InputError, match="cannot be the name of a source"):
        Keys(state).create("write", name)
    assert Keys(state).all() == []
