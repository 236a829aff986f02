"""Two sides of the same subscriptions compared item by item: each difference with its reason. Nothing is read here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from holdfast.checks.items import Item, ItemId, Step
from holdfast.facts.money import MICROS

KINDS = {
    "missing": "Missing in the lake",
    "stale": "Stale in the lake: Stripe no longer has them",
    "cancelled": "Cancelled in Stripe, running in the lake",
    "running": "Running in Stripe, over in the lake",
    "unreadable": "Not comparable: what Stripe says cannot be used",
    "item": "Items that only one side has",
    "status": "Another status",
    "account": "Another account",
    "currency": "Another currency",
    "price": "Another price",
    "quantity": "Another quantity",
    "discount": "Another discount",
    "amount": "Another amount",
    "planned": "Alike today, but something else is planned",
}
"""Kinds of difference, most important first."""
SYNC, FULL = "sync", "sync --full"


@dataclass(frozen=True)
class Source:
    """What the source says of one subscription; days in the company's time zone."""

    account_id: str
    created_day: date
    ended_day: date | None
    """The day it ended; null while it runs."""
    made_since_sync: bool
    ended_since_sync: bool
    status: str = ""


@dataclass(frozen=True)
class Sides:
    """What is compared."""

    source: Mapping[ItemId, Item]
    lake: Mapping[ItemId, Item]
    subscriptions: Mapping[str, Source]
    """All that the source has."""
    last_days: Mapping[str, date | None]
    """All that the lake has, with the last day of each; null where none is known."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    synced: str = ""
    """When the last sync was, in words."""


@dataclass(frozen=True)
class Difference:
    """One subscription, or one item of it, that is not the same on both sides."""

    subscription_id: str
    item_id: str | None
    account_id: str
    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    currency: str
    source_micros: int | None
    """MRR that the source's facts come to; null where it has none."""
    lake_micros: int | None
    remedy: str = SYNC

    @property
    def difference_micros(self) -> int:
        return (self.lake_micros or 0) - (self.source_micros or 0)

    @property
    def order(self) -> tuple[int, int, str, str]:
        place = list(KINDS).index(self.kinds[0])
        return place, -abs(self.difference_micros), self.subscription_id, self.item_id or ""


def differences(sides: Sides) -> list[Difference]:
    """Everything that differs, by kind, the largest first."""
    ours, theirs = _by_subscription(sides.lake), _by_subscription(sides.source)
    names = dict.fromkeys([*theirs, *ours, *sides.last_days, *sides.unreadable])
    found = [one for name in names for one in _of(sides, name, theirs.get(name, {}), ours.get(name, {}))]
    return sorted(found, key=lambda one: one.order)


def _by_subscription(items: Mapping[ItemId, Item]) -> dict[str, dict[str, Item]]:
    found: dict[str, dict[str, Item]] = {}
    for (subscription, name), item in items.items():
        found.setdefault(subscription, {})[name] = item
    return found


def _of(sides: Sides, name: str, source: Mapping[str, Item], lake: Mapping[str, Item]) -> Iterable[Difference]:
    """The differences of one subscription."""
    if name in sides.unreadable:
        yield _whole(name, "unreadable", sides.unreadable[name], source, lake, FULL)
    elif name not in sides.subscriptions:
        yield _whole(name, "stale", _since_when(sides.last_days.get(name), lake), source, lake, FULL)
    elif source and lake:
        yield from _items(source, lake)
    elif source:
        yield _only_source(sides, name, source)
    elif lake:
        told = sides.subscriptions[name]
        reason = f"{told.status or 'ended'} since {told.ended_day}" if told.ended_day else f"{told.status} in Stripe"
        reason += "" if told.ended_since_sync else f", which the sync of {sides.synced} did not see"
        yield _whole(name, "cancelled", reason, source, lake, SYNC if told.ended_since_sync else FULL)


def _since_when(last: date | None, lake: Mapping[str, Item]) -> str:
    if lake:
        return "gone from Stripe, and still counted today"
    return f"gone from Stripe; it counts in the past, until {last}"


def _only_source(sides: Sides, name: str, source: Mapping[str, Item]) -> Difference:
    told = sides.subscriptions[name]
    if name in sides.last_days:
        reason = f"over in the lake since {sides.last_days[name]}, {_first(source).status} in Stripe"
        return _whole(name, "running", reason, source, {}, SYNC)
    if told.made_since_sync:
        return _whole(name, "missing", f"made on {told.created_day}, after the last sync", source, {}, SYNC)
    reason = f"made on {told.created_day}; the sync of {sides.synced} did not bring it in"
    return _whole(name, "missing", reason, source, {}, FULL)


def _whole(
    name: str, kind: str, reason: str, source: Mapping[str, Item], lake: Mapping[str, Item], remedy: str
) -> Difference:
    known = [*source.values(), *lake.values()]
    account, currency = (known[0].account_id, known[0].currency) if known else ("", "")
    return Difference(name, None, account, (kind,), (reason,), currency, _mrr(source), _mrr(lake), remedy)


def _mrr(items: Mapping[str, Item]) -> int | None:
    return sum(item.mrr_micros for item in items.values()) if items else None


def _first(items: Mapping[str, Item]) -> Item:
    return next(iter(items.values()))


