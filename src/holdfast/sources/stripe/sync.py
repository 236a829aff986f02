"""`sync`: everything the first time, what changed from then on, and going on where it was interrupted."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from holdfast.errors import InputError
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources.kept_aside import KeptAside
from holdfast.sources.stripe.apply import apply, elsewhere
from holdfast.sources.stripe.client import NotAllowed, NotThere, StripeApi, StripeUnavailable
from holdfast.sources.stripe.columns import SOURCE
from holdfast.sources.stripe.gone import ID, Listing
from holdfast.sources.stripe.intake import KINDS, Intake
from holdfast.sources.stripe.key import Key
from holdfast.sources.stripe.mirror import Mirror
from holdfast.sources.stripe.missed import Missed
from holdfast.sources.stripe.phases import EVENT_TYPES, MISSING, NEEDED, PHASES, Phase
from holdfast.sources.stripe.report import SyncReport
from holdfast.sources.stripe.shapes import Object
from holdfast.sources.stripe.side_file import stripe_alone
from holdfast.sources.stripe.status import LAST_RUN
from holdfast.sources.twice import refuse_twice

Progress = Callable[[str, int], None]
"""Called with what is being read and how many of it so far."""

OBJECTS = 20_000
"""Objects read between two commits."""
PATIENCE_SECONDS = 30
"""How long a batch of webhooks that is just being applied is waited for."""
OVERLAP_SECONDS = 3_600
"""How far a run reaches back before the start of the one before: events appear a little late."""
EVENTS_KEPT_SECONDS = 29 * 86_400
"""Stripe lists events for 30 days."""


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
    """Read a Stripe account into the lake. `since` (Unix seconds) leaves out older invoices and payments; `full` reads
    everything again, and withdraws the subscriptions that Stripe no longer has.
    """
    data = lake.root.parent
    lake.prepare(settings.timezone)
    with stripe_alone(data, PATIENCE_SECONDS), seldom_collecting():
        mirror = Mirror(data)
        try:
            _check_mode(mirror, key)
            api = StripeApi(key, base, sleep=sleep)
            return Run(lake, settings, mirror, api, full, since, progress or (lambda what, count: None), clock).run()
        finally:
            mirror.close()


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Looking for cycles among millions of small objects that have none takes longer than reading them."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        # connections with threads of their own that are left to the end of the process can abort it
        gc.collect()


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


class Run:
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
        self.missed = Missed(lake.root.parent, mirror, self.state)
        self.elsewhere = elsewhere(lake)
        self.listing = Listing()

    def _begin(self, full: bool) -> dict[str, Any]:
        """The run that was interrupted, or a new one."""
        unfinished, now = self.mirror.note("run"), int(self.clock())
        if unfinished and _can_go_on(unfinished, now, full):
            self.resumed = True
            self.since = unfinished["since"] if self.since is None else self.since
            return {**unfinished, "full": full or bool(unfinished.get("full"))}
        self.resumed = False
        upto = self.mirror.note("read_up_to")
        everything = full or upto is None or now - upto > EVENTS_KEPT_SECONDS
        state = {
            "mode": "everything" if everything else "changes", "started": now, "from": upto, "since": self.since,
            "full": full, "done": [], "phase": None, "after": None, "missed": {},
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
            if self.state.get("full"):
                self.listing.withdraw_gone(self.intake, self.api, self.progress)
            self.progress("subscriptions", 0)
            apply(self.intake, lambda done: self.progress("storing subscriptions", done))
        finally:
            self.report.kept_in = self.aside.close()
            self.report.requests, self.report.waited_seconds = self.api.requests, self.api.waited_seconds
        with self.mirror.transaction():
            self.mirror.set_note("read_up_to", self.state["started"] - OVERLAP_SECONDS)
            self.missed.finish()
            self.mirror.set_note("run", None)
            self.mirror.set_note(LAST_RUN, {"began": self.state["started"], "missed": self.missed.found})
        self.report.missed = self.missed.found
        return self.report

    # everything

    def _everything(self) -> None:
        self._check_needed()
        self._check_elsewhere()
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

    def _check_elsewhere(self) -> None:
        """Ask first for one that another source has brought in: the whole account may be there already."""
        for name in sorted(filter(ID.fullmatch, self.elsewhere))[-1:]:
            with suppress(NotThere):
                self.api.one(f"/v1/subscriptions/{name}")
                self._refuse_twice([name])

    def _refuse_twice(self, subscriptions: list[str]) -> None:
        if self.elsewhere.intersection(subscriptions):
            refuse_twice(self.intake.lake, SOURCE, subscriptions)

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
        count, after = 0, self._after(phase.name)
        for page in self.api.pages(phase.path, after, **parameters):
            at = int(self.clock())
            if phase.kind == "subscription":
                self._refuse_twice([str(thing["id"]) for thing in page.objects])
                if self.state.get("full"):
                    self.listing.add(page, from_start=after is None)
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
            self.missed.look(page.objects)
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
        self.intake.later(self.mirror.change, kind, thing_id)

    def _read_again(self, phase: Phase, ids: list[str]) -> None:
        for count, thing_id in enumerate(ids, start=1):
            with suppress(NotThere):
                thing = self._one(phase, thing_id)
                if not thing.get("deleted"):
                    self.intake.take(self._whole(thing), int(self.clock()))
            self.intake.later(self.mirror.done, phase.kind, thing_id)
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


__all__ = ["StripeUnavailable", "sync_stripe"]
