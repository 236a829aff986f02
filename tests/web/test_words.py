"""The interface is whole in every language."""

from __future__ import annotations

import pytest

from holdfast.web.words import LANGUAGES, words
from tools.words import missing


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_sentence_is_translated(language: str) -> None:
    """Write the new ones into the catalogs with `python -m tools.words`, and translate them."""
    assert missing(language) == []


@pytest.mark.parametrize(("language", "said"), [("en", "Overview"), ("de", "Übersicht"), ("xx", "Overview")])
def test_a_sentence_is_said_in_the_language(language: str, said: str) -> None:
    assert words(language).say("Overview") == said
