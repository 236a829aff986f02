"""The tracking API over HTTP: who may send, where, in which form, and what is stored."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

from holdfast.collector import patience as patience_module
from holdfast.collector.segment.intake import ENDPOINTS, NAMES
from tests.collector.segment.conftest import TRACK, Client, Served, code, packed, parts

if TYPE_CHECKING:
    import httpx

LONG = ["track", "identify", "group", "page", "screen", "alias"]


def test_every_path_of_segment_and_its_short_form_is_taken() -> None:
    assert set(ENDPOINTS.values()) == {*LONG, "batch"}
    for name in NAMES:
        assert ENDPOINTS[f"/v1/{name}"] == ENDPOINTS[f"/v1/{name[0]}"] == name


def test_what_is_sent_is_stored_byte_for_byte_under_its_source_and_endpoint(served: Served) -> None:
    bodies = {path: b' {"n": %d, "type":\t"track"}' % n for n, path in enumerate(ENDPOINTS) if "batch" not in path}
    bodies |= dict.fromkeys(("/v1/batch", "/v1/b"), b'{"batch": [ {"type":"track"} ]}')

    async def story(client: Client) -> list[httpx.Response]:
        return [await client.post(path, content=body, auth=(served.text, "")) for path, body in bodies.items()]

    answers = served.run(story)
    assert {(one.status_code, one.content) for one in answers} == {(200, b'{"success": true}')}
    messages = [one.message for one in served.inbox.pending(100)]
    assert [one.body for one in messages] == list(bodies.values())
    assert [dict(one.headers) for one in messages] == [{"source": "web", "endpoint": ENDPOINTS[one]} for one in bodies]
    assert {one.kind for one in messages} == {"segment"}


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", "text/plain;charset=UTF-8"]
)
def test_json_is_read_whatever_the_content_type_says(served: Served, kind: str) -> None:
    assert served.post("/v1/t", TRACK, content_type=kind).status_code == 200


def test_the_key_may_stand_in_the_header_or_in_the_body(served: Served) -> None:
    assert served.post("/v1/track", {**TRACK, "writeKey": served.text}, key=None).status_code == 200
    assert served.post("/v1/b", {"batch": [TRACK], "writeKey": served.text}, key=None).status_code == 200
    assert [one.message.headers["source"] for one in served.inbox.pending(9)] == ["web", "web"]


@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
@pytest.mark.parametrize(
    ("key", "in_body", "expected"),
    [
        (None, None, "no_write_key"),
        (None, "hfw_" + "x" * 43, "invalid_write_key"),
        ("hfw_" + "x" * 43, None, "invalid_write_key"),
        ("somebody else's", None, "invalid_write_key"),
        (None, 12, "no_write_key"),
    ],
)
def test_without_a_known_key_nothing_is_stored(
    served: Served, path: str, key: str | None, in_body: object, expected: str
) -> None:
    body = {**TRACK, "batch": [], **({} if in_body is None else {"writeKey": in_body})}
    assert code(served.post(path, body, key=key)) == (401, expected)
    assert served.stored() == []


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic " + b64encode(b"\xff\xfe:").decode(), "Basic Og=="])
def test_a_header_that_names_no_key_is_401(served: Served, header: str) -> None:
    assert code(served.post("/v1/track", TRACK, key=None, authorization=header))[0] == 401


def test_a_key_in_the_header_counts_and_not_the_one_in_the_body(served: Served) -> None:
    body = {**TRACK, "writeKey": served.text}
    assert code(served.post("/v1/track", body, key="hfw_" + "x" * 43)) == (401, "invalid_write_key")


def test_a_new_key_is_known_at_once_and_a_revoked_one_is_not_after_the_next_look(served: Served) -> None:
    key, text = served.keys.create("write", "ios-app")
    assert served.post("/v1/track", TRACK, key=text).status_code == 200
    served.keys.revoke(key.id)
    served.intake.ring.refresh()
    assert code(served.post("/v1/track", TRACK, key=text)) == (401, "invalid_write_key")
    assert served.post("/v1/track", TRACK).status_code == 200


@pytest.mark.parametrize("path", ["/v1/t", "/v1/batch", "/v1/m", "/v1/projects/k/settings", "/sourceConfig/"])
def test_a_browser_may_send_from_any_page_and_without_cookies(served: Served, path: str) -> None:
    asked = {
        "origin": "https://app.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-retry-count,rsa-of-a-later-sdk",
    }
    answer = served.run(lambda client: client.options(path, headers=asked))
    allowed = {one.strip() for one in answer.headers["access-control-allow-headers"].split(",")}
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")
    assert {"authorization", "content-type", "x-retry-count", "rsa-of-a-later-sdk"} <= allowed
    assert "access-control-allow-credentials" not in answer.headers


def test_answers_and_refusals_can_be_read_by_the_page(served: Served) -> None:
    for answer in (served.post("/v1/t", TRACK), served.post("/v1/t", TRACK, key=None), served.post("/v1/t", b"{")):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "retry-after" in answer.headers["access-control-expose-headers"]


def test_what_browsers_ask_before_they_send(served: Served) -> None:
    ask = {"host": "in.example.com", "x-forwarded-proto": "https"}
    found = served.run(lambda client: client.get(f"/v1/projects/{served.text}/settings", headers=ask))
    destination = found.json()["integrations"]["Segment.io"]
    assert destination == {"apiKey": served.text, "apiHost": "in.example.com/v1", "protocol": "https"}
    assert found.headers["cache-control"] == "no-store"
    rudder = served.run(lambda client: client.get("/sourceConfig/", params={"writeKey": served.text}))
    assert (rudder.json()["source"]["enabled"], rudder.json()["source"]["destinations"]) == (True, [])
    for path in ("/v1/projects/unknown/settings", "/sourceConfig/", "/sourceConfig/?writeKey=unknown"):
        assert code(served.run(lambda client, path=path: client.get(path))) == (404, "no_source")


def test_metrics_of_the_browser_sdk_are_thanked_for_and_ignored(served: Served) -> None:
    answer = served.post("/v1/m", {"series": []}, key=None)
    assert (answer.status_code, answer.content, served.stored()) == (200, b'{"success": true}', [])


def test_a_beacon_names_its_key_in_the_address(served: Served) -> None:
    path = "/beacon/v1/batch"
    assert served.post(f"{path}?writeKey={served.text}", {"batch": [TRACK]}, key=None).status_code == 200
    assert code(served.post(path, {"batch": [TRACK]}, key=None)) == (401, "no_write_key")
    assert code(served.post(f"/v1/batch?writeKey={served.text}", {"batch": []}, key=None)) == (401, "no_write_key")


def test_other_methods_and_paths(served: Served) -> None:
    assert code(served.run(lambda client: client.get("/v1/track"))) == (405, "method_not_allowed")
    assert served.run(lambda client: client.post("/v1/tracks")).status_code == 404
    assert served.run(lambda client: client.post("/v1/webhooks/stripe")).status_code == 503


def test_gzip_is_unpacked_however_it_is_cut(served: Served) -> None:
    body = packed({"batch": [TRACK]})
    for pieces in ([body], [body[:5], b"", body[5:-3], body[-3:]], [bytes([one]) for one in body]):
        assert served.post("/v1/batch", parts(pieces), content_encoding="gzip").status_code == 200
    assert served.stored() == [json.dumps({"batch": [TRACK]}).encode()] * 3


def test_the_same_batch_from_eight_clients_is_acknowledged_to_each(served: Served) -> None:
    """Fault D3; that its events are loaded once is the loader's part."""
    batch = {"batch": [{**TRACK, "messageId": f"m{n}"} for n in range(100)]}

    async def story(client: Client) -> list[httpx.Response]:
        return await asyncio.gather(*(client.post("/v1/batch", json=batch, auth=(served.text, "")) for _ in range(8)))

    assert [one.status_code for one in served.run(story)] == [200] * 8
    assert len(served.stored()) == 8


