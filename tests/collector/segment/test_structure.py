"""What of a body is looked at."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.collector.segment.structure import NotARequest, read_batch, read_single, without_lone_surrogates


def test_the_key_is_a_text_or_it_is_not_there() -> None:
    assert read_single(b'{"writeKey": "k"}').write_key == "k"
    assert read_single(b'{"writeKey": "\\u006b"}').write_key == "k"
    for other in (b"1", b"null", b"[]", b'{"a": 1}'):
        assert read_single(b'{"writeKey": %s}' % other).write_key is None
    assert read_batch(b'{"batch": []}') == (0, None)


def test_nothing_of_what_was_sent_is_in_the_message() -> None:
    for body in (b'{"secret": secret}', b'["secret"]', b'{"batch": "secret"}', b'{"secret\xff": 1}'):
        with pytest.raises(NotARequest) as found:
            read_batch(body)
        assert "secret" not in found.value.message


HALVES = st.text(st.sampled_from('\ud83d\ude00\\u"d8n'), max_size=12)


@given(st.text(max_size=12) | HALVES)
def test_half_characters_are_replaced_and_whole_ones_stay(text: str) -> None:
    body = json.dumps(text).encode()
    mended = without_lone_surrogates(body)
    was, now = json.loads(body), json.loads(mended)
    assert now == "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in was)
    assert len(mended) == len(body)
