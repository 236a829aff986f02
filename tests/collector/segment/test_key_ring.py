"""Keys at hand: new ones at once, revoked ones soon no more, and few questions to the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.collector.segment import KeyRing
from holdfast.collector.segment import key_ring as key_ring_module
from holdfast.collector.segment.key_ring import basic_user
from holdfast.errors import LakeError
from holdfast.state import Keys, open_state


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    with open_state(tmp_path) as state:
        yield Keys(state)


def test_a_thousand_unknown_keys_at_once_are_one_question(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    ring, asked = KeyRing(keys), 0
    refresh = ring.refresh

    def counted() -> None:
        nonlocal asked
        asked += 1
        refresh()

    monkeypatch.setattr(ring, "refresh", counted)
    _, text = keys.create("write", "web")

    async def story() -> list[object]:
        return await asyncio.gather(*(ring.ask("hfw_" + f"{n:043d}") for n in range(1_000)), ring.ask(text))

    *unknown, found = asyncio.run(story())
    assert set(unknown) == {None}
    assert found is not None
    assert asked == 1


def test_what_cannot_be_a_key_is_no_question(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = KeyRing(keys)
    monkeypatch.setattr(ring, "refresh", lambda: 1 / 0)
    assert asyncio.run(ring.ask("another company's key")) is None


def test_running_it_forgets_what_is_revoked_and_notes_what_is_used(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_ring_module, "EVERY_SECONDS", 0.02)
    key, text = keys.create("write", "web")
    ring = KeyRing(keys)

    async def story() -> None:
        ring.start()
        assert ring.find(text) is not None
        keys.revoke(key.id)
        for _ in range(100):
            await asyncio.sleep(0.02)
            if ring.find(text) is None:
                break
        assert ring.find(text) is None
        await ring.stop()

    asyncio.run(story())
    [listed] = keys.all()
    assert listed.last_used_at is not None
    assert listed.revoked_at is not None
    assert listed.last_used_at >= listed.created_at


def test_where_the_database_cannot_be_read_the_keys_stay(
    keys: Keys, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="holdfast")
    _, text = keys.create("write", "web")
    ring = KeyRing(keys)

    def failing(kind: str) -> None:
        raise LakeError("the disk is gone")

    monkeypatch.setattr(keys, "valid", failing)
    assert asyncio.run(ring.ask("hfw_" + "x" * 43)) is None
    assert ring.find(text) is not None
    assert "the keys stay as they were: the disk is gone" in caplog.text


def test_basic_authentication_names_a_user() -> None:
    assert basic_user(b"Basic a2V5OnBhc3N3b3Jk") == "key"
    assert basic_user(b"basic a2V5Og==") == "key"
    assert basic_user(b"Bearer a2V5Og==") is None
    assert basic_user(b"Basic =") == ""
