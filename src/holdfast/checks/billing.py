"""The billing in the lake held against the system that it came from, as both are now."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.checks.compare import Difference, Row, Sides, Source, differences, summary
from holdfast.checks.items import items_on
from holdfast.errors import HoldfastError, InputError
from holdfast.facts.days import day_of
from holdfast.facts.money import MICROS
from holdfast.sources.stripe.columns import SOURCE, day
from holdfast.sources.stripe.key import Key, find_key
from holdfast.sources.stripe.present import Present, read_present, sync_mark
from holdfast.sources.stripe.sync import Progress

if TYPE_CHECKING:
    from holdfast.metrics.policy import Policy
    from holdfast.workspace import Workspace

TERMS = "subscription_terms"


class Disturbed(HoldfastError):
    """The lake was changed while it was compared."""


@dataclass
class BillingCheck:
    """What a comparison with the source found."""

    today: date
    policy: str
    synced_at: datetime | None
    summary: list[Row]
    differences: list[Difference]
    subscriptions: int
    """Subscriptions that live today on either side."""
    not_checked: dict[str, int] = field(default_factory=dict)
    """Other sources in the lake, which cannot be asked, and how many subscriptions each has."""
    notes: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        return not self.differences

    def to_json(self, limit: int | None = None) -> dict[str, Any]:
        return {
            "source": SOURCE,
            "agrees": self.agrees,
            "today": self.today.isoformat(),
            "policy": self.policy,
            "last_sync": None if self.synced_at is None else self.synced_at.isoformat(),
            "subscriptions": self.subscriptions,
            "summary": [_row_json(row) for row in self.summary],
            "differences": len(self.differences),
            "list": [_difference_json(one) for one in self.differences[:limit]],
            "not_checked": self.not_checked,
            "notes": self.notes,
        }


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "currency": row.currency,
        "status": row.status,
        "subscriptions": {"source": row.source_subscriptions, "lake": row.lake_subscriptions},
        "mrr": {"source": _major(row.source_micros), "lake": _major(row.lake_micros)},
    }


def _difference_json(one: Difference) -> dict[str, Any]:
    return {
        "subscription": one.subscription_id,
        "item": one.item_id,
        "account": one.account_id or None,
        "kinds": one.kinds,
        "reasons": one.reasons,
        "currency": one.currency or None,
        "mrr": {"source": _major(one.source_micros), "lake": _major(one.lake_micros)},
        "remedy": one.remedy,
    }


def _major(micros: int | None) -> Decimal | None:
    return None if micros is None else Decimal(micros) / MICROS


def check_billing(
    workspace: Workspace,
    key: Key | None = None,
    *,
    base: str | None = None,
    policy: str | None = None,
    progress: Progress = lambda what, count: None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> BillingCheck:
    """Compare the subscriptions in the lake with those that Stripe has now; nothing is changed on either side.

    The key is the environment's where none is given. Raises `InputError` where there is nothing to compare with.
    """
    data, zone = workspace.folder, workspace.settings.zone
    sources = _sources(workspace)
    if sources and SOURCE not in sources:
        raise InputError(
            f"no billing in {data} comes from a system that can be asked; it holds {_listed(sources)}",
            hint="connect Stripe with: holdfast sync stripe",
        )
    mark, version = sync_mark(data), workspace.lake.version(TERMS)
    held = _read_lake(workspace)
    names = held["subscription_id"].unique().to_pylist()
    present = read_present(data, zone, key or find_key(), names, base=base, progress=progress, clock=clock, sleep=sleep)
    if sync_mark(data) != mark:
        raise Disturbed("a sync changed the lake while it was compared", hint="run the same command again")
    rules = workspace.policy(policy)
    plans = workspace.lake.standing("plans")
    plans = plans.filter(pc.equal(plans["source"], SOURCE))
    found = _compared(held, present, plans, rules, zone)
    if workspace.lake.version(TERMS) != version:
        found.notes.append("webhooks changed the lake meanwhile; what they changed may show as a difference")
    found.not_checked = {name: count for name, count in sources.items() if name != SOURCE}
    return found


def _sources(workspace: Workspace) -> dict[str, int]:
    """How many subscriptions each source has in the lake."""
    rows = workspace.lake.standing(TERMS, ["source", "subscription_id"])
    counted = rows.group_by("source").aggregate([("subscription_id", "count_distinct")]).sort_by("source")
    return dict(zip(counted["source"].to_pylist(), counted["subscription_id_count_distinct"].to_pylist(), strict=True))


def _listed(sources: dict[str, int]) -> str:
    return ", ".join(f"{count:,} of {name}" for name, count in sources.items())


def _read_lake(workspace: Workspace) -> pa.Table:
    """The spans of the source that stand and are not empty: an empty one was taken back."""
    rows = workspace.lake.standing(TERMS)
    empty = pc.fill_null(pc.equal(rows["valid_from_at"], rows["valid_to_at"]), False)
    return rows.filter(pc.and_(pc.equal(rows["source"], SOURCE), pc.invert(empty)))


def _compared(held: pa.Table, present: Present, plans: pa.Table, policy: Policy, zone: ZoneInfo) -> BillingCheck:
    today = day_of(datetime.fromtimestamp(present.at, UTC), zone)
    found = items_on({"lake": held, "source": present.rows}, plans, policy, today)
    lake, source = found["lake"], found["source"]
    synced = None if present.synced_at is None else datetime.fromtimestamp(present.synced_at, UTC)
    told = {name: _source(one, present, zone) for name, one in present.subscriptions.items()}
    when = "no sync" if synced is None else f"{synced.astimezone(zone):%Y-%m-%d %H:%M}"
    sides = Sides(source, lake, told, _last_days(held), present.unreadable, when)
    living = {name for name, _ in (*source, *lake)}
    notes = list(present.notes)
    if present.interrupted:
        notes.insert(0, "the last sync did not end; run `holdfast sync stripe` to finish it")
    return BillingCheck(today, policy.name, synced, summary(source, lake), differences(sides), len(living), notes=notes)


def _source(one: Any, present: Present, zone: ZoneInfo) -> Source:
    synced = present.synced_at
    ended = one.end if one.ended else None
    return Source(
        one.account_id,
        day(one.created, zone),
        None if ended is None else day(ended, zone),
        synced is None or one.created >= synced,
        synced is None or ended is None or ended >= synced,
        one.status,
    )


def _last_days(held: pa.Table) -> dict[str, date | None]:
    """The last day that the lake knows of each subscription; null where it runs."""
    found: dict[str, date | None] = {}
    for name, end in zip(held["subscription_id"].to_pylist(), held["valid_to_day"].to_pylist(), strict=True):
        known = found.get(name, date.min)
        found[name] = None if known is None or end is None else max(known, end)
    return found
