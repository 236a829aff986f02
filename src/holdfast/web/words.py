"""The interface in the reader's language: message ids are the English sentences, catalogs are in `locale`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, negotiate_locale
from babel.dates import format_date
from babel.messages.pofile import read_po

from holdfast.metrics.said import Said

LOCALES = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English", "de": "Deutsch", "ko": "한국어", "th": "ไทย"}


@dataclass(frozen=True)
class Words:
    """A language: sentences by `say` and `says`, and the locale for numbers and days."""

    language: str
    sentences: dict[str, Any]

    @property
    def locale(self) -> Locale:
        return Locale.parse(self.language)

    def say(self, sentence: str, **values: Any) -> str:
        """The sentence in this language, with values in the place of `%(names)s`."""
        if isinstance(sentence, Said):
            values = {**sentence.values, **values}
            sentence = sentence.sentence
        said = self.sentences.get(sentence) or sentence
        told = {name: self._said(value) for name, value in values.items()}
        return said % told if told else said.replace("%%", "%")

    def _said(self, value: Any) -> Any:
        """A value inside a sentence; a day as the language writes it."""
        if isinstance(value, date):
            return str(format_date(value, "medium", self.locale))
        return self.say(value) if isinstance(value, Said) else value

    def says(self, one: str, several: str, number: int, **values: Any) -> str:
        """The one sentence or the other, by a number, which is also the value `number` in it."""
        forms = self.sentences.get(one)
        form = _plural(self.language)(number)
        sentence = (one if number == 1 else several) if not forms else forms[min(form, len(forms) - 1)]
        return str(sentence) % {"number": number, **values}


@lru_cache
def words(language: str) -> Words:
    """The words of a language; English where there is none such.

    >>> words("xx").say("%(name)s left", name="Acme")
    'Acme left'
    """
    file = LOCALES / f"{language}.po"
    if language == "en" or not file.exists():
        return Words("en", {})
    with file.open("rb") as opened:
        catalog = read_po(opened, locale=language)
    told = {_id(message.id): message.string for message in catalog if message.id and message.string}
    return Words(language, {one: said for one, said in told.items() if any(said)})


def _id(message: Any) -> str:
    return message[0] if isinstance(message, (tuple, list)) else str(message)


@lru_cache
def _plural(language: str) -> Callable[[int], int]:
    order = list(Locale.parse(language).plural_form.tags | {"other"})
    order = [tag for tag in ("zero", "one", "two", "few", "many", "other") if tag in order]
    form = Locale.parse(language).plural_form
    return lambda number: order.index(form(number))


def preferred(accepted: str) -> str:
    """The language that a browser asks for, of those that there are.

    >>> preferred("fr-CH, de;q=0.9, en;q=0.8"), preferred("")
    ('de', 'en')
    """
    wanted = [part.partition(";")[0].strip().replace("-", "_") for part in accepted[:1_000].split(",")]
    return (negotiate_locale(wanted, list(LANGUAGES)) or "en").partition("_")[0]
