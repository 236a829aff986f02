"""From when to when each discount takes something off each item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from holdfast.facts.days import Interval, add_intervals
from holdfast.sources.stripe.evidence import Evidence, Line
from holdfast.sources.stripe.prices import Price
from holdfast.sources.stripe.shapes import Object
from holdfast.sources.stripe.states import Life


@dataclass(frozen=True)
class Window:
    """A discount on one item; `amount` is what an invoice took off it, in minor units."""

    discount_id: str
    coupon: str | None
    start: int
    end: int | None
    amount: int | None


@dataclass
class _Known:
    """All that was said of one discount on one item."""

    details: Object
    seen: list[int]
    of_item: bool = False


def windows_of(
    evidence: Evidence, item: str, life: Life, coupons: Mapping[str, Object], price: Price | None
) -> list[Window]:
    """The windows of an item's discounts: the item's own before the subscription's."""
    known = _known(evidence, item)
    if not known:
        return []
    lines = sorted((line for line in evidence.lines if line.item in {item, None}), key=lambda one: one.start)
    windows: list[tuple[bool, Window]] = []
    for name, one in known.items():
        billed = [line for line in lines if any(name == other for other, _ in line.discounts)]
        duration = (coupons.get(one.details.get("coupon") or "") or {}).get("duration")
        if duration == "once" or (duration is None and billed):
            found = [_of_line(name, one, line) for line in billed] if lines else _unbilled(name, one, life, price)
        else:
            found = [_lasting(evidence, name, one, lines, billed, life)]
        windows += [(one.of_item, window) for window in found]
    return [window for _, window in sorted(windows, key=lambda pair: (not pair[0], pair[1].start))]


def _known(evidence: Evidence, item: str) -> dict[str, _Known]:
    known: dict[str, _Known] = {}
    for observation in evidence.observations:
        own = next((one for one in observation.state["items"] if one["id"] == item), None)
        if own is None or not (own["discounts"] or observation.state["discounts"]):
            continue
        for discount, of_item in _both(own["discounts"], observation.state["discounts"]):
            one = _noted(known, evidence, discount)
            one.of_item = one.of_item or of_item
            one.seen.append(observation.at)
    for line in evidence.lines:
        for name, _ in line.discounts if line.item in {item, None} else ():
            _noted(known, evidence, {"id": name})
    return known


def _both(of_item: list[Object], of_subscription: list[Object]) -> list[tuple[Object, bool]]:
    return [*((one, True) for one in of_item), *((one, False) for one in of_subscription)]


def _noted(known: dict[str, _Known], evidence: Evidence, discount: Object) -> _Known:
    details = evidence.discounts.get(discount["id"]) or {}
    one = known.setdefault(discount["id"], _Known(dict(details), []))
    one.details |= {name: value for name, value in discount.items() if value is not None}
    return one


def _amount(name: str, line: Line) -> int:
    return sum(amount for other, amount in line.discounts if other == name)


def _of_line(name: str, one: _Known, line: Line) -> Window:
    return Window(name, one.details.get("coupon"), line.start, line.end, _amount(name, line))


def _unbilled(name: str, one: _Known, life: Life, price: Price | None) -> list[Window]:
    """A single use that no invoice shows: the first billing period after it began."""
    start = max(int(one.details.get("start") or life.start), life.start)
    if price is None:
        return []
    anchor = datetime.fromtimestamp(start, UTC)
    interval: Interval = price.interval  # type: ignore[assignment]
    days = (add_intervals(anchor.date(), interval, price.interval_count, 1) - anchor.date()).days
    return [Window(name, one.details.get("coupon"), start, start + days * 86_400, None)]


def _lasting(evidence: Evidence, name: str, one: _Known, lines: list[Line], billed: list[Line], life: Life) -> Window:
    """A discount that goes on until its own end, or until something shows that it is gone."""
    begins = [one.details.get("start"), *(line.start for line in billed[:1]), *one.seen[:1]]
    start = max(int(next((begin for begin in begins if begin), life.start)), life.start)
    last = max([start, *one.seen, *(line.start for line in billed)])
    gone = [line.start for line in lines if line.start > last and line.amount > 0 and not line.proration]
    gone += [observation.at for observation in evidence.observations if observation.at > last]
    ends = [end for end in (one.details.get("end"), min(gone, default=None)) if end is not None]
    amount = _amount(name, billed[-1]) if billed and not billed[-1].proration else None
    return Window(name, one.details.get("coupon"), start, min(ends) if ends else None, amount)
