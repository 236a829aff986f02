"""`sync`: everything the first time, what changed from then on, and going on where it was interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from holdfast.errors import InputError, LakeError
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources.kept_aside import KeptAside
from holdfast.sources.stripe.apply import apply
from holdfast.sources.stripe.client import NotAllowed, NotThere, StripeApi, StripeUnavailable
from holdfast.sources.stripe.intake import KINDS, Intake
from holdfast.sources.stripe.key import Key
from holdfast.sources.stripe.mirror import FOLDER, Mirror
from holdfast.sources.stripe.report import SyncReport
from holdfast.sources.stripe.shapes import Object

Progress = Callable[[str, int], None]
"""Called with what is being read and how many of it so far."""

OBJECTS = 2_000
"""Objects read between two commits."""
OVERLAP_SECONDS = 3_600
"""How far a run reaches back before the start of the one before: events appear a little late."""
EVENTS_KEPT_SECONDS = 29 * 86_400
"""Stripe lists events for 30 days."""


@dataclass(frozen=True)
class Phase:
    """One list of Stripe's."""

    name: str
    kind: str
    path: str
    parameters: dict[str, Any] = field(default_factory=dict)
    dated: bool = True
    """Whether --since limits it."""


PHASES = (
    Phase("products", "product", "/v1/products", dated=False),
    Phase("prices", "price", "/v1/prices", {"expand": ["data.tiers", "data.currency_options"]}, dated=False),
    Phase("coupons", "coupon", "/v1/coupons", {"expand": ["data.applies_to", "data.currency_options"]}, dated=False),
    Phase("customers", "customer", "/v1/customers", dated=False),
    Phase(
        "subscriptions", "subscription", "/v1/subscriptions",
        {"status": "all", "expand": ["data.discounts", "data.items.data.discounts"]}, dated=False,
    ),
    Phase("schedules", "subscription_schedule", "/v1/subscription_schedules", dated=False),
    Phase("invoices", "invoice", "/v1/invoices", {"expand": ["data.lines.data.discounts", "data.payments"]}),
    Phase("credit notes", "credit_note", "/v1/credit_notes"),
    Phase("charges", "charge", "/v1/charges"),
    Phase("refunds", "refund", "/v1/refunds"),
)  # fmt: skip
NEEDED = {"subscriptions", "prices"}
EVENT_TYPES = (
    "customer.*", "product.*", "price.*", "plan.*", "coupon.*", "subscription_schedule.*", "invoice.*", "credit_note.*",
    "charge.*", "refund.*",
)  # fmt: skip


