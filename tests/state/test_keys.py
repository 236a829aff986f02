"""Keys: shown once, known by their hash, refused once revoked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from holdfast.errors import InputError, UnknownName
from holdfast.state import Audit, Keys, State
from holdfast.state.keys import looks_like_key
from holdfast.state.secret import hashed
from holdfast.state.tables import KEYS


def test_a_key_is_random_and_nothing_but_its_hash_is_kept(state: State, kept: Path) -> None:
    made = [Keys(state).create("write", "web") for _ in range(3)]
    texts = {text for _, text in made}
    assert len(texts) == 3
    assert all(looks_like_key(text) and text.startswith(key.id) for key, text in made)
    assert set(Keys(state).valid("write")) == {hashed(text) for text in texts}
    with state.read() as connection:
        connection.execute(select(KEYS)).all()
    state.close()
    content = b"".join(path.read_bytes() for path in kept.iterdir() if path.is_file())
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


def test_a_key_reads_or_sends_and_never_both(state: State) -> None:
    keys = Keys(state)
    (_, write), (reader, read) = keys.create("write", "web"), keys.create_reader("analyst", "Looker")
    assert (reader.role, reader.name, reader.label, reader.source) == ("analyst", "Looker", "Looker", "")
    assert keys.find("read", read) == reader
    assert [keys.find("read", write), keys.find("write", read)] == [None, None]
    assert set(keys.valid("write")) == {hashed(write)}
    assert (looks_like_key(read), looks_like_key(read, "read")) == (False, True)


def test_a_key_that_is_revoked_is_found_no_more(state: State) -> None:
    key, text = Keys(state).create_reader("viewer", "export")
    assert Keys(state).revoke(text, by="ada").revoked_at is not None
    assert Keys(state).find("read", text) is None
    assert [(one.who, one.what, one.about) for one in Audit(state).latest()] == [
        ("ada", "key revoked", key.id),
        ("console", "key made", f"{key.id} for export"),
    ]


@pytest.mark.parametrize(("role", "said"), [("owner", "cannot be owner"), ("king", "is no role")])
def test_no_key_looks_after_people_and_keys(state: State, role: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Keys(state).create_reader(role, "export")
    assert Keys(state).all() == []


def test_a_key_that_reads_is_not_made_as_one_that_sends(state: State) -> None:
    with pytest.raises(InputError, match="role and a name"):
        Keys(state).create("read", "web")
