"""Random companies: Hypothesis strategies, a seeded generator, and CSV files for the importer.

The histories hold what is hard: upgrades, pauses, trials, discounts that end, several subscriptions and items,
several currencies, returns, changes on the same day, `cancelled_at` without `valid_to`, empty spans, the 31st and
29 February, every interval, free plans, unpaid rows, metered items and refunds.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

from tests.oracle.days import add_months, nth_interval
from tests.oracle.facts import (
    Account,
    Cancellation,
    Facts,
    Invoice,
    Payment,
    Plan,
    Question,
    Rate,
    Refund,
    Row,
    Spend,
    Trial,
)

T = TypeVar("T")

FIRST_DAY = date(2023, 1, 1)
TODAY = date(2024, 12, 14)
PRICES = tuple(Decimal(price) for price in ("10", "20", "49.99", "0", "99.5", "0.01", "33.333333", "120", "1000", "7"))
QUANTITIES = tuple(Decimal(quantity) for quantity in ("1", "2", "3", "0.5", "7"))
PLANS = (
    Plan("basic", "Basic", "mail"),
    Plan("pro", "Pro", "mail"),
    Plan("chat", "Chat", "chat"),
    Plan("free", "Free", None),
)
COUNTRIES = ("DE", "FR", "US", None)
SIZES = ("small", "large", None)


class Dice(Protocol):
    """Where choices come from: a seeded generator or Hypothesis."""

    def number(self, low: int, high: int) -> int: ...

    def pick(self, options: Sequence[T]) -> T: ...

    def chance(self, percent: int) -> bool: ...


class SeededDice:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def pick(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    def chance(self, percent: int) -> bool:
        return self.random.random() * 100 < percent


class DrawnDice:
    """Draws that shrink towards the first option, the lowest number, and no."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw

    def number(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def pick(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(options))  # type: ignore[no-any-return]

    def chance(self, percent: int) -> bool:
        return bool(self.draw(st.integers(0, 99)) >= 100 - percent)


@dataclass(frozen=True)
class Kinds:
    """What a random history may hold."""

    currencies: tuple[str, ...] = ("USD", "EUR")
    first: date = FIRST_DAY
    today: date = TODAY
    metered: bool = True
    refunds: bool = True
    given_mrr: bool = True


class History:
    """The subscriptions of one account."""

    def __init__(self, dice: Dice, account: str, kinds: Kinds) -> None:
        self.dice, self.account, self.kinds = dice, account, kinds
        self.used_days: list[date] = []
        self.home_currency = dice.pick(kinds.currencies)

    def day(self, earliest: date) -> date:
        """A day from `earliest` on: often one that the account already used, or one that is hard."""
        dice = self.dice
        later = [day for day in self.used_days if day >= earliest]
        if later and dice.chance(25):
            return dice.pick(later)
        choice = dice.number(0, 9)
        if choice == 0:
            hard = [date(2023, 1, 31), date(2023, 12, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 8, 31)]
            day = dice.pick([day for day in hard if day >= earliest] or [earliest])
        elif choice == 1:
            day = add_months(earliest, dice.number(0, 6))
        elif choice == 2:
            day = add_months(earliest.replace(day=1), 1)
        elif choice == 3:
            day = earliest + timedelta(days=dice.number(0, 3))
        else:
            day = earliest + timedelta(days=dice.number(0, 200))
        self.used_days.append(day)
        return day

    def row(self, subscription: str, item: str | None, start: date) -> Row:
        dice = self.dice
        interval, count = dice.pick(
            (("month", 1), ("month", 1), ("year", 1), ("month", 3), ("week", 1), ("day", 1), ("week", 2), ("year", 2))
        )
        plan = dice.pick((*PLANS, None))
        named_product = dice.chance(10)
        row = Row(
            subscription,
            self.account,
            start,
            dice.pick(PRICES),
            status=dice.pick(("active",) * 8 + ("trialing", "past_due", "paused", "unpaid", "incomplete")),
            quantity=dice.pick(QUANTITIES) if dice.chance(30) else Decimal(1),
            interval=interval,
            interval_count=count,
            currency=dice.pick(self.kinds.currencies) if dice.chance(10) else self.home_currency,
            item_id=item,
            plan_id=plan.plan_id if plan else None,
            product="addon" if named_product else None,
        )
        if dice.chance(20):
            row = self.with_discount(row)
        if self.kinds.given_mrr and dice.chance(10):
            row = replace(row, mrr=dice.pick(PRICES))
        return row

    def with_discount(self, row: Row) -> Row:
        dice = self.dice
        return replace(
            row,
            discount_percent=dice.pick((None, Decimal(10), Decimal("33.3"), Decimal(100))),
            discount_amount=dice.pick((None, Decimal(5), Decimal("12.5"))),
            discount_duration=dice.pick(("once", "repeating", "forever")),
        )

    def next_row(self, row: Row, start: date) -> Row:
        """What the item becomes: often a small change of what it was."""
        dice = self.dice
        own = replace(row, valid_from=start, valid_to=None, cancelled_at=None)
        change = dice.number(0, 7)
        if change == 0:
            return replace(own, status=dice.pick(("active", "paused", "past_due")))
        if change == 1:
            return replace(own, status="active", unit_amount=dice.pick(PRICES))
        if change == 2:
            return replace(own, status="active", quantity=dice.pick(QUANTITIES))
        if change == 3:
            return self.with_discount(own)
        if change == 4:
            return replace(own, discount_percent=None, discount_amount=None, discount_duration=None)
        if change == 5:
            return replace(own, status="active", plan_id=dice.pick(PLANS).plan_id)
        if change == 6:
            return self.row(row.subscription_id, row.item_id, start)
        return replace(own, status="active")

    def end(self, row: Row) -> Row:
        """How a row ends: not at all, on a day, by a cancellation, at once, or cancelled before it began."""
        dice = self.dice
        choice = dice.number(0, 11)
        if choice == 6:
            return replace(row, valid_to=row.valid_from)
        if choice == 7:
            return replace(row, cancelled_at=row.valid_from + timedelta(days=dice.number(0, 90)))
        if choice == 8:
            cancelled = row.valid_from + timedelta(days=dice.number(0, 40))
            return replace(row, status=dice.pick(("canceled", "ended", row.status)), cancelled_at=cancelled)
        if choice == 9:
            return replace(row, cancelled_at=row.valid_from - timedelta(days=dice.number(0, 5)))
        if choice in (10, 11):
            ends = self.day(row.valid_from)
            cancelled_at = row.valid_from if dice.chance(30) else None
            return replace(row, valid_to=ends, cancelled_at=cancelled_at)
        if choice == 5:
            n = dice.number(1, 3)
            return replace(row, valid_to=nth_interval(row.valid_from, row.interval, row.interval_count, n))
        return row

    def item(self, subscription: str, item: str | None, start: date) -> list[Row]:
        row = self.row(subscription, item, start)
        if self.kinds.metered and self.dice.chance(6):
            return self.metered_item(replace(row, status="active", metered=True, mrr=None))
        rows = [self.end(row)]
        for _ in range(self.dice.number(0, 4)):
            previous = rows[-1]
            start = self.day(previous.valid_from + timedelta(days=1))
            if previous.valid_to and self.dice.chance(60):
                start = max(previous.valid_to, previous.valid_from + timedelta(days=1))
            rows.append(self.end(self.next_row(replace(previous, status=self._alive(previous)), start)))
        return rows

    @staticmethod
    def _alive(row: Row) -> str:
        return "active" if row.status in ("canceled", "ended") else row.status

    def metered_item(self, row: Row) -> list[Row]:
        """One row a month, as usage is billed."""
        row = replace(row, interval="month", interval_count=1)
        rows = [
            replace(row, valid_from=add_months(row.valid_from, n), unit_amount=self.dice.pick(PRICES))
            for n in range(self.dice.number(1, 6))
        ]
        return [*rows[:-1], replace(rows[-1], valid_to=add_months(rows[-1].valid_from, 1))]

    def rows(self) -> list[Row]:
        dice = self.dice
        span = (self.kinds.today - self.kinds.first).days
        found: list[Row] = []
        start = self.kinds.first + timedelta(days=dice.number(0, max(span * 3 // 4, 1)))
        for number in range(dice.pick((1, 1, 1, 2, 2, 3))):
            subscription = f"{self.account}-{number}"
            begins = start if number == 0 else self.day(start)
            several = dice.chance(25)
            for item in range(2 if several else 1):
                own = begins if item == 0 else self.day(begins)
                found += self.item(subscription, f"i{item}" if several else None, own)
        return found

    def refund(self, number: int, row: Row) -> Refund:
        dice = self.dice
        first = self.day(row.valid_from)
        length = dice.pick(("month", "days", "year"))
        end = first + timedelta(days=dice.number(1, 60))
        if length != "days":
            end = add_months(first, 12 if length == "year" else dice.number(1, 3))
        amount = dice.pick((Decimal(5), Decimal("12.34"), Decimal(500)))
        name = f"r-{self.account}-{number}"
        return Refund(name, self.account, row.subscription_id, first, amount, row.currency, first, end)


def build_company(dice: Dice, accounts: int, kinds: Kinds) -> Facts:
    rows: list[Row] = []
    named: list[Account] = []
    refunds: list[Refund] = []
    for number in range(accounts):
        account = f"a{number:04}"
        history = History(dice, account, kinds)
        own = history.rows()
        rows += own
        if not dice.chance(5):
            attributes = {"country": dice.pick(COUNTRIES), "size": dice.pick(SIZES)}
            named.append(Account(account, f"Account {number}" if dice.chance(80) else None, attributes))
        if kinds.refunds and dice.chance(15):
            refunds += [history.refund(n, dice.pick(own)) for n in range(dice.number(1, 2))]
    return Facts(tuple(rows), tuple(named), PLANS, tuple(refunds), rates_for(dice, kinds), spend_for(dice, kinds))


def rates_for(dice: Dice, kinds: Kinds) -> tuple[Rate, ...]:
    """A rate at least every 6 days for each currency but the first, given in one direction or the other."""
    found = []
    home, *others = kinds.currencies
    for other in others:
        day = date(kinds.first.year - 1, 12, 20)
        while day <= kinds.today:
            rate = Decimal(80 + (day.toordinal() * 7) % 41) / 100
            pair = (home, other) if (day.toordinal() // 50) % 2 else (other, home)
            found.append(Rate(day, *pair, rate))
            day += timedelta(days=dice.number(1, 6) if isinstance(dice, SeededDice) else 5)
    return tuple(found)


def spend_for(dice: Dice, kinds: Kinds) -> tuple[Spend, ...]:
    found = []
    day = kinds.first
    while day <= kinds.today:
        amount = Decimal(100 + day.month * 37) if isinstance(dice, DrawnDice) else Decimal(dice.number(1, 90_000)) / 100
        purpose = "retention" if day.month % 5 == 0 else "acquisition"
        found.append(Spend(day, amount, kinds.currencies[day.month % len(kinds.currencies)], purpose, "ads"))
        day = add_months(day, 1) if isinstance(dice, DrawnDice) else day + timedelta(days=dice.number(5, 40))
    return tuple(found)


class Billing:
    """What surrounds the subscriptions of a company: trials, cancellations, invoices and attempts to pay them."""

    def __init__(self, dice: Dice, company: Facts, kinds: Kinds) -> None:
        self.dice, self.company, self.kinds = dice, company, kinds
        self.by_account: dict[str, list[Row]] = {}
        for row in company.rows:
            self.by_account.setdefault(row.account_id, []).append(row)

    def near(self, day: date, before: int, after: int) -> date:
        return day + timedelta(days=self.dice.number(-before, after))

    def trials(self) -> tuple[Trial, ...]:
        """Most before the account's first row, some beside its trial in billing, some of accounts without rows."""
        dice, found = self.dice, {}
        for number, (account, rows) in enumerate(self.by_account.items()):
            first = min(row.valid_from for row in rows)
            tried = [row for row in rows if row.status == "trialing"] if dice.chance(30) else []
            for _ in range(dice.pick((0, 1, 1, 2))):
                start = self.near(dice.pick((first, (tried or rows)[0].valid_from)), 30, 3)
                trial = self.trial(account, start, None)
                found[account, start] = trial
            if number % 3 == 0:
                outside, start = f"t{number:04}", self.near(first, 100, 300)
                converted = start + timedelta(days=dice.number(0, 40)) if dice.chance(40) else None
                found[outside, start] = self.trial(outside, start, converted)
        return tuple(found.values())

    def trial(self, account: str, start: date, converted: date | None) -> Trial:
        dice = self.dice
        ends = start + timedelta(days=dice.pick((0, 7, 14, 14, 30))) if dice.chance(85) else None
        plan = dice.pick((*PLANS, None))
        card = dice.pick((True, False, None))
        return Trial(account, start, ends, converted, card, plan.plan_id if plan else None)

    def cancellations(self) -> tuple[Cancellation, ...]:
        dice, found = self.dice, {}
        for row in self.company.rows:
            ended = row.valid_to or row.cancelled_at
            if ended is None and not dice.chance(6):
                continue
            requested = self.near(row.cancelled_at or ended or row.valid_from, 5, 20)
            effective = self.near(ended, 1, 2) if ended and dice.chance(75) else None
            found[row.subscription_id, requested] = Cancellation(
                row.subscription_id, requested, effective, dice.pick((True, False, False, None))
            )
        return tuple(found.values())

    def invoices(self) -> tuple[Invoice, ...]:
        dice, found = self.dice, []
        for account, rows in self.by_account.items():
            if dice.chance(25):
                continue
            day = self.near(min(row.valid_from for row in rows), 2, 45)
            for number in range(dice.number(1, 5)):
                status = dice.pick(("paid", "paid", "paid", "open", "void", "uncollectible", None))
                paid = self.near(day, 0, 40) if status in ("paid", None) and dice.chance(85) else None
                due = day + timedelta(days=dice.pick((0, 14, 30))) if dice.chance(80) else None
                amount = dice.pick((Decimal(10), Decimal("49.99"), Decimal(0), Decimal(120)))
                own = account if dice.chance(95) else None
                named = f"i-{account}-{number}"
                found.append(Invoice(named, own, day, amount, dice.pick(rows).currency, due, paid, status))
                day = self.near(day, 0, 60)
        return tuple(found)

    def payments(self, invoices: Iterable[Invoice]) -> tuple[Payment, ...]:
        dice, found = self.dice, []
        for invoice in invoices:
            day = invoice.issued
            for number in range(dice.number(0, 4)):
                status = dice.pick(("succeeded", "succeeded", "failed", "failed", "pending"))
                account = invoice.account_id if dice.chance(70) else None
                bill = invoice.invoice_id if dice.chance(92) else None
                named = f"p-{invoice.invoice_id}-{number}"
                found.append(Payment(named, day, invoice.amount, status, invoice.currency, account, bill))
                day = self.near(day, 0, 20)
        return tuple(found)


def with_billing(dice: Dice, company: Facts, kinds: Kinds) -> Facts:
    """The company with trials and billing around it; drawn last, so that what it had does not change."""
    billing = Billing(dice, company, kinds)
    trials, cancellations, invoices = billing.trials(), billing.cancellations(), billing.invoices()
    payments = billing.payments(invoices)
    return replace(company, trials=trials, cancellations=cancellations, invoices=invoices, payments=payments)


def random_company(seed: int, accounts: int, kinds: Kinds | None = None) -> Facts:
    """A company from a seed: the same one each time."""
    dice, kinds = SeededDice(seed), kinds or Kinds()
    return with_billing(dice, build_company(dice, accounts, kinds), kinds)


# Hypothesis


@st.composite
def companies(draw: Any, max_accounts: int = 3, kinds: Kinds | None = None) -> Facts:
    """A small company that shrinks to one account with one plain row."""
    return build_company(DrawnDice(draw), draw(st.integers(1, max_accounts)), kinds or Kinds())


@st.composite
def questions(draw: Any, metric: str, kinds: Kinds | None = None) -> Question:
    """A question about such a company: any range, grain and as-of day."""
    kinds = kinds or Kinds()
    grain = draw(st.sampled_from(("month", "quarter", "year", "week", "day")))
    longest = {"month": 400, "quarter": 700, "year": 700, "week": 60, "day": 10}[grain]
    start = draw(st.dates(kinds.first, kinds.today))
    end = start + timedelta(days=draw(st.integers(0, longest)))
    today = draw(st.sampled_from((kinds.today, end, add_months(end, 2), start)))
    week_start = draw(st.sampled_from(("monday", "sunday")))
    return Question(metric, start, end, today, grain, week_start=week_start, window=draw(st.sampled_from((12, 1, 3))))


def policies() -> st.SearchStrategy[Any]:
    """Every preset, and presets with any switch turned."""
    from holdfast.metrics.policy import PRESETS, SWITCHES, policy

    turned = {name: st.sampled_from(switch.values) for name, switch in SWITCHES.items() if switch.values}
    overrides = st.one_of(st.just({}), st.fixed_dictionaries({}, optional=turned))
    return st.builds(policy, st.sampled_from(sorted(PRESETS)), overrides)


# files for the importer


def write_csv(folder: Path, company: Facts) -> dict[str, Path]:
    """One file a kind that `holdfast import KIND FILE` takes; kinds that the company has nothing of are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for kind, records in csv_records(company).items():
        if records:
            written[kind] = folder / f"{kind}.csv"
            with written[kind].open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(records[0]))
                writer.writeheader()
                writer.writerows({name: text(value) for name, value in record.items()} for record in records)
    return written


def text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def csv_records(company: Facts) -> dict[str, list[dict[str, Any]]]:
    """Kinds in the order of import, with the importer's column names."""
    names = sorted({name for account in company.accounts for name in account.attributes})
    return {
        "accounts": [
            {"account_id": account.account_id, "name": account.name}
            | {name: account.attributes.get(name) for name in names}
            for account in company.accounts
        ],
        "plans": [{"plan_id": plan.plan_id, "name": plan.name, "product": plan.product} for plan in company.plans],
        "subscriptions": _subscription_records(company.rows),
        "trials": [
            {
                "account_id": trial.account_id,
                "started_at": trial.started,
                "ends_at": trial.ends,
                "converted_at": trial.converted,
                "card_required": trial.card_required,
                "plan_id": trial.plan_id,
            }
            for trial in company.trials
        ],
        "cancellations": [
            {
                "subscription_id": one.subscription_id,
                "requested_at": one.requested,
                "effective_at": one.effective,
                "voluntary": one.voluntary,
            }
            for one in company.cancellations
        ],
        "invoices": [
            {
                "invoice_id": invoice.invoice_id,
                "account_id": invoice.account_id,
                "issued_at": invoice.issued,
                "due_at": invoice.due,
                "paid_at": invoice.paid,
                "amount": invoice.amount,
                "currency": invoice.currency,
                "status": invoice.status,
            }
            for invoice in company.invoices
        ],
        "payments": [
            {
                "payment_id": refund.payment_id,
                "invoice_id": None,
                "account_id": refund.account_id,
                "subscription_id": refund.subscription_id,
                "at": refund.at,
                "amount": refund.amount,
                "currency": refund.currency,
                "status": "refunded",
                "service_from": refund.service_from,
                "service_to": refund.service_to,
            }
            for refund in company.refunds
        ]
        + [
            {
                "payment_id": payment.payment_id,
                "invoice_id": payment.invoice_id,
                "account_id": payment.account_id,
                "subscription_id": None,
                "at": payment.at,
                "amount": payment.amount,
                "currency": payment.currency,
                "status": payment.status,
                "service_from": None,
                "service_to": None,
            }
            for payment in company.payments
        ],
        "fx-rates": [{"day": rate.day, "from": rate.frm, "to": rate.to, "rate": rate.rate} for rate in company.rates],
        "spend": [
            {
                "day": spend.day,
                "amount": spend.amount,
                "currency": spend.currency,
                "purpose": spend.purpose,
                "channel": spend.channel,
            }
            for spend in company.spend
        ],
    }


def _subscription_records(rows: Iterable[Row]) -> list[dict[str, Any]]:
    columns = (
        "subscription_id", "item_id", "account_id", "plan_id", "product", "valid_from", "valid_to", "cancelled_at",
        "status", "unit_amount", "quantity", "interval", "interval_count", "currency", "discount_percent",
        "discount_amount", "discount_duration", "metered",
    )  # fmt: skip
    rows = list(rows)
    with_mrr = any(row.mrr is not None for row in rows)
    own = (*columns, "mrr") if with_mrr else columns
    return [{name: getattr(row, name) for name in own} for row in rows]
