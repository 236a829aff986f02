"""Fivetran's Recurly tables as facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from holdfast.sources.stripe.shapes import Object
from holdfast.sources.warehouse import recurly_objects as objects
from holdfast.sources.warehouse.cells import Record
from holdfast.sources.warehouse.facts import FAULTS, Facts
from holdfast.sources.warehouse.folder import Folder
from holdfast.sources.warehouse.history import grouped, latest, past_of
from holdfast.sources.warehouse.recurly_past import Change, Surroundings, evidence_of, rows_of

NO_PAYMENT = {"verify": "checks of a card, no payments", "authorization": "authorisations, no payments"}
Rows = dict[str, list[dict[str, Any]]]


def _of_newest(make: Callable[[Record], Rows], rows: list[Record]) -> Rows:
    return make(latest(rows))


def _payment(record: Record, subscription: str | None) -> Rows:
    return {"payments": [objects.payment_row(record, subscription)]}


class RecurlyFolder:
    """One folder on its way into `facts`."""

    def __init__(self, folder: Folder, facts: Facts) -> None:
        self.folder, self.facts = folder, facts
        self.periods: dict[str, Object] = {}
        self.codes: dict[str, str] = {}
        self.subscriptions_of = grouped(folder.rows("invoice_subscription_history"), "invoice_id")
        self.overdue: set[str] = set()

    def read(self) -> None:
        self._each("account_history", objects.account_rows)
        self._each("plan_history", self._plan)
        self._each("invoice_history", self._invoice)
        self._transactions()
        self._subscriptions()

    def _each(self, table: str, make: Callable[[Record], Rows]) -> None:
        """Facts from the newest row of each thing of a table; its older rows are counted with it."""
        for several in self.facts.by(self.folder.rows(table), "id").values():
            self._take(several, partial(_of_newest, make, several))

    def _take(self, records: list[Record], make: Callable[[], Rows]) -> None:
        try:
            rows = make()
        except FAULTS as error:
            self.facts.reject(records, str(error))
        else:
            self.facts.take(records, rows)

    def _plan(self, record: Record) -> Rows:
        self.periods[record.need("id")] = objects.period(record)
        if record.get("code"):
            self.codes[str(record["code"])] = record.need("id")
        return {"plans": [objects.plan_row(record)]}

    def _subscription_of(self, invoice_id: str | None) -> str | None:
        """The subscription of an invoice, where it is for one alone."""
        names = {row["subscription_id"] for row in self.subscriptions_of.get(invoice_id or "", [])}
        return names.pop() if len(names) == 1 else None

    def _invoice(self, record: Record) -> Rows:
        subscription = self._subscription_of(record.get("id"))
        row = objects.invoice_row(record, subscription)
        if record.get("state") == "past_due" and subscription:
            self.overdue.add(subscription)
        return {"invoices": [row]}

    def _transactions(self) -> None:
        of = grouped(self.folder.rows("transaction_subscription"), "transaction_id")
        rows = self.folder.rows("transaction")
        for kind, reason in NO_PAYMENT.items():
            self.facts.leave_out([row for row in rows if row.get("type") == kind], reason)
        paying = [row for row in rows if row.get("type") not in NO_PAYMENT]
        for several in self.facts.by(paying, "id").values():
            record = latest(several)
            names = {row.get("subscription_id") for row in of.get(record.need("id"), [])}
            one = names.pop() if len(names) == 1 else self._subscription_of(record.get("invoice_id"))
            self._take(several, partial(_payment, record, one))

    def _subscriptions(self) -> None:
        rows = self.facts.by(self.folder.rows("subscription_history"), "id")
        changes = self.facts.by(self.folder.rows("subscription_change_history"), "subscription_id")
        add_ons = self.facts.by(self.folder.rows("subscription_add_on_history"), "subscription_id")
        lines = self._lines()
        around = Surroundings(objects.Prices(), self.periods, self._coupons(), self._redemptions())
        for name, versions in rows.items():
            own, added = changes.pop(name, []), add_ons.pop(name, [])
            about = partial(self._subscription, versions, own, added, lines.get(name, []), around)
            self._take([*versions, *own, *added], about)
        for name, several in (*changes.items(), *add_ons.items()):
            self.facts.reject(several, f"its subscription {name} is not in the folder")

    def _subscription(
        self,
        versions: list[Record],
        changes: list[Record],
        add_ons: list[Record],
        lines: list[Record],
        around: Surroundings,
    ) -> Rows:
        past = past_of(versions)
        overdue = past.present.record.need("id") in self.overdue
        return rows_of(evidence_of(past, self._changes(changes), add_ons, lines, around, overdue), around)

    def _changes(self, rows: Iterable[Record]) -> list[Change]:
        """The changes that took place; those that were taken back or are still to come change nothing."""
        newest = (latest(several) for several in grouped(rows, "id").values())
        return [
            Change(row.need_time("activate_at"), row.get("plan_id"), row.number("unit_amount"), row.whole("quantity"))
            for row in newest
            if row.flag("activated") and not row.get("deleted_at")
        ]

    def _coupons(self) -> dict[str, Object]:
        details = {name: latest(rows) for name, rows in grouped(self.folder.rows("coupon_history"), "id").items()}
        of = self.facts.by(self.folder.rows("coupon_discount"), "coupon_id")
        firsts = [rows[0] for rows in of.values()]

        def read(first: Record) -> Object:
            name = first.need("coupon_id")
            return objects.coupon(of[name], details.get(name))

        return self.facts.readable(firsts, read)

    def _redemptions(self) -> dict[str, list[tuple[str | None, Object]]]:
        """The coupons that each account redeemed, each with the one subscription that it is for, where it names one."""
        found: dict[str, list[tuple[str | None, Object]]] = {}
        of_account = grouped(self.folder.rows("subscription_history"), "account_id")
        for several in self.facts.by(self.folder.rows("coupon_redemption_history"), "id").values():
            record = latest(several)
            account = record.get("account_id") or ""
            if account not in of_account:
                self.facts.reject(several, f"no subscription of its account {account} is in the folder")
                continue
            try:
                found.setdefault(account, []).append((record.get("subscription_id"), objects.redemption(record)))
            except FAULTS as error:
                self.facts.reject(several, str(error))
            else:
                self.facts.follow(several, {str(row.get("id")) for row in of_account[account]})
        return found

    def _lines(self) -> dict[str, list[Record]]:
        """The charges for plans by their subscription."""
        found: dict[str, list[Record]] = {}
        for several in grouped(self.folder.rows("line_item_history"), "id").values():
            line = latest(several)
            plan = line.get("plan_id") or self.codes.get(line.get("plan_code") or "")
            subscription = line.get("subscription_id") or self._subscription_of(line.get("invoice_id"))
            whole = {"start_date", "end_date", "unit_amount"} <= line.keys()
            if (
                subscription
                and plan
                and whole
                and line.get("type") == "charge"
                and not line.first("add_on_id", "add_on_code")
            ):
                line["plan_id"] = plan
                found.setdefault(subscription, []).append(line)
        return found
