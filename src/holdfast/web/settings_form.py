"""The form of the company's settings: what it shows, and what it says."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from holdfast.errors import InputError
from holdfast.lake.durability import write_durably
from holdfast.metrics.policy import PRESETS, policy
from holdfast.settings import FILE_NAME, Settings
from holdfast.web.settings_file import rewritten
from holdfast.workspace.decided import Decided

if TYPE_CHECKING:
    from starlette.datastructures import FormData

TEXTS = ("company", "timezone", "currency", "week_start", "policy", "key_event")
CHOICES = ("customer_type",)
WHOLES = ("founded", "keep_events_days")
LISTS = ("ignored_events", "onboarding")
FIELDS = (*TEXTS, *CHOICES, *WHOLES, *LISTS, "margin", "features", "policies")
SPARE = 2
"""Empty rows for further features."""
BASE, DEFAULT = "base", "holdfast"
"""What a policy of one's own names the one by that it differs from."""


class Outdated(Exception):
    """Somebody else changed the file since the form was shown."""


@dataclass(frozen=True)
class Stored:
    """The file as it is, and the settings that come of it and of the environment."""

    text: str
    settings: Settings

    @classmethod
    def of(cls, data: Path) -> Stored:
        path = data / FILE_NAME
        return cls(path.read_text(encoding="utf-8") if path.exists() else "", Settings.load(data))

    @property
    def mark(self) -> str:
        """Changes whenever the file does."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    @property
    def feature_rows(self) -> list[tuple[str, list[str]]]:
        return [*self.settings.features.items(), *([("", [])] * SPARE)]

    @property
    def policy_rows(self) -> list[tuple[str, str, list[str]]]:
        """Name, base and rules of each policy of the company's own, and an empty row for another."""
        own = self.settings.policies
        rows = [(name, one.get(BASE, DEFAULT), _rules(one)) for name, one in own.items()]
        return [*rows, ("", DEFAULT, [])]


def _rules(switches: Mapping[str, str]) -> list[str]:
    return [f"{switch} = {value}" for switch, value in switches.items() if switch != BASE]


def overruled() -> dict[str, str]:
    """The settings that an environment variable decides, and its name."""
    names = {f"holdfast_{field}": field for field in Settings.model_fields}
    return {names[name.lower()]: name for name in os.environ if name.lower() in names}


def texts(form: FormData) -> dict[str, str]:
    """What stands in a form's fields."""
    return {name: str(value).strip() for name, value in form.multi_items()}


def as_sent(stored: Stored, text: Mapping[str, str]) -> dict[str, Any]:
    """What the form shows again of what was sent and cannot be used, so that nothing has to be written twice."""
    one_line = {name: text[name] for name in (*TEXTS, *CHOICES, *WHOLES) if name in text}
    several = {name: lines(text[name]) for name in LISTS if name in text}
    shown: dict[str, Any] = {"settings": stored.settings.model_copy(update={**one_line, **several})}
    shown |= {"margin": text["margin"]} if "margin" in text else {}
    shown |= {"features": feature_rows(text)} if "feature-0" in text else {}
    return shown | ({"own_policies": policy_rows(text)} if "policy-0" in text else {})


def said(text: Mapping[str, str]) -> dict[str, Any]:
    """The values of a form's fields. Raises `InputError` where a number is none."""
    values: dict[str, Any] = {name: text[name] for name in TEXTS if name in text}
    values |= {name: text[name] or None for name in CHOICES if name in text}
    values |= {name: _whole(name, text[name]) for name in WHOLES if name in text}
    values |= {name: lines(text[name]) for name in LISTS if name in text}
    if "margin" in text:
        values["margin"] = _margin(text["margin"])
    if "feature-0" in text:
        values["features"] = _features(text)
    if "policy-0" in text:
        values["policies"] = _policies(text)
    return values


def changed(stored: Stored, values: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from the settings as they are; what the environment decides stays."""
    fixed = overruled()
    return {
        name: None if value in ("", [], {}) else value
        for name, value in values.items()
        if name not in fixed and value != getattr(stored.settings, name)
    }


def save(data: Path, mark: str, values: Mapping[str, Any]) -> Settings:
    """Write what is changed into the file, where it makes valid settings.

    Raises `InputError` that says what cannot be used, `Outdated` where the file is not the one that was shown.
    """
    stored = Stored.of(data)
    if mark != stored.mark:
        raise Outdated
    change = changed(stored, values)
    if not change:
        return stored.settings
    text = rewritten(stored.text, change)
    settings = checked(text)
    path = data / FILE_NAME
    write_durably(path, text, path.stat().st_mode & 0o777 if path.exists() else 0o644)
    return settings


def checked(text: str) -> Settings:
    """The settings that a file gives. Raises `InputError` or `UnknownName` where they cannot be used."""
    try:
        settings = Settings(**tomllib.loads(text))
    except ValidationError as error:
        problems = "; ".join(f"{one['loc'][0]}: {one['msg'].removeprefix('Value error, ')}" for one in error.errors())
        raise InputError(problems) from error
    Decided.of(settings)
    for name in settings.policies:
        policy(name, None, settings.policies)
    return settings


def lines(text: str) -> list[str]:
    """One word a line, each once.

    >>> lines("Report Viewed\\n\\n Login \\nLogin")
    ['Report Viewed', 'Login']
    """
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def percent(share: float) -> str:
    """A share as the form shows it.

    >>> percent(0.825), percent(1.0)
    ('82.5', '100')
    """
    return f"{(Decimal(repr(share)) * 100).normalize():f}"


def _margin(text: str) -> float:
    try:
        return float(Decimal(text.replace(",", ".")) / 100)
    except InvalidOperation:
        raise InputError(f"margin: {text!r} is not a number of percent") from None


def _whole(name: str, text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        raise InputError(f"{name}: {text!r} is not a whole number")
    return int(text)


def feature_rows(text: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Name and events of each feature that a form says."""
    count = sum(name.startswith("feature-") for name in text)
    return [(text.get(f"feature-{row}", ""), lines(text.get(f"events-{row}", ""))) for row in range(count)]


def _features(text: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, events in feature_rows(text):
        if name in found:
            raise InputError(f"feature {name}: there are two of that name; put the events of both in one")
        if name and events:
            found[name] = events
    return found


def policy_rows(text: Mapping[str, str]) -> list[tuple[str, str, list[str]]]:
    """Name, base and rules of each policy that a form says."""
    count = sum(re.fullmatch(r"policy-\d+", name) is not None for name in text)
    rows = [(text.get(f"policy-{row}", ""), row) for row in range(count)]
    return [(name, text.get(f"base-{row}", ""), lines(text.get(f"rules-{row}", ""))) for name, row in rows]


def _policies(text: Mapping[str, str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, base, rules in policy_rows(text):
        if name in found:
            raise InputError(f"policy {name}: there are two of that name; give one of them another")
        if name in PRESETS:
            raise InputError(f"policy {name}: one of that name comes along; choose another")
        if name:
            found[name] = _switches(name, base or DEFAULT, rules)
    return found


def _switches(name: str, base: str, rules: list[str]) -> dict[str, str]:
    """The base and the rules of a policy. Raises `InputError` where a line is no rule."""
    found = {BASE: base}
    for line in rules:
        switch, equals, value = (part.strip() for part in line.partition("="))
        if not (switch and equals and value):
            raise InputError(f"policy {name}: {line!r} is no rule; write it as paused = count, one a line")
        found[switch] = value
    return found
