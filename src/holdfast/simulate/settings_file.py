"""The settings of the simulated company: its name, the events that are use of each feature, and its onboarding."""

from __future__ import annotations

import json

from holdfast.simulate.causes import FEATURE_EVENTS, KEY_EVENT, ONBOARDING
from holdfast.simulate.model import COMPANY


def settings_text() -> str:
    """The content of `holdfast.toml`, without a table header: a setting that somebody puts behind it stays one.

    >>> print(settings_text().splitlines()[0])
    company = "Lanternworks"
    """
    lines = [f"company = {_quoted(COMPANY)}", f"key_event = {_quoted(KEY_EVENT)}", f"onboarding = {_list(ONBOARDING)}"]
    features = [f"features.{_quoted(feature)} = {_list(events)}" for feature, events in FEATURE_EVENTS.items()]
    return "\n".join([*lines, "", *features]) + "\n"


def _list(words: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_quoted, words))}]"


def _quoted(word: str) -> str:
    return json.dumps(word)
