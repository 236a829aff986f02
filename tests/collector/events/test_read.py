"""What is read out of a request, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from holdfast.collector.events.event import Event, Refused
from holdfast.collector.events.read import read
from holdfast.collector.message import Message, Stored

AT = 1_795_000_000_000_000


def read_all(body: Any, endpoint: str = "batch") -> list[Event | Refused]:
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(read(Stored(7, Message("segment", written, {"source": "web", "endpoint": endpoint}, AT))))


def one(call: Any, **outer: Any) -> Event:
    (found,) = read_all({"batch": [call], **outer})
    assert isinstance(found, Event), found
    return found


def raw(call: bytes) -> Event:
    (found,) = read_all(b'{"batch":[%s]}' % call)
    assert isinstance(found, Event), found
    return found


TRACK = {"type": "track", "event": "Opened", "userId": "u", "messageId": "m"}


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (3, "not an object"), ("x", "not an object"), (None, "not an object"), ([], "not an object"),
        ({}, "type is missing"), ({"type": "purchase"}, "type is none of track"),
        ({"type": "track", "userId": "u"}, "event is missing"), ({**TRACK, "event": "  "}, "event is missing"),
        ({**TRACK, "event": {"a": 1}}, "event is an object"), ({**TRACK, "userId": None}, "anonymousId are missing"),
        ({**TRACK, "userId": ["u"]}, "userId is a list"), ({"type": "group", "userId": "u"}, "groupId is missing"),
        ({"type": "alias", "userId": "u"}, "previousId is missing"),
        ({**TRACK, "properties": []}, "properties are not"),
        ({**TRACK, "properties": {"a": "x" * 33_000}}, "longer than 32 KB"),
        ({**TRACK, "context": 1}, "context is not"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_that_cannot_be_stored_takes_no_other_with_it(call: Any, reason: str, place: int) -> None:
    calls: list[Any] = [{**TRACK, "messageId": "a"}, {**TRACK, "messageId": "b"}]
    calls.insert(place, call)
    found = read_all({"batch": calls})
    assert [event.message_id for event in found if isinstance(event, Event)] == ["a", "b"]
    (refused,) = [event for event in found if isinstance(event, Refused)]
    assert refused.index == place
    assert reason in refused.reason
    assert json.loads(refused.raw) == call


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"batch": {}}', b'{"batch": [{"a": NaN}]}', b"\xff", b'{"a": 1}'])
def test_a_request_that_is_no_batch_is_refused_whole(body: bytes) -> None:
    (refused,) = read_all(body)
    assert isinstance(refused, Refused)
    assert refused.raw == body


def test_single_calls_take_their_type_from_the_endpoint() -> None:
    (event,) = read_all({"event": "Opened", "anonymousId": "a"}, "track")
    assert isinstance(event, Event)
    assert (event.type, event.name, event.anonymous_id) == ("track", "Opened", "a")
    (event,) = read_all({"name": "Home", "category": "Docs", "anonymousId": "a", "properties": {"path": "/"}}, "page")
    assert isinstance(event, Event)
    assert (event.type, event.name, json.loads(event.properties)) == ("page", "Home", {"category": "Docs", "path": "/"})


@pytest.mark.parametrize("number", ["1", "9007199254740993", "18446744073709551617", "9" * 5000, "1.50", "1e3", "-7"])
def test_numbers_are_kept_as_they_are_written(number: str) -> None:
    written = number.encode()
    event = raw(
        b'{"type":"track","event":"x","userId":%s,"properties":{"n": %s, "o":[%s]}}' % (written, written, written)
    )
    assert event.user_id == number
    assert event.properties == b'{"n": %s, "o":[%s]}' % (written, written)


@pytest.mark.parametrize("user", ["a\\u0000b", "\\u202eabc", "\\u00e9", "e\\u0301", "\\ud83d\\ude00"])
def test_odd_characters_stay_what_they_are(user: str) -> None:
    event = raw(b'{"type":"track","event":"x","userId":"%s"}' % user.encode())
    assert event.user_id == json.loads(f'"{user}"')


def test_half_a_character_is_spelt_out() -> None:
    event = raw(rb'{"type":"track","event":"x","userId":"\ud800","properties":{"a":"\udc00 \ud83d\ude00"}}')
    assert event.user_id == "\\ud800"
    assert json.loads(event.properties) == {"a": "\\udc00 😀"}


NAMES = ["__proto__", "a.b", 'a"b', "$.*", "'; DROP TABLE events", "../../etc/passwd", "{{7*7}}", "\u202e"]


@pytest.mark.parametrize("value", [1, "1", {"a": 1}, [1], None, True])
def test_properties_are_data(value: Any) -> None:
    event = one({**TRACK, "properties": dict.fromkeys(NAMES, value)})
    assert json.loads(event.properties) == dict.fromkeys(NAMES, value)


@pytest.mark.parametrize(
    "nobody", ["undefined", "NULL", " anonymous ", "[object Object]", "0", "false", "None", 0, False]
)
def test_an_id_that_names_nobody_is_noted(nobody: Any) -> None:
    event = one({**TRACK, "userId": nobody, "anonymousId": "a", "context": {"ip": "1.2.3.4"}})
    assert (event.user_id, event.anonymous_id) == (None, "a")
    written = nobody if isinstance(nobody, str) else json.dumps(nobody)
    assert json.loads(event.context) == {"ip": "1.2.3.4", "holdfast": {"unusable": {"userId": written}}}
    alone = one({**TRACK, "userId": nobody})
    assert (alone.user_id, alone.anonymous_id) == (None, None)


def test_the_context_of_a_batch_is_that_of_each_event() -> None:
    event = one({**TRACK, "context": {"b": 2, "groupId": 12}}, context={"a": 1, "b": 1}, sentAt="2026-11-18T11:06:40Z")
    assert json.loads(event.context) == {"a": 1, "b": 2, "groupId": 12}
    assert event.account_id == "12"
    assert event.sent == AT
    assert one(TRACK, context={"group_id": "g"}).account_id == "g"


def test_traits_of_a_person_come_from_either_place() -> None:
    call = {"type": "identify", "userId": "u", "traits": {"a": 1}, "context": {"traits": {"a": 0, "b": 2}}}
    assert json.loads(one(call).traits) == {"a": 1, "b": 2}


def test_sending_again_is_the_same_content() -> None:
    first = one({**TRACK, "properties": {"a": 1, "b": [1.0]}}, sentAt="2026-11-18T11:00:00Z")
    again = raw(b'{"messageId":"m","userId":"u","event":"Opened","type":"track", "properties": {"b":[ 1.0],"a":1},'
                b'"sentAt":"2026-11-18T11:05:00Z","integrations":{"All":true},"context":{"retry":1}}')  # fmt: skip
    assert first.content == again.content
    assert first.key == again.key
    for other in (
        {"properties": {"a": 2}},
        {"event": "Closed"},
        {"userId": "v"},
        {"timestamp": "2026-01-01T00:00:00Z"},
    ):
        assert one({**TRACK, **other}).content != first.content


def test_a_missing_id_is_assigned_the_same_each_time() -> None:
    call = {name: value for name, value in TRACK.items() if name != "messageId"}
    assert [one(call).message_id for _ in range(2)] == ["holdfast-7-0", "holdfast-7-0"]
