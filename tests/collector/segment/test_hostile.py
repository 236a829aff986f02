"""Faults E1 to E5 at the door: bombs, wrong packing, depth, size, and numbers that are none."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import pytest

from holdfast.collector.segment.answers import LINGER_BYTES
from holdfast.collector.segment.intake import LARGEST_BATCH, LARGEST_EVENT
from holdfast.collector.segment.structure import MOST_EVENTS
from tests.collector.segment.conftest import TRACK, Served, code, packed, parts

DEEP = 1_000_000


def bomb(size: int) -> bytes:
    """So many bytes of gzip that become about a thousand times as many."""
    packer = zlib.compressobj(9, wbits=31)
    one = packer.compress(bytes(1 << 20))
    pieces = [b'{"batch": ["', one]
    packed_piece = packer.compress(bytes(64 << 20))
    made = one
    while len(made) < size:
        made += packed_piece
    return made[:size] or b"".join(pieces)


@pytest.mark.parametrize("whole", [True, False], ids=["with its length", "in parts"])
def test_ten_megabytes_that_become_ten_gigabytes(served: Served, whole: bool) -> None:
    """Fault E1: refused within half a second and twenty megabytes."""
    body = bomb(10 << 20)
    pieces = [body[begin : begin + 65_536] for begin in range(0, len(body), 65_536)]
    headers = {"content_length": str(len(body))} if whole else {}
    tracemalloc.start()
    try:
        served.post("/v1/batch", {"batch": []})
        tracemalloc.reset_peak()
        before, begun = tracemalloc.get_traced_memory()[0], time.thread_time()
        answer = served.post("/v1/batch", parts(pieces), content_encoding="gzip", **headers)
        took, peak = time.thread_time() - begun, tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert code(answer) == (413, "too_large")
    assert took < 0.5
    assert peak < 20 << 20


BODY = packed({"batch": [TRACK]})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (gzip.compress(BODY), "invalid_json"),
        (BODY[:-1], "invalid_gzip"),
        (BODY[: len(BODY) // 2], "invalid_gzip"),
        (BODY[:-8] + bytes([BODY[-8] ^ 1]) + BODY[-7:], "invalid_gzip"),
        (BODY[:-4] + bytes([BODY[-4] ^ 1]) + BODY[-3:], "invalid_gzip"),
        (BODY + b"more", "invalid_gzip"),
        (BODY + BODY, "invalid_gzip"),
        (b"", "invalid_gzip"),
        (b"{}", "invalid_gzip"),
        (zlib.compress(b"{}"), "invalid_gzip"),
    ],
    ids=["twice", "cut", "half", "wrong CRC", "wrong length", "more behind", "two", "empty", "plain", "zlib"],
)
def test_gzip_that_is_not_right(served: Served, body: bytes, expected: str) -> None:
    """Fault E2."""
    assert code(served.post("/v1/batch", body, content_encoding="gzip")) == (400, expected)
    assert served.stored() == []


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_other_packings_are_refused(served: Served, encoding: str) -> None:
    assert code(served.post("/v1/batch", BODY, content_encoding=encoding)) == (400, "unknown_encoding")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        b'{"batch":[' + b"[" * DEEP + b"]" * DEEP + b"]}",
        b'{"batch":[' + b'{"a":' * (DEEP // 2) + b"1" + b"}" * (DEEP // 2) + b"]}",
        b"[" * DEEP,
    ],
    ids=["arrays", "objects", "arrays in a batch", "objects in a batch", "never closed"],
)
def test_json_a_million_deep(served: Served, body: bytes) -> None:
    """Fault E3."""
    assert served.post("/v1/batch", body).status_code in {400, 413}
    assert code(served.post("/v1/batch", body[: len(body) // 2][:LARGEST_BATCH]))[0] == 400
    assert code(served.post("/v1/batch", gzip.compress(body), content_encoding="gzip"))[0] in {400, 413}
    assert served.post("/v1/batch", {"batch": [TRACK]}).status_code == 200
    assert len(served.stored()) == 1


def filled(before: bytes, after: bytes, size: int) -> bytes:
    return before + b"x" * (size - len(before) - len(after)) + after


@pytest.mark.parametrize(
    ("path", "before", "after", "largest"),
    [
        ("/v1/track", b'{"type":"track","event":"', b'"}', LARGEST_EVENT),
        ("/v1/batch", b'{"batch":["', b'"]}', LARGEST_BATCH),
    ],
)
def test_one_byte_over_the_limit(served: Served, path: str, before: bytes, after: bytes, largest: int) -> None:
    """Fault E4, packed and plain, with its length and in parts."""
    whole, over = (filled(before, after, size) for size in (largest, largest + 1))
    assert served.post(path, whole).status_code == 200
    assert served.post(path, gzip.compress(whole, 1), content_encoding="gzip").status_code == 200
    assert served.post(path, parts([whole[:9], whole[9:]])).status_code == 200
    assert code(served.post(path, over)) == (413, "too_large")
    assert code(served.post(path, gzip.compress(over, 1), content_encoding="gzip")) == (413, "too_large")
    assert code(served.post(path, parts([over[:9], over[9:]]))) == (413, "too_large")
    assert served.stored() == [whole] * 3


def test_one_event_more_than_a_batch_may_have(served: Served) -> None:
    assert served.post("/v1/batch", {"batch": [{}] * MOST_EVENTS}).status_code == 200
    assert code(served.post("/v1/batch", {"batch": [{}] * (MOST_EVENTS + 1)})) == (400, "too_many_events")


@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
def test_a_length_of_four_gigabytes_and_a_body_without_end(served: Served, path: str) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    assert code(served.post(path, b"{}", content_length=str(4 << 30))) == (413, "too_large")
    assert code(served.post(path, endless())) == (413, "too_large")
    assert sent <= LARGEST_BATCH + LINGER_BYTES + 3 * 65_536


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "0x10", "1e", "'a'", "undefined", "tru"]
)
def test_what_json_does_not_know_is_refused(served: Served, text: str) -> None:
    """Fault E5."""
    assert code(served.post("/v1/track", b'{"n": %s}' % text.encode())) == (400, "invalid_json")
    assert code(served.post("/v1/batch", b'{"batch": [{"n": %s}]}' % text.encode())) == (400, "invalid_json")
    assert served.stored() == []


@pytest.mark.parametrize("text", ["9007199254740993", "18446744073709551616", "9" * 5_000, "1e999", "-0.0", "0.1e-400"])
def test_numbers_are_kept_as_they_were_written(served: Served, text: str) -> None:
    body = b'{"batch": [{"type": "track", "properties": {"n": %s}}]}' % text.encode()
    assert served.post("/v1/batch", body).status_code == 200
    assert served.stored() == [body]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "invalid_json"),
        (b"null", "invalid_request"),
        (b"[]", "invalid_request"),
        (b'"text"', "invalid_request"),
        (b"12", "invalid_request"),
        (b"{} {}", "invalid_json"),
        (b'{"a": "\xff"}', "invalid_json"),
        (b'{"a": "\xed\xa0\x80"}', "invalid_json"),
        (b"\xff\xfe{\x00}\x00", "invalid_json"),
        (b'{"a": "\x00"}', "invalid_json"),
        (b"data=%7B%7D", "invalid_json"),
    ],
)
def test_what_is_no_json_object(served: Served, body: bytes, expected: str) -> None:
    assert code(served.post("/v1/track", body)) == (400, expected)
    assert code(served.post("/v1/batch", body))[0] == 400
    assert served.stored() == []


@pytest.mark.parametrize("batch", [None, {}, "x", 1, {"0": TRACK}])
def test_a_batch_is_a_list(served: Served, batch: object) -> None:
    assert code(served.post("/v1/batch", {"batch": batch})) == (400, "invalid_request")
    assert code(served.post("/v1/batch", {"events": [TRACK]})) == (400, "invalid_request")


def test_an_event_that_is_none_does_not_keep_the_others_out(served: Served) -> None:
    """Each event is judged by the loader: a request is refused for its form alone."""
    odd = [None, 1, "x", [], {"type": "unknown"}, {"userId": "\ud800 cut"}, {"type": "track", "event": "x" * 40_000}]
    body = json.dumps({"batch": [*odd, TRACK]}).encode()
    assert served.post("/v1/batch", body).status_code == 200
    assert served.stored() == [body]


def test_names_that_mean_something_elsewhere_are_stored_as_they_are(served: Served) -> None:
    """Fault E7."""
    names = ["__proto__", "a.b", 'a"b', "$.*", "'; DROP TABLE messages", "../../etc/passwd", "{{7*7}}", "\u202e", "\0"]
    body = json.dumps({"batch": [{"properties": dict.fromkeys(names, 1)}]}).encode()
    many = json.dumps({"batch": [{"properties": {str(n): n for n in range(100_000)}}]}).encode()
    assert served.post("/v1/batch", body).status_code == 200
    assert served.post("/v1/batch", many).status_code == 200
    assert served.stored() == [body, many]