def sync_stripe(
    lake: Lake,
    settings: Settings,
    key: Key,
    *,
    base: str | None = None,
    full: bool = False,
    since: int | None = None,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> SyncReport:
    """Read a Stripe account into the lake. `since` (Unix seconds) leaves out older invoices and payments."""
    data = lake.root.parent
    lake.prepare(settings.timezone)
    with alone(data):
        mirror = Mirror(data)
        try:
            _check_mode(mirror, key)
            api = StripeApi(key, base, sleep=sleep)
            return _Sync(lake, settings, mirror, api, full, since, progress or (lambda what, count: None), clock).run()
        finally:
            mirror.close()


@contextmanager
def alone(data: Path, patience_seconds: float = 0) -> Iterator[None]:
    """Nothing else syncs in the meantime. Raises `LakeError` where something does."""
    (data / FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(data / FOLDER / ".sync.lock")
    try:
        lock.acquire(timeout=patience_seconds)
    except Timeout:
        raise LakeError(f"another sync with Stripe is running in {data}", hint="wait for it to end") from None
    try:
        yield
    finally:
        lock.release()


def _check_mode(mirror: Mirror, key: Key) -> None:
    """A folder holds the data of test mode or of live mode, never both."""
    known = mirror.note("mode")
    if known not in {None, key.mode}:
        raise InputError(
            f"this data folder holds Stripe's {known} mode, and the key is one for {key.mode} mode",
            hint="use another data folder: --data DIR",
        )
    with mirror.transaction():
        mirror.set_note("mode", key.mode)


class _Sync:
    """One run."""

    def __init__(
        self, lake: Lake, settings: Settings, mirror: Mirror, api: StripeApi, full: bool, since: int | None,
        progress: Progress, clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self.mirror, self.api, self.progress, self.clock = mirror, api, progress, clock
        self.since = since
        self.state: dict[str, Any] = self._begin(full)
        self.report = SyncReport(self.state["mode"], resumed=self.resumed)
        moment = lake.next_instant("subscription_terms", "accounts", "invoices", "payments")
        self.aside = KeptAside(lake.root.parent, "stripe")
        self.intake = Intake(lake, settings.zone, mirror, moment, self.report, self.aside)

    def _begin(self, full: bool) -> dict[str, Any]:
        """The run that was interrupted, or a new one."""
        unfinished, now = self.mirror.note("run"), int(self.clock())
        if unfinished and _can_go_on(unfinished, now, full):
            self.resumed = True
            self.since = unfinished["since"] if self.since is None else self.since
            return dict(unfinished)
        self.resumed = False
        upto = self.mirror.note("read_up_to")
        everything = full or upto is None or now - upto > EVENTS_KEPT_SECONDS
        state = {
            "mode": "everything" if everything else "changes", "started": now, "from": upto, "since": self.since,
            "done": [], "phase": None, "after": None,
        }  # fmt: skip
        with self.mirror.transaction():
            self.mirror.set_note("run", state)
        return state

    def run(self) -> SyncReport:
        try:
            if self.state["mode"] == "changes":
                self._changes()
            if self.state["mode"] == "everything":
                self._everything()
            self._look_up_unknown()
            self.progress("subscriptions", 0)
            apply(self.intake, lambda done: self.progress("storing subscriptions", done))
        finally:
            self.report.kept_in = self.aside.close()
            self.report.requests, self.report.waited_seconds = self.api.requests, self.api.waited_seconds
        with self.mirror.transaction():
            self.mirror.set_note("read_up_to", self.state["started"] - OVERLAP_SECONDS)
            self.mirror.set_note("run", None)
        return self.report

    # everything

    def _everything(self) -> None:
        self._check_needed()
        for phase in PHASES:
            if phase.name not in self.state["done"]:
                self._allowed(phase.name, lambda phase=phase: self._read(phase))  # type: ignore[misc]
        since = int(self.clock()) - EVENTS_KEPT_SECONDS
        if "events" not in self.state["done"]:
            self._allowed("events", lambda: self._read_events("customer.subscription.*", since, "events"))

    def _check_needed(self) -> None:
        """Ask first for what nothing can be done without: nobody should learn of it after an hour of reading."""
        missing = []
        for phase in PHASES:
            if phase.name in NEEDED:
                try:
                    self.api.one(phase.path, limit=1)
                except NotAllowed:
                    missing.append(phase.name)
        if missing:
            what = " and ".join(missing)
            raise NotAllowed(
                f"the key may not read {what}", hint=f"give the restricted key the permission to read {what}"
            )

    def _allowed(self, name: str, read: Callable[[], None]) -> bool:
        try:
            read()
        except NotAllowed as error:
            self.report.note(f"{error.message}: {MISSING[name]}")
            self._finish(name)
            return False
        return True

    def _read(self, phase: Phase) -> None:
        parameters = dict(phase.parameters)
        if self.since is not None and phase.dated:
            parameters["created"] = {"gte": self.since}
        count = 0
        for page in self.api.pages(phase.path, self._after(phase.name), **parameters):
            at = int(self.clock())
            for thing in page.objects:
                self.intake.take(self._whole(thing), at)
            count += len(page.objects)
            self.progress(phase.name, count)
            if self.intake.waiting.objects >= OBJECTS and page.after:
                self._save(phase.name, page.after)
        self._finish(phase.name)

    def _after(self, name: str) -> str | None:
        return self.state["after"] if self.state["phase"] == name else None

    def _save(self, name: str, after: str) -> None:
        self.state |= {"phase": name, "after": after}
        self.intake.flush(lambda: self.mirror.set_note("run", self.state))

    def _finish(self, name: str) -> None:
        self.state |= {"phase": None, "after": None, "done": [*self.state["done"], name]}
        self.intake.flush(lambda: self.mirror.set_note("run", self.state))

    def _whole(self, thing: Object) -> Object:
        """An object with all members of the lists inside it."""
        if thing.get("object") == "invoice":
            lines = f"/v1/invoices/{thing['id']}/lines"
            return self.api.completed(thing, "lines", lines, expand=["data.discounts"])
        return self.api.with_all_items(thing) if thing.get("object") == "subscription" else thing

    # changes

    def _changes(self) -> None:
        """What events name is read again; without events there is no way to know, and everything is read."""
        for kind in EVENT_TYPES:
            if kind not in self.state["done"] and not self._allowed(
                "changes",
                lambda kind=kind: self._read_events(kind, self.state["from"], kind),  # type: ignore[misc]
            ):
                self.state |= {"mode": "everything", "done": [], "phase": None, "after": None}
                self.report.mode = "everything"
                return
        by_kind: dict[str, list[str]] = {}
        for kind, thing_id in self.mirror.changes():
            by_kind.setdefault(kind, []).append(thing_id)
        for phase in PHASES:
            self._allowed(phase.name, lambda phase=phase: self._read_again(phase, by_kind.get(phase.kind, [])))  # type: ignore[misc]

    def _read_events(self, kind: str, since: int, name: str) -> None:
        count = 0
        for page in self.api.pages("/v1/events", self._after(name), type=kind, created={"gte": since}):
            for event in page.objects:
                self._take_event(event)
            count += len(page.objects)
            self.progress("events", count)
            if self.intake.waiting.objects >= OBJECTS and page.after:
                self._save(name, page.after)
        self._finish(name)

    def _take_event(self, event: Object) -> None:
        thing = (event.get("data") or {}).get("object") or {}
        kind, thing_id = thing.get("object"), thing.get("id")
        if kind == "subscription" and str(event.get("type")).startswith("customer.subscription."):
            self.intake.take_event(event)
        if self.state["mode"] != "changes":
            return
        if event.get("type") == "invoice.deleted":
            self.intake.take({**thing, "status": "void"}, int(event["created"]))
        elif kind == "discount" and thing.get("subscription"):
            self._changed("subscription", thing["subscription"])
        elif kind in KINDS and thing_id:
            self._changed("price" if kind == "plan" else kind, thing_id)

    def _changed(self, kind: str, thing_id: str) -> None:
        self.intake.waiting.mirror.append(lambda: self.mirror.change(kind, thing_id))

    def _read_again(self, phase: Phase, ids: list[str]) -> None:
        for count, thing_id in enumerate(ids, start=1):
            with suppress(NotThere):
                thing = self._one(phase, thing_id)
                if not thing.get("deleted"):
                    self.intake.take(self._whole(thing), int(self.clock()))
            self.intake.waiting.mirror.append(lambda thing_id=thing_id: self.mirror.done(phase.kind, thing_id))  # type: ignore[misc]
            self.progress(phase.name, count)
            if self.intake.waiting.objects >= OBJECTS:
                self.intake.flush()
        self.intake.flush()

    def _one(self, phase: Phase, thing_id: str) -> Object:
        expand = [one.removeprefix("data.") for one in phase.parameters.get("expand", [])]
        return self.api.one(f"{phase.path}/{thing_id}", **({"expand": expand} if expand else {}))

    def _look_up_unknown(self) -> None:
        """Prices and coupons that no list holds any more, though something still names them."""
        for phase in PHASES[1:3]:
            for thing_id in self.mirror.unknown(phase.kind):
                with suppress(NotThere, NotAllowed):
                    self.intake.take(self._one(phase, thing_id), int(self.clock()))
        self.intake.flush()


def _can_go_on(unfinished: dict[str, Any], now: int, full: bool) -> bool:
    """Whether an interrupted run is worth finishing: one that reads changes needs events that Stripe still has."""
    if unfinished["mode"] == "everything":
        return True
    return not full and now - unfinished["from"] <= EVENTS_KEPT_SECONDS


MISSING = {
    "products": "plans carry the ids of their products in place of names",
    "coupons": "discounts are taken from the subscriptions and invoices that name them",
    "customers": "accounts have no names, and nothing to split by",
    "schedules": "changes that are planned are not seen before they happen",
    "invoices": "the past of each subscription is not known",
    "credit notes": "refunds are not tied to the service that they give back",
    "charges": "attempts to pay are not known",
    "refunds": "refunds are not known",
    "events": "the last 30 days are known from invoices alone",
    "changes": "everything is read in each run",
}

__all__ = ["StripeUnavailable", "sync_stripe"]
