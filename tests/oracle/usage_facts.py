"""What happened in the product, who did it, and what plans allow: facts beside those of billing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from .facts import Facts


@dataclass(frozen=True)
class UsageEvent:
    """One call of an SDK. `at` is aware; where a source gave only a date it is null and `day` holds it."""

    message_id: str
    event: str | None
    at: datetime | None
    user_id: str | None = None
    anonymous_id: str | None = None
    account_id: str | None = None
    type: str = "track"
    day: date | None = None
    received: datetime | None = None
    """When it came in; null: long known."""

    def day_in(self, zone: ZoneInfo) -> date:
        if self.at is None:
            assert self.day is not None
            return self.day
        return self.at.astimezone(zone).date()

    def instant_in(self, zone: ZoneInfo) -> datetime:
        """The first instant of the day where there is only a day; where clocks skip midnight that is the instant
        of the skip, which midnight with the old offset is too."""
        if self.at is not None:
            return self.at.astimezone(UTC)
        assert self.day is not None
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True)
class Link:
    """An anonymous id and a user seen together."""

    anonymous_id: str
    user_id: str
    day: date | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Membership:
    account_id: str
    user_id: str
    valid_from: date | None = None
    valid_to: date | None = None
    role: str | None = None


@dataclass(frozen=True)
class Gauge:
    """A measured use of something that plans limit."""

    account_id: str
    limit: str
    day: date
    used: float
    at: datetime | None = None


@dataclass(frozen=True)
class UsageFacts(Facts):
    events: tuple[UsageEvent, ...] = ()
    links: tuple[Link, ...] = ()
    memberships: tuple[Membership, ...] = ()
    merges: Mapping[str, str] = field(default_factory=dict)
    """Accounts that turned out to be another."""
    accounts_created: Mapping[str, date] = field(default_factory=dict)
    users_created: Mapping[str, date] = field(default_factory=dict)
    plan_features: tuple[tuple[str, str, bool], ...] = ()
    """Plan, feature, and whether the plan includes it."""
    plan_limits: Mapping[tuple[str, str], float | None] = field(default_factory=dict)
    gauges: tuple[Gauge, ...] = ()
    timezone: str = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def of(facts: Facts) -> UsageFacts:
    """Facts of billing are facts without a single event."""
    if isinstance(facts, UsageFacts):
        return facts
    return UsageFacts(**{name: getattr(facts, name) for name in facts.__dataclass_fields__})


def merged_into(merges: Mapping[str, str], account: str) -> str:
    while account in merges:
        account = merges[account]
    return account


def merged(facts: UsageFacts) -> UsageFacts:
    """The facts of merged accounts as facts of the one that they are counted as; its attributes stay its own."""
    if not facts.merges:
        return facts

    def counted(one: Any) -> Any:
        if one.account_id is None:
            return one
        return replace(one, account_id=merged_into(facts.merges, one.account_id))

    created: dict[str, date] = {}
    for account, day in facts.accounts_created.items():
        into = merged_into(facts.merges, account)
        created[into] = min(day, created.get(into, day))
    return replace(
        facts,
        rows=tuple(map(counted, facts.rows)),
        accounts=tuple(account for account in facts.accounts if account.account_id not in facts.merges),
        trials=tuple(map(counted, facts.trials)),
        invoices=tuple(map(counted, facts.invoices)),
        events=tuple(map(counted, facts.events)),
        memberships=tuple(map(counted, facts.memberships)),
        gauges=tuple(map(counted, facts.gauges)),
        accounts_created=created,
        merges={},
    )
