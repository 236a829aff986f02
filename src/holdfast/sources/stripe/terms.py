"""Rows of `subscription_terms` and `cancellations` from what is known of one subscription."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import msgspec

from holdfast.facts.money import to_micros
from holdfast.sources.amounts import plain
from holdfast.sources.build_simple import LARGEST_MICROS
from holdfast.sources.stripe.discounts import Amounts, Off, applied, off
from holdfast.sources.stripe.evidence import Evidence
from holdfast.sources.stripe.history import Span, spans_of
from holdfast.sources.stripe.minor import from_minor
from holdfast.sources.stripe.prices import Price, gross, read_price, unit_text
from holdfast.sources.stripe.shapes import Object, period_of
from holdfast.sources.stripe.states import life_of
from holdfast.sources.stripe.windows import Window, windows_of

Row = dict[str, Any]
ALL = Decimal(1)
NO_AMOUNTS: Row = {
    "quantity": None, "unit_amount": None, "gross_micros": None, "forever_micros": None, "net_micros": None,
    "discount_percent": None, "discount_amount": None, "discount_duration": None,
}  # fmt: skip


@dataclass
class Catalogue:
    """Prices and coupons by id, read once for each currency."""

    prices: Mapping[str, Object]
    coupons: Mapping[str, Object]
    _metered: frozenset[str] | None = None
    _single: frozenset[str] | None = None
    _read: dict[tuple[str, str], Price] = field(default_factory=dict)
    _amounts: dict[Any, Row] = field(default_factory=dict)

    def price(self, price_id: str | None, currency: str) -> Price:
        """Raises `ValueError` where the price is not known or cannot be used."""
        key = (price_id or "", currency)
        if key not in self._read:
            if price_id is None or price_id not in self.prices:
                raise ValueError(f"the price {price_id} is not known")
            self._read[key] = read_price(self.prices[price_id], currency)
        return self._read[key]

    def metered(self) -> frozenset[str]:
        if self._metered is None:
            self._metered = frozenset(name for name, price in self.prices.items() if _is_metered(price))
        return self._metered

    def single(self) -> frozenset[str]:
        """Prices that are paid once: fees and goods on a subscription's invoices, which are no part of it."""
        if self._single is None:
            self._single = frozenset(name for name, price in self.prices.items() if not _recurs(price))
        return self._single

    def amounts(self, price: Price, quantity: int, offs: tuple[Off, ...], untaxed: Decimal) -> Row:
        """The amount columns of a quantity of a price with its discounts; `untaxed` is the part that is no tax."""
        key = (price.price_id, price.currency, quantity, offs, untaxed)
        if key not in self._amounts:
            full = gross(price, quantity) * untaxed
            amounts = applied(full, [replace(one, amount=one.amount * untaxed) for one in offs])
            if abs(amounts.gross) > LARGEST_MICROS:
                raise ValueError(f"{plain(full)} {price.currency} for one item is more than can be kept")
            self._amounts[key] = _columns(amounts) | {"quantity": str(quantity), "unit_amount": unit_text(price)}
        return self._amounts[key]


def _recurs(price: Object) -> bool:
    return bool((price.get("recurring") or price).get("interval"))


def _is_metered(price: Object) -> bool:
    return (price.get("recurring") or price).get("usage_type") == "metered"


def _columns(amounts: Amounts) -> Row:
    return {
        "gross_micros": amounts.gross, "forever_micros": amounts.forever, "net_micros": amounts.net,
        "discount_percent": amounts.percent, "discount_amount": amounts.off, "discount_duration": amounts.duration,
    }  # fmt: skip


def term_rows(evidence: Evidence, catalogue: Catalogue) -> list[Row]:
    """The rows of a subscription. Raises `ValueError` with the reason where one of its prices cannot be used."""
    state = evidence.present.state
    currency = str(state["currency"] or "")
    life = life_of(evidence)
    rows: list[Row] = []
    by_item: dict[str, list[Span]] = {}
    for span in spans_of(_recurring(evidence, catalogue.single()), catalogue.metered(), life):
        by_item.setdefault(span.item_id, []).append(span)
    for item, spans in by_item.items():
        latest = catalogue.price(spans[-1].terms.price, currency)
        windows = windows_of(evidence, item, life, catalogue.coupons, latest)
        rows += [_row(evidence, catalogue, span, windows, currency) for span in _split(spans, windows)]
    return rows


def _recurring(evidence: Evidence, single: frozenset[str]) -> Evidence:
    """The evidence without lines for what was bought once and belongs to no item."""
    if not any(line.item is None and line.price in single for line in evidence.lines):
        return evidence
    return replace(
        evidence, lines=[line for line in evidence.lines if line.item is not None or line.price not in single]
    )


