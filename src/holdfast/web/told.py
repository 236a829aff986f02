"""Sentences about an account in the reader's language: their values are amounts, days, numbers and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from holdfast.web.shown import Shown
from holdfast.workspace.terms import Money


@dataclass(frozen=True)
class Told:
    """Says the sentences of a story."""

    shown: Shown

    def say(self, text: str, values: Mapping[str, Any]) -> str:
        """A sentence with its values as the reader sees them."""
        return self.shown.words.say(text, **{name: self._value(value) for name, value in values.items()})

    def _value(self, value: Any) -> str:
        if isinstance(value, Money):
            return self.shown.money(value.amount, value.currency)
        if isinstance(value, date):
            return self.shown.day(value)
        return self.shown.count(value) if isinstance(value, int) else str(value)

    def ago(self, days: int | None) -> str:
        """How long ago something was."""
        if days is None:
            return self.shown.words.say("never")
        if days <= 0:
            return self.shown.words.say("today")
        return self.shown.words.says("%(number)s day ago", "%(number)s days ago", days)
