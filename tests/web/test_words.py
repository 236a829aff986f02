"""The interface is whole in every language."""

from __future__ import annotations

import copy
import pickle
from datetime import date

import pytest

from holdfast.explain.diff import called
from holdfast.metrics.said import Said
from holdfast.web.words import LANGUAGES, words
from tools.words import missing


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_sentence_is_translated(language: str) -> None:
    """Write the new ones into the catalogs with `python -m tools.words`, and translate them."""
    assert missing(language) == []


@pytest.mark.parametrize(("language", "said"), [("en", "Overview"), ("de", "Übersicht"), ("xx", "Overview")])
def test_a_sentence_is_said_in_the_language(language: str, said: str) -> None:
    assert words(language).say("Overview") == said


def test_what_was_put_together_is_said_in_the_language() -> None:
    note = Said("rows of %(table)s that are new: %(count)s", table=called("subscription_terms"), count="1,204")
    assert note == "rows of subscriptions that are new: 1,204"
    told = words("de").say(note)
    assert "Abonnements" in told
    assert "1,204" in told
    assert words("en").say(note) == note
    assert words("de").say(Said("%(what)s of %(day)s", what="s1", day=date(2026, 3, 1))) == "s1 vom 01.03.2026"


def test_what_was_put_together_survives_a_copy() -> None:
    note = Said("%(what)s of %(day)s", what="s1", day="2026-03-01")
    for copied in (pickle.loads(pickle.dumps(note)), copy.deepcopy(note)):
        assert (copied, copied.sentence, copied.values) == (note, note.sentence, note.values)
