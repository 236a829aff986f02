"""One block of accounts, with everything that belongs to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holdfast.simulate import behaviour_rows, rows
from holdfast.simulate.accounts import Accounts, Window, make_accounts
from holdfast.simulate.billing import make_invoices, make_payments
from holdfast.simulate.draws import Draws
from holdfast.simulate.event_file import event_table
from holdfast.simulate.farewells import make_farewells
from holdfast.simulate.happenings import Happenings
from holdfast.simulate.history import Lives
from holdfast.simulate.lives import live
from holdfast.simulate.menus import make_menus
from holdfast.simulate.model import Model
from holdfast.simulate.names import company_names
from holdfast.simulate.people import People, make_people
from holdfast.simulate.sessions import make_sessions
from holdfast.simulate.steps import make_steps
from holdfast.simulate.subscriptions import spans
from holdfast.simulate.support import make_gauges, make_tickets
from holdfast.simulate.truth import Counter

if TYPE_CHECKING:
    import pyarrow as pa

BEHAVIOUR_TABLES = frozenset({"users", "memberships", "tickets", "usage_gauges", "events"})


@dataclass(frozen=True)
class Block:
    """A block of accounts, the first of which has the number `first` + 1."""

    model: Model
    window: Window
    draws: Draws
    first: int
    zone: str = "UTC"
    """Time zone of the company, in which events get their day."""

    def tables(self, counter: Counter, rate: float, skipped: Collection[str]) -> Iterator[tuple[str, pa.Table]]:
        """The facts of the block, which `counter` counts."""
        model, window, draws = self.model, self.window, self.draws
        accounts = make_accounts(model, window, draws, self.first)
        lives = live(model, window, accounts, draws)
        names = company_names(draws, accounts.codes["industry"])
        yield "accounts", rows.account_rows(accounts, names)
        yield "account_attributes", rows.attribute_rows(model, accounts)
        yield "trials", rows.trial_rows(accounts)
        yield from self._billing(accounts, lives, counter)
        if not BEHAVIOUR_TABLES.issubset(skipped):
            yield from self._behaviour(accounts, lives, names, rate, skipped)

    def _billing(self, accounts: Accounts, lives: Lives, counter: Counter) -> Iterator[tuple[str, pa.Table]]:
        model, window, draws = self.model, self.window, self.draws
        terms = spans(window, accounts, lives)
        counter.add(accounts, lives, terms)
        farewells = make_farewells(model, lives.leavings, draws)
        reasons = rows.leaving_reasons(model, lives.leavings, farewells)
        told = rows.span_reasons(accounts, terms, lives.leavings, reasons)
        yield "subscription_terms", rows.term_rows(accounts, terms, told)
        yield "cancellations", rows.cancellation_rows(model, accounts, lives.leavings, farewells)
        invoices = make_invoices(model, window, accounts, lives, draws)
        payments = make_payments(model, window, accounts, lives, invoices, draws)
        yield "invoices", rows.invoice_rows(accounts, invoices)
        yield "payments", rows.payment_rows(accounts, invoices, payments)

    def _behaviour(
        self, accounts: Accounts, lives: Lives, names: pa.Array, rate: float, skipped: Collection[str]
    ) -> Iterator[tuple[str, pa.Table]]:
        window, draws = self.window, self.draws
        people = make_people(self.model, window, accounts, lives, draws)
        yield "users", behaviour_rows.user_rows(accounts, people, names)
        yield "memberships", behaviour_rows.membership_rows(accounts, people)
        tickets = make_tickets(window, accounts, people, lives, draws)
        yield "tickets", behaviour_rows.ticket_rows(accounts, people, tickets)
        yield "usage_gauges", behaviour_rows.gauge_rows(accounts, make_gauges(window, accounts, people, lives))
        if "events" not in skipped:
            happenings = self.happenings(accounts, people, lives, rate)
            yield "identities", behaviour_rows.identity_rows(accounts, people, happenings, self.zone)
            yield "events", behaviour_rows.event_rows(event_table(accounts, people, happenings, draws), self.zone)

    def happenings(self, accounts: Accounts, people: People, lives: Lives, rate: float) -> Happenings:
        """All that people did, in the order of accounts and times."""
        sessions = make_sessions(
            self.window, accounts, people, lives, make_menus(accounts, self.draws), rate, self.draws
        )
        steps = make_steps(self.model, self.window, accounts, people, lives, self.draws)
        return Happenings.joined([steps, sessions]).ordered(people)
