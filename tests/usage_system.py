"""A company that uses a product, stored for the real system. Events go straight into their table: what brings them in
has its own tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files
from holdfast.sources.record import record_facts
from holdfast.workspace.merging import merge
from tests.oracle.usage_facts import UsageFacts
from tests.strategies import write_csv

LONG_KNOWN = datetime(2020, 1, 1, tzinfo=UTC)
Records = list[dict[str, Any]]


def stored_usage(folder: Path, facts: UsageFacts) -> Path:
    """A data folder with the facts; events are known from when they came in, all else was long known."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "holdfast.toml").write_text(f'timezone = "{facts.timezone}"\n', encoding="utf-8")
    lake, settings = Lake(folder / "lake"), Settings.load(folder)
    lake.prepare(settings.timezone)
    for kind, file in write_csv(folder / "csv", facts).items():
        report = import_files(lake, settings, kind, [file], known_at=LONG_KNOWN)
        assert not report.rejected, report.rejects
    for table, records in records_of(facts).items():
        if records:
            record_facts(lake, table, records, "test", LONG_KNOWN)
    for known_at, records in event_records(facts):
        record_facts(lake, "events", records, "test", known_at)
    for account, into in facts.merges.items():
        merge(lake, account, into, known_at=LONG_KNOWN)
    return folder


def records_of(facts: UsageFacts) -> dict[str, Records]:
    names = {account.account_id: account.name for account in facts.accounts}
    # only accounts that are known can be merged
    created = dict.fromkeys([*facts.merges, *facts.merges.values()]) | dict(facts.accounts_created)
    return {
        "accounts": [
            {"account_id": account, "name": names.get(account), "created_day": day}
            for account, day in created.items()
        ],
        "users": [{"user_id": user, "created_day": day} for user, day in facts.users_created.items()],
        "identities": [
            {"anonymous_id": x.anonymous_id, "user_id": x.user_id, "linked_at": x.at, "linked_day": x.day}
            for x in facts.links
        ],
        "memberships": [
            {"account_id": x.account_id, "user_id": x.user_id, "role": x.role, "valid_from_day": x.valid_from,
             "valid_to_day": x.valid_to} for x in facts.memberships
        ],
        "plan_features": [
            {"plan_id": plan, "feature": feature, "included": included}
            for plan, feature, included in facts.plan_features
        ],
        "plan_limits": [
            {"plan_id": plan, "limit_name": limit, "limit_value": value}
            for (plan, limit), value in facts.plan_limits.items()
        ],
        "usage_gauges": [
            {"account_id": x.account_id, "limit_name": x.limit, "measured_at": x.at, "measured_day": x.day,
             "used": x.used}
            for x in facts.gauges
        ],
    }  # fmt: skip


def event_records(facts: UsageFacts) -> Iterable[tuple[datetime, Records]]:
    """Events in batches, by when they came in, so that --as-of can fall between two."""
    batches: dict[datetime, Records] = defaultdict(list)
    for event in facts.events:
        batches[event.received or LONG_KNOWN].append(
            {
                "message_id": event.message_id,
                "type": event.type,
                "event": event.event,
                "user_id": event.user_id,
                "anonymous_id": event.anonymous_id,
                "account_id": event.account_id,
                "occurred_at": event.at,
                "occurred_day": event.day_in(facts.zone),
                "received_at": event.received,
            }
        )
    return sorted(batches.items())