def _split(spans: list[Span], windows: list[Window]) -> list[Span]:
    """The spans cut where a discount begins or ends."""
    if not windows:
        return spans
    edges = sorted({edge for one in windows for edge in (one.start, one.end) if edge is not None})
    result = []
    for span in spans:
        rest = span
        for edge in edges:
            if rest.start < edge and (rest.end is None or edge < rest.end):
                result.append(msgspec.structs.replace(rest, end=edge, last=False))
                rest = msgspec.structs.replace(rest, start=edge)
        result.append(rest)
    return result


def _row(evidence: Evidence, catalogue: Catalogue, span: Span, windows: list[Window], currency: str) -> Row:
    state = evidence.present.state
    price = catalogue.price(span.terms.price, currency)
    row: Row = {
        "subscription_id": evidence.subscription_id, "item_id": span.item_id, "account_id": state["customer"],
        "plan_id": price.price_id, "product": None, "valid_from_at": span.start, "valid_to_at": span.end,
        "status": span.status, "currency": price.currency, "billing_interval": price.interval,
        "interval_count": price.interval_count, "metered": price.metered, "known_by": span.known_by,
    }  # fmt: skip
    if span.last and state["canceled_at"]:
        row |= {"cancelled_at": state["canceled_at"], "cancel_reason": state["reason"]}
    return row | _money(evidence, catalogue, span, windows, price)


def _money(evidence: Evidence, catalogue: Catalogue, span: Span, windows: list[Window], price: Price) -> Row:
    if price.metered:
        return _billed(span, price)
    running = [one for one in windows if one.start <= span.start and (one.end is None or span.start < one.end)]
    offs = [_off(evidence, catalogue, span, one, price) for one in running]
    untaxed = _untaxed(evidence, span)
    return catalogue.amounts(price, _quantity(span), tuple([one for one in offs if one is not None]), untaxed)


def _untaxed(evidence: Evidence, span: Span) -> Decimal:
    """The part of an item's price that is no tax, as its last invoice with tax inside shows it."""
    taxed = [line for line in evidence.lines if line.tax and line.item == span.item_id and line.amount > 0]
    if not taxed:
        return ALL
    line = max(taxed, key=lambda one: (one.start <= span.start, one.start))
    paid = line.amount - sum(amount for _, amount in line.discounts)
    return Decimal(paid - line.tax) / paid if paid > line.tax else ALL


def _quantity(span: Span) -> int:
    return 1 if span.terms.quantity is None else int(span.terms.quantity)


def _billed(span: Span, price: Price) -> Row:
    """A metered item costs what was billed for the period; nothing is known before it was."""
    if span.terms.billed is None:
        return NO_AMOUNTS
    amount = to_micros(from_minor(Decimal(span.terms.billed), price.currency))
    quantity = None if span.terms.quantity is None else str(span.terms.quantity)
    micros = {"gross_micros": amount, "forever_micros": amount, "net_micros": amount}
    return {**NO_AMOUNTS, **micros, "quantity": quantity}


def _off(evidence: Evidence, catalogue: Catalogue, span: Span, window: Window, price: Price) -> Off | None:
    coupon = catalogue.coupons.get(window.coupon or "")
    if coupon is None:
        if window.amount is None:
            return None
        return Off(Decimal(0), from_minor(Decimal(window.amount), price.currency), "once")
    if coupon.get("products") and price.product not in coupon["products"]:
        return None
    fixed = coupon.get("percent_off") is None
    if fixed and window.amount is not None and len(evidence.present.state["items"]) > 1:
        return Off(Decimal(0), from_minor(Decimal(window.amount), price.currency), str(coupon.get("duration")))
    share = _share(evidence, catalogue, span, price) if fixed else Decimal(1)
    return off(coupon, price.currency, share)


def _share(evidence: Evidence, catalogue: Catalogue, span: Span, price: Price) -> Decimal:
    """The part of the subscription's amount that an item is, by which a fixed discount is divided."""
    items = [one for one in evidence.present.state["items"] if one["quantity"] is not None]
    if len(items) < 2 or all(one["id"] != span.item_id for one in items):
        return Decimal(1)
    amounts = {
        one["id"]: gross(catalogue.price(one["price"], price.currency.lower()), int(one["quantity"])) for one in items
    }
    total = sum(amounts.values(), Decimal(0))
    return amounts[span.item_id] / total if total else Decimal(1)


def cancellation_rows(subscription: Object) -> list[Row]:
    """Who asked to leave, when and why; nothing where nobody did."""
    requested = subscription.get("canceled_at")
    if not requested or subscription.get("status") == "incomplete_expired":
        return []
    details = subscription.get("cancellation_details") or {}
    why = details.get("reason")
    voluntary = {"cancellation_requested": True, "payment_failed": False, "payment_disputed": False}.get(str(why))
    planned = subscription.get("cancel_at")
    if planned is None and subscription.get("cancel_at_period_end"):
        planned = period_of(subscription)[1]
    return [
        {
            "subscription_id": subscription["id"],
            "requested_at": requested,
            "effective_at": subscription.get("ended_at") or planned,
            "voluntary": voluntary,
            "reason": details.get("feedback") or why,
            "comment": details.get("comment"),
        }
    ]
