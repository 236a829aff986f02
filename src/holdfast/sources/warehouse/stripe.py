"""Fivetran's Stripe tables as facts: they become the objects of Stripe's API, and go the way that a sync goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from holdfast.sources.stripe.discounts import slim_coupon
from holdfast.sources.stripe.objects import (
    charge_rows,
    credit_note_rows,
    customer_rows,
    invoice_rows,
    plan_rows,
    refund_rows,
)
from holdfast.sources.stripe.prices import read_price, slim_price
from holdfast.sources.stripe.shapes import Object
from holdfast.sources.stripe.terms import Catalogue
from holdfast.sources.warehouse import stripe_objects as objects
from holdfast.sources.warehouse.cells import Record
from holdfast.sources.warehouse.facts import FAULTS, Facts
from holdfast.sources.warehouse.folder import Folder
from holdfast.sources.warehouse.history import grouped, latest
from holdfast.sources.warehouse.stripe_past import Books, take_subscriptions

Rows = dict[str, list[dict[str, Any]]]
TEST_MODE = "test mode (livemode is false)"
NO_PLAN = "no recurring price, or one that is there already"
NO_CREDIT = "told of by its refund, or taken off before payment"
OWNERS = ("invoice_id", "subscription_id", "customer_id")


def _customer(record: Record) -> Rows:
    return customer_rows(objects.customer(record))


class StripeFolder:
    """One folder on its way into `facts`."""

    def __init__(self, folder: Folder, facts: Facts) -> None:
        self.folder, self.facts = folder, facts
        self.testing = self._is_test_folder()
        self.prices: dict[str, Object] = {}
        self.coupons: dict[str, Object] = {}
        self.invoices: dict[str, Object] = {}

    def read(self) -> None:
        self._customers()
        self._plans()
        self.coupons = self.facts.readable(self._rows("coupon"), lambda one: slim_coupon(objects.coupon(one)))
        discounts = self._discounts()
        of_invoices = {str(one["id"]): objects.discount(one) for one in discounts if "invoice_id" in one}
        self._invoices(discounts)
        self._payments()
        books = Books(Catalogue(self.prices, self.coupons), self.invoices, of_invoices, self.facts)
        history, plain = self._rows("subscription_history"), self._rows("subscription")
        items = self._rows("subscription_item")
        self.facts.leave_out([one for one in items if one.deleted], "taken off its subscription")
        items = [one for one in items if not one.deleted]
        take_subscriptions(books, history, plain, items, [one for one in discounts if "invoice_id" not in one])

    def _discounts(self) -> list[Record]:
        """The discounts that can be read and belong to something."""
        rows = self._rows("discount")
        self.facts.reject([one for one in rows if one.first(*OWNERS) is None], "it is on nothing that is known")
        owned = [one for one in rows if one.first(*OWNERS) is not None]
        return [one for one in owned if self._is_readable(one)]

    def _is_readable(self, discount: Record) -> bool:
        try:
            objects.discount(discount)
            discount.whole("amount")
        except FAULTS as error:
            self.facts.reject([discount], str(error))
            return False
        return True

    def _is_test_folder(self) -> bool:
        """A folder that holds nothing but test data is read as it is."""
        subscriptions = [*self.folder.rows("subscription_history"), *self.folder.rows("subscription")]
        told = [row for row in subscriptions if "livemode" in row]
        testing = bool(told) and not any(row.flag("livemode") for row in told)
        if testing:
            self.facts.report.note("every subscription is from test mode (livemode is false): it is test data")
        return testing

    def _rows(self, table: str) -> list[Record]:
        """The rows of a table that are of the mode that is read."""
        rows = self.folder.rows(table)
        if self.testing:
            return rows
        tests = [row for row in rows if "livemode" in row and not row.flag("livemode")]
        self.facts.leave_out(tests, TEST_MODE)
        return [row for row in rows if row not in tests] if tests else rows

    def _each(self, table: str) -> Iterable[tuple[Record, list[Record]]]:
        """The newest row of each thing of a table, and all of its rows."""
        for several in self.facts.by(self._rows(table), "id").values():
            yield latest(several), several

    def _customers(self) -> None:
        deleted = 0
        for record, rows in self._each("customer"):
            deleted += record.deleted
            self._take(rows, partial(_customer, record))
        if deleted:
            self.facts.report.note(f"customers deleted in Stripe are kept without name and attributes: {deleted:,}")

    def _take(self, records: list[Record], make: Callable[[], Rows], nothing: str = "") -> None:
        """Facts from one thing, or its rows kept aside with the reason why there are none.

        `nothing` says why a thing can rightly have none: such rows are left out.
        """
        try:
            rows = make()
        except FAULTS as error:
            self.facts.reject(records, str(error))
            return
        if any(rows.values()):
            self.facts.take(records, rows)
        else:
            self.facts.leave_out(records, nothing)

    def _plans(self) -> None:
        products = {str(row.get("id")): {"name": row.get("name")} for row in self.folder.rows("product")}
        tiers = grouped(self.folder.rows("tier"), "price_id", "plan_id")
        for table, shape in (("price", objects.price), ("plan", objects.plan)):
            for record, rows in self._each(table):
                make = partial(self._plan, partial(shape, record, tiers.get(record.need("id"), [])), products)
                self._take(rows, make, NO_PLAN)

    def _plan(self, shape: Callable[[], Object], products: Mapping[str, Object]) -> Rows:
        price = shape()
        if not (price.get("recurring") or price.get("interval")):
            return {}
        if price["id"] in self.prices:
            return {}
        read_price(price, price["currency"])
        self.prices[price["id"]] = slim_price(price)
        return plan_rows(price, products.get(price.get("product") or ""))

    def _invoices(self, discounts: list[Record]) -> None:
        lines = self.facts.by(self._rows("invoice_line_item"), "invoice_id")
        taken_off = grouped(discounts, "invoice_id")
        for record, rows in self._each("invoice"):
            name = record.need("id")
            own = lines.pop(name, [])
            self._take([*rows, *own], partial(self._invoice, record, own, taken_off.get(name, [])))
        for invoice_id, several in lines.items():
            self.facts.reject(several, f"its invoice {invoice_id} is not in the folder")
        for invoice_id, several in taken_off.items():
            if invoice_id in self.invoices:
                self.facts.follow(several, [self.invoices[invoice_id]["subscription"] or ""])
            else:
                self.facts.reject(several, f"its invoice {invoice_id} is not in the folder")

    def _invoice(self, record: Record, lines: list[Record], discounts: list[Record]) -> Rows:
        invoice = objects.invoice(record, lines, discounts)
        rows = invoice_rows(invoice)
        self.invoices[invoice["id"]] = invoice
        return rows

    def _payments(self) -> None:
        of_charge, of_intent = self._invoices_paid()
        charges: dict[str, Object] = {}
        for record, rows in self._each("charge"):
            paid = of_charge.get(record.need("id")) or of_intent.get(record.get("payment_intent_id") or "")
            self._take(rows, partial(self._charge, record, paid, charges))
        for record, rows in self._each("refund"):
            self._take(rows, partial(self._refund, record, charges))
        for record, rows in self._each("credit_note"):
            self._take(rows, partial(self._credit_note, record), NO_CREDIT)

    def _invoices_paid(self) -> tuple[dict[str, str], dict[str, str]]:
        """The invoice that each charge and each payment intent pays, where the invoice or the intent says it."""
        of_charge: dict[str, str] = {}
        of_intent: dict[str, str] = {}
        for record in self.folder.rows("invoice"):
            for names, found in ((("charge_id",), of_charge), (("payment_intent_id",), of_intent)):
                if record.first(*names) and record.get("id"):
                    found[str(record.first(*names))] = str(record["id"])
        for record in self.folder.rows("payment_intent"):
            if record.get("invoice_id") and record.get("id"):
                of_intent.setdefault(str(record["id"]), str(record["invoice_id"]))
        return of_charge, of_intent

    def _charge(self, record: Record, invoice: str | None, charges: dict[str, Object]) -> Rows:
        charge = objects.charge(record)
        rows = charge_rows(charge, invoice)
        charges[charge["id"]] = {"customer": charge["customer"], "invoice": charge["invoice"] or invoice}
        return rows

    def _refund(self, record: Record, charges: Mapping[str, Object]) -> Rows:
        link = dict(charges.get(record.get("charge_id") or "", {}))
        invoice = self.invoices.get(link.get("invoice") or "", {})
        return refund_rows(objects.refund(record), link | {"subscription": invoice.get("subscription")})

    def _credit_note(self, record: Record) -> Rows:
        note = objects.credit_note(record)
        invoice = self.invoices.get(note["invoice"] or "", {})
        return credit_note_rows(
            note, {"customer": invoice.get("customer"), "subscription": invoice.get("subscription")}
        )
