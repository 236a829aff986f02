"""What Stripe says now of every subscription, as the rows that a sync would store. Nothing is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from holdfast.errors import InputError
from holdfast.sources.parts import POSITION
from holdfast.sources.stripe.client import NotAllowed, NotThere, StripeApi
from holdfast.sources.stripe.columns import part_of
from holdfast.sources.stripe.discounts import slim_coupon
from holdfast.sources.stripe.evidence import SEEN, Evidence, Observation, same_terms, state_of
from holdfast.sources.stripe.gone import ID
from holdfast.sources.stripe.key import Key
from holdfast.sources.stripe.mirror import FILE, Mirror
from holdfast.sources.stripe.phases import PHASES
from holdfast.sources.stripe.prices import slim_price
from holdfast.sources.stripe.schedules import in_force, slim_schedule
from holdfast.sources.stripe.shapes import Object, coupon_of, discounts_of, id_of, listed
from holdfast.sources.stripe.side_file import FOLDER, stripe_alone
from holdfast.sources.stripe.states import life_of
from holdfast.sources.stripe.sync import OVERLAP_SECONDS, Progress
from holdfast.sources.stripe.terms import Catalogue, term_rows

TERMS = "subscription_terms"
BATCH = 2_000
"""Subscriptions that are turned into rows at once."""
PATIENCE_SECONDS = 5
"""How long webhooks that are being stored are waited for."""
_PHASE = {phase.name: phase for phase in PHASES}


@dataclass(frozen=True)
class Told:
    """What Stripe says of one subscription beside its rows; instants in Unix seconds."""

    account_id: str
    status: str
    created: int
    end: int | None
    """When it ended or will end; null while neither is known."""
    ended: bool


@dataclass
class Present:
    """All subscriptions that Stripe has, ended ones too."""

    at: int
    """When reading began."""
    synced_at: int | None
    """When the last sync that was finished began; null where none was."""
    interrupted: bool
    """Whether a sync has begun since and was not finished."""
    rows: pa.Table = field(default_factory=lambda: _table([], ZoneInfo("UTC")))
    subscriptions: dict[str, Told] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    """Subscriptions that cannot be understood, and why."""
    notes: list[str] = field(default_factory=list)


def sync_mark(data: Path) -> tuple[Any, Any]:
    """How far syncing came. Raises `LakeError` while a sync runs, `InputError` where there never was one."""
    if not (data / FOLDER / FILE).is_file():
        raise InputError(f"Stripe was never synced into {data}", hint="run: holdfast sync stripe")
    with stripe_alone(data, PATIENCE_SECONDS):
        mirror = Mirror(data)
        try:
            return mirror.note("read_up_to"), mirror.note("run")
        finally:
            mirror.close()


def read_present(
    data: Path,
    zone: ZoneInfo,
    key: Key,
    expected: Iterable[str] = (),
    *,
    base: str | None = None,
    progress: Progress = lambda what, count: None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Present:
    """Read every subscription of a Stripe account that was synced into the data folder before.

    What a subscription is now comes from Stripe; its past, and what was billed for use, from what the last sync read:
    so both sides go through the same rules, and what differs are facts. Each of the `expected` subscriptions that
    no list holds is asked for by its id before it counts as gone.
    """
    sync_mark(data)
    mirror = Mirror(data)
    try:
        if mirror.note("mode") not in {None, key.mode}:
            raise InputError(
                f"this data folder holds Stripe's {mirror.note('mode')} mode, and the key is one for {key.mode} mode",
                hint="name the other data folder: --data DIR, or use the other key",
            )
        return _Reader(StripeApi(key, base, sleep=sleep), mirror, zone, progress, int(clock())).run(expected)
    finally:
        mirror.close()


class _Reader:
    """One reading."""

    def __init__(self, api: StripeApi, mirror: Mirror, zone: ZoneInfo, progress: Progress, at: int) -> None:
        self.api, self.mirror, self.zone, self.progress = api, mirror, zone, progress
        upto, run = mirror.note("read_up_to"), mirror.note("run")
        synced = None if upto is None else int(upto) + OVERLAP_SECONDS
        self.present = Present(at, synced, run is not None)
        self.prices, self.coupons = mirror.all("price"), mirror.all("coupon")
        self.schedules: dict[str, Object] | None = None
        self.parts: list[pa.Table] = []

    def run(self, expected: Iterable[str]) -> Present:
        self.prices |= {one["id"]: slim_price(one) for one in self._list("prices")}
        self._allowed("coupons", "as the last sync read them", self._read_coupons)
        self._allowed("schedules", "as the last sync read them", self._read_schedules)
        batch: list[Object] = []
        for thing in self._list("subscriptions"):
            batch.append(self.api.with_all_items(thing))
            if len(batch) == BATCH:
                self._take(batch)
                batch = []
        self._take(batch)
        self._ask_for([one for one in expected if not self._has(one)])
        self.present.rows = pa.concat_tables([self.present.rows, *self.parts])
        return self.present

    def _allowed(self, what: str, instead: str, read: Callable[[], None]) -> None:
        try:
            read()
        except NotAllowed as error:
            self.present.notes.append(f"{error.message}: {what} are taken {instead}")

    def _list(self, name: str) -> Iterator[Object]:
        phase, count = _PHASE[name], 0
        for page in self.api.pages(phase.path, **phase.parameters):
            count += len(page.objects)
            self.progress(name, count)
            yield from page.objects

    def _has(self, subscription: str) -> bool:
        return subscription in self.present.subscriptions or subscription in self.present.unreadable

    def _ask_for(self, names: list[str]) -> None:
        """An object that was made or moved while the list was read is in none of its pages."""
        for count, name in enumerate((one for one in names if ID.fullmatch(one)), start=1):
            self.progress("subscriptions that the list does not hold", count)
            expand = [one.removeprefix("data.") for one in _PHASE["subscriptions"].parameters["expand"]]
            with suppress(NotThere):
                self._take([self.api.with_all_items(self.api.one(f"/v1/subscriptions/{name}", expand=expand))])

    def _read_coupons(self) -> None:
        self.coupons |= {one["id"]: slim_coupon(one) for one in self._list("coupons")}

    def _read_schedules(self) -> None:
        found: dict[str, list[Object]] = {}
        for one in self._list("schedules"):
            subscription = id_of(one.get("subscription")) or id_of(one.get("released_subscription"))
            if subscription is not None:
                found.setdefault(subscription, []).append(slim_schedule(one))
        self.schedules = {name: in_force(several) for name, several in found.items()}

    def _take(self, batch: Sequence[Object]) -> None:
        known = {one.subscription_id: one for one in self.mirror.evidence([str(one["id"]) for one in batch])}
        self._complete_catalogue(batch)
        catalogue = Catalogue(self.prices, self.coupons)
        rows: list[dict[str, Any]] = []
        for thing in batch:
            name = str(thing["id"])
            try:
                evidence = self._evidence(name, thing, known.get(name))
                self.present.subscriptions[name] = _told(evidence, self.present.at)
                rows += term_rows(evidence, catalogue)
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                self.present.unreadable[name] = (
                    f"unknown shape: {error!r}" if isinstance(error, KeyError) else str(error)
                )
        self.parts.append(_table(rows, self.zone))

    def _evidence(self, name: str, thing: Object, known: Evidence | None) -> Evidence:
        state = state_of(thing)
        if known is None:
            seen = Observation(int(state["start_date"] or state["created"]), SEEN, state)
            known = Evidence(name, seen, [seen])
        elif not same_terms(known.present.state, state):
            known.observations.append(Observation(self.present.at, SEEN, state))
        known.present = Observation(self.present.at, SEEN, state)
        if self.schedules is not None:
            known.schedule = self.schedules.get(name)
        return known

    def _complete_catalogue(self, batch: Sequence[Object]) -> None:
        """Prices and coupons that stand in subscriptions and that no list has: archived and deleted ones."""
        for thing in batch:
            items = listed(thing.get("items"))
            for price in (item.get("price") or item.get("plan") for item in items):
                if isinstance(price, dict) and price.get("id") not in self.prices:
                    self.prices[price["id"]] = slim_price(price)
            for discount in (one for owner in (thing, *items) for one in discounts_of(owner)):
                coupon = coupon_of(discount) if isinstance(discount, dict) else None
                if coupon and id_of(coupon) not in self.coupons:
                    self._add_coupon(coupon)

    def _add_coupon(self, coupon: Any) -> None:
        if not isinstance(coupon, dict):
            with suppress(NotThere, NotAllowed):
                coupon = self.api.one(f"/v1/coupons/{coupon}", expand=["applies_to", "currency_options"])
        if isinstance(coupon, dict):
            self.coupons[coupon["id"]] = slim_coupon(coupon)


def _told(evidence: Evidence, now: int) -> Told:
    state, life = evidence.present.state, life_of(evidence)
    ended = state["status"] in {"canceled", "incomplete_expired"} or (life.end is not None and life.end <= now)
    return Told(str(state["customer"]), str(state["status"]), life.created, life.end, ended)


def _table(rows: list[dict[str, Any]], zone: ZoneInfo) -> pa.Table:
    return part_of(TERMS, rows, zone).rows.drop_columns([POSITION])


__all__ = ["Present", "Told", "read_present", "sync_mark"]