def _items(source: Mapping[str, Item], lake: Mapping[str, Item]) -> Iterable[Difference]:
    for name in dict.fromkeys([*source, *lake]):
        theirs, ours = source.get(name), lake.get(name)
        found = _alone(theirs, ours) if theirs is None or ours is None else list(changed(theirs, ours))
        if found:
            one = theirs or ours or _first(lake)
            kinds, reasons = zip(*found, strict=True)
            yield Difference(
                one.subscription_id, name, one.account_id, kinds, reasons, one.currency,
                None if theirs is None else theirs.mrr_micros, None if ours is None else ours.mrr_micros,
            )  # fmt: skip


def _alone(theirs: Item | None, ours: Item | None) -> list[tuple[str, str]]:
    one = theirs or ours
    where = "only in Stripe: it was added" if theirs else "only in the lake: it was taken off"
    return [("item", f"{one.plan_id or 'no plan'}, {where}")] if one else []


def changed(theirs: Item, ours: Item) -> Iterable[tuple[str, str]]:
    """What is not the same about an item: kinds of difference, and each in words."""
    found = [
        (kind, f"{_label(kind)}{said(theirs)} in Stripe, {said(ours)} in the lake")
        for kind, said in FACTS.items()
        if said(theirs) != said(ours)
    ]
    amounts = (theirs.gross_micros, theirs.net_micros, theirs.mrr_micros)
    if not found and amounts != (ours.gross_micros, ours.net_micros, ours.mrr_micros):
        found.append(("amount", f"{_amounts(theirs)} in Stripe, {_amounts(ours)} in the lake"))
    yield from found
    if theirs.planned != ours.planned:
        yield "planned", _planned(theirs.planned, ours.planned)


def _label(kind: str) -> str:
    return f"{kind} " if kind in {"quantity", "discount"} else ""


def _price(item: Item) -> str:
    every = item.billing_interval if item.interval_count == 1 else f"{item.interval_count} {item.billing_interval}s"
    price = "a price in tiers" if item.unit_amount is None else item.unit_amount
    return f"{item.plan_id or 'no plan'} at {price} a {every}" if item.interval_count == 1 else (
        f"{item.plan_id or 'no plan'} at {price} every {every}"
    )  # fmt: skip


def _discount(item: Item) -> str:
    parts = [f"{item.discount_percent} %"] if item.discount_percent else []
    parts += [f"{item.discount_amount} {item.currency}"] if item.discount_amount else []
    text = " and ".join(parts)
    return f"{text} {item.discount_duration or ''}".strip() if text else "none"


def _amounts(item: Item) -> str:
    full, net = exact(item.gross_micros), exact(item.net_micros)
    return full if full == net else f"{full} less discounts {net}"


def exact(micros: int | None) -> str:
    """Micros in major units, with every digit that is not 0, and at least two.

    >>> exact(10_000_000), exact(12_345_000), exact(None)
    ('10.00', '12.345', 'no amount')
    """
    if micros is None:
        return "no amount"
    sign, size = ("-" if micros < 0 else ""), abs(micros)
    digits = f"{size % MICROS:06}".rstrip("0").ljust(2, "0")
    return f"{sign}{size // MICROS:,}.{digits}"


FACTS: dict[str, Callable[[Item], str]] = {
    "status": lambda item: item.status,
    "account": lambda item: item.account_id,
    "currency": lambda item: item.currency,
    "price": _price,
    "quantity": lambda item: item.quantity or "not known",
    "discount": _discount,
}


def _planned(theirs: tuple[Step, ...], ours: tuple[Step, ...]) -> str:
    """The first planned step that is not the same."""
    place = next(
        (place for place, (one, other) in enumerate(zip(theirs, ours, strict=False)) if one != other),
        min(len(theirs), len(ours)),
    )
    return f"{_step(theirs, place)} in Stripe, {_step(ours, place)} in the lake"


def _step(steps: tuple[Step, ...], place: int) -> str:
    if place >= len(steps):
        return "nothing more planned" if place else "nothing planned"
    step = steps[place]
    if step.mrr_micros is None:
        return f"ends on {step.day}"
    plan, quantity, status = step.what
    return f"{quantity or ''} x {plan}, {status}, MRR {exact(step.mrr_micros)} from {step.day}".removeprefix(" x ")


@dataclass(frozen=True)
class Row:
    """Subscriptions and MRR of one currency and status on both sides."""

    currency: str
    status: str
    source_subscriptions: int
    lake_subscriptions: int
    source_micros: int
    lake_micros: int


def summary(source: Mapping[ItemId, Item], lake: Mapping[ItemId, Item]) -> list[Row]:
    """Both sides by currency and status."""
    theirs, ours = _counted(source), _counted(lake)
    found = []
    for currency, status in sorted(theirs.keys() | ours.keys()):
        (one, micros), (other, other_micros) = (
            side.get((currency, status), (set(), 0)) for side in (theirs, ours)
        )  # fmt: skip
        found.append(Row(currency, status, len(one), len(other), micros, other_micros))
    return found


def _counted(items: Mapping[ItemId, Item]) -> dict[tuple[str, str], tuple[set[str], int]]:
    found: dict[tuple[str, str], tuple[set[str], int]] = {}
    for item in items.values():
        names, micros = found.get((item.currency, item.status), (set(), 0))
        names.add(item.subscription_id)
        found[item.currency, item.status] = (names, micros + item.mrr_micros)
    return found
