"""What the company decided that changes its numbers, and since when: recorded when it is first used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, cast

import msgspec
import pyarrow.compute as pc

from holdfast.errors import HoldfastError
from holdfast.lake.reconcile import alive_at
from holdfast.metrics.policy import Policy, of_switches, overridden, policy
from holdfast.metrics.query import UsageRules

if TYPE_CHECKING:
    from holdfast.lake import Lake
    from holdfast.settings import Settings

TABLE = "settings"
SOURCE = "holdfast.toml"
WeekStart = Literal["monday", "sunday"]


@dataclass(frozen=True)
class Decided:
    """The settings that numbers depend on: the policy with all its switches, the margin, the first day of a week."""

    rules: Policy
    margin: float
    week_start: WeekStart
    usage: UsageRules

    @classmethod
    def of(cls, settings: Settings) -> Decided:
        rules = policy(settings.policy, None, settings.policies)
        features = tuple((name, tuple(events)) for name, events in settings.features.items())
        usage = UsageRules(tuple(settings.ignored_events), features, settings.key_event, tuple(settings.onboarding))
        return cls(rules, settings.margin, settings.week_start, usage)

    def policy(self, overrides: Mapping[str, str] | None) -> Policy:
        """The policy, with other values for some switches."""
        return overridden(self.rules, overrides or {})

    def values(self) -> dict[str, str]:
        """As it is recorded: a text for each setting."""
        rules = json.dumps({"name": self.rules.name, "switches": dict(self.rules.switches)}, sort_keys=True)
        usage = msgspec.json.encode(self.usage).decode()
        return {"policy": rules, "margin": repr(self.margin), "week_start": self.week_start, "usage": usage}

    @classmethod
    def from_values(cls, values: Mapping[str, str]) -> Decided:
        """From what was recorded. Switches that did not exist yet have their default; such as no longer exist go.

        >>> from holdfast.settings import Settings
        >>> now = Decided.of(Settings())
        >>> Decided.from_values(now.values()) == now
        True
        """
        stored = json.loads(values["policy"])
        rules = of_switches(stored["name"], stored["switches"])
        usage = msgspec.json.decode(values.get("usage") or "{}", type=UsageRules)
        return cls(rules, float(values["margin"]), cast("WeekStart", values["week_start"]), usage)


def note(lake: Lake, decided: Decided) -> None:
    """Record what is decided where it differs from what was recorded last; a folder that cannot be written keeps
    nothing, and one without subscriptions needs nothing.
    """
    values = decided.values()
    if not lake.files("subscription_terms") or _recorded(lake, None) == values:
        return
    from holdfast.sources.record import record_facts  # what imports files is seldom needed here, and takes a while

    with suppress(HoldfastError, OSError):
        record_facts(lake, TABLE, [{"name": name, "value": value} for name, value in values.items()], SOURCE)


def decided_at(lake: Lake, moment: datetime) -> Decided | None:
    """What was decided at a moment; null where nothing was recorded yet."""
    values = _recorded(lake, moment)
    return Decided.from_values(values) if values else None


def _recorded(lake: Lake, moment: datetime | None) -> dict[str, str]:
    rows = lake.read(TABLE, ["name", "value", "recorded_at", "superseded_at"])
    alive = rows.filter(pc.is_null(rows["superseded_at"]) if moment is None else alive_at(rows, moment))
    return dict(zip(alive["name"].to_pylist(), alive["value"].to_pylist(), strict=True))