async def never() -> AsyncIterator[bytes]:
    raise AssertionError("the body was read")
    yield b""


def test_a_full_inbox_is_said_before_the_body_is_read(served: Served) -> None:
    served.inbox.most_bytes = 0
    answer = served.post("/v1/batch", never())
    assert code(answer) == (503, "full")
    assert int(answer.headers["retry-after"]) > 0


def test_more_than_a_share_is_said_before_the_body_is_read(served: Served) -> None:
    served.intake.shares._requests["web"] = 1_000_000
    answer = served.post("/v1/batch", never())
    assert code(answer) == (429, "over_share")
    assert int(answer.headers["retry-after"]) > 0
    other = served.keys.create("write", "app")[1]
    assert served.post("/v1/track", TRACK, key=other).status_code == 200


def test_an_unknown_key_is_said_before_the_body_is_read(served: Served) -> None:
    assert code(served.post("/v1/batch", never(), key="hfw_" + "x" * 43)) == (401, "invalid_write_key")


def test_what_was_not_stored_is_503_and_every_share_is_given_back(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served.inbox, "_commit", lambda jobs: 1 / 0)
    answer = served.post("/v1/track", TRACK)
    assert code(answer) == (503, "not_stored")
    monkeypatch.undo()
    served.post("/v1/track", b"{")
    served.post("/v1/track", b"{" * 40_000)
    assert served.post("/v1/track", TRACK).status_code == 200
    assert (served.intake.shares.requests, served.intake.shares.bytes) == (0, 0)
    assert set(served.intake.shares._requests.values()) == {0}


def test_a_body_that_does_not_come_is_given_up(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience_module, "PATIENCE_SECONDS", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    assert code(served.post("/v1/track", slow())) == (408, "too_slow")


def test_what_arrives_can_be_watched(served: Served) -> None:
    served.post("/v1/batch", {"batch": [TRACK, TRACK]})
    served.post("/v1/track", b"{")
    served.post("/v1/track", TRACK, key=None)
    state: dict[str, Any] = served.run(lambda client: client.get("/v1/health")).json()
    assert state["sources"] == {
        "": {"requests": {"no_write_key": 1}, "events": 0},
        "web": {"requests": {"ok": 1, "invalid_json": 1}, "events": 2},
    }
    latest = served.intake.arrivals.recent
    assert [(one.source, one.endpoint, one.status, one.code, one.events) for one in latest] == [
        (None, "track", 401, "no_write_key", 0),
        ("web", "track", 400, "invalid_json", 0),
        ("web", "batch", 200, "ok", 2),
    ]


def test_no_log_answer_or_health_holds_a_key_or_a_body(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="holdfast")
    served.post("/v1/track", {**TRACK, "userId": "Somebody"})
    refused = served.post("/v1/track", b'{"userId": "Somebody", "event": nan}')
    seen = caplog.text + refused.text + served.run(lambda client: client.get("/v1/health")).text
    assert "Somebody" not in seen
    assert served.text not in seen
