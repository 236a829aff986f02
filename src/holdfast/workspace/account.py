"""Everything that is known of one account: its rows of the canonical tables, under the account that is counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from holdfast.metrics import catalog
from holdfast.metrics.frame import ACCOUNT
from holdfast.workspace.accounts import METRIC

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from holdfast.metrics.query import MetricQuery
    from holdfast.workspace.workspace import Workspace

Row = dict[str, Any]
MOST = 20_000
"""Rows of one table that are read; the latest where there are more."""
ID = "subscription_id"


@dataclass(frozen=True)
class AccountFacts:
    """The rows of one account, each table in order of time, and the changes of its MRR under a policy."""

    today: date
    account: Row = field(default_factory=dict)
    changes: list[Row] = field(default_factory=list)
    terms: list[Row] = field(default_factory=list)
    cancellations: list[Row] = field(default_factory=list)
    trials: list[Row] = field(default_factory=list)
    invoices: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    memberships: list[Row] = field(default_factory=list)
    users: list[Row] = field(default_factory=list)
    tickets: list[Row] = field(default_factory=list)
    surveys: list[Row] = field(default_factory=list)
    referrals: list[Row] = field(default_factory=list)
    renewals: list[Row] = field(default_factory=list)
    """Its running items and the day on which each begins its next billing interval."""
    usage: list[Row] = field(default_factory=list)
    """Rows of the metric account-usage: period, feature, events, active_days and people."""
    merged: tuple[str, ...] = ()
    """The accounts that are counted as this one."""


def counted_as(workspace: Workspace, account: str, query: MetricQuery) -> str:
    """The account that an account is counted as: itself where it was not merged."""
    return workspace.standing.merges(query.known("account_merges")).get(account, account)


def gather(workspace: Workspace, account: str, query: MetricQuery, usage: list[Row]) -> AccountFacts:
    """The facts of an account as the question knows them; `usage` are its rows of account-usage."""
    reader = _Reader(workspace, account, query)
    terms = reader.own("subscription_terms", "valid_from_day")
    invoices = reader.own("invoices", "issued_day")
    memberships = reader.own("memberships", "valid_from_day")
    members = sorted({row["user_id"] for row in memberships})
    return AccountFacts(
        today=query.today,
        account=next(iter(reader.own("accounts", "created_day")), {}),
        changes=reader.changes(),
        terms=terms,
        cancellations=reader.cancellations(sorted({row[ID] for row in terms})),
        trials=reader.own("trials", "started_day"),
        invoices=invoices,
        payments=reader.payments([row["invoice_id"] for row in invoices]),
        memberships=memberships,
        users=reader.among("users", "user_id", members),
        tickets=reader.of_people("tickets", members, "opened_day"),
        surveys=reader.of_people("survey_responses", members, "answered_day"),
        referrals=reader.referrals(),
        renewals=reader.renewals(),
        usage=usage,
        merged=reader.merged(),
    )


class _Reader:
    """Small questions about one account."""

    def __init__(self, workspace: Workspace, account: str, query: MetricQuery) -> None:
        self.workspace, self.account, self.query = workspace, account, query
        self.frame = workspace.frame(catalog.find(METRIC), query)

    def table(self, name: str) -> ir.Table:
        return self.workspace.counted(name, self.query)

    def rows(self, table: ir.Table, day: str = "") -> list[Row]:
        if day:
            table = table.order_by([table[day].desc(nulls_first=True), *_keys(table)])
        found: list[Row] = self.workspace.engine.to_arrow(table.limit(MOST)).to_pylist()
        return found[::-1] if day else found

    def own(self, name: str, day: str) -> list[Row]:
        table = self.table(name)
        return self.rows(table.filter(table[ACCOUNT] == self.account), day) if self._has(name) else []

    def among(self, name: str, column: str, values: list[str]) -> list[Row]:
        if not values or not self._has(name):
            return []
        table = self.table(name)
        return self.rows(table.filter(table[column].isin(values)))

    def of_people(self, name: str, members: list[str], day: str) -> list[Row]:
        """Rows of the account, and of its people where they name no account."""
        if not self._has(name):
            return []
        table = self.table(name)
        meant = table[ACCOUNT] == self.account
        if members:
            meant = meant.fill_null(False) | (table[ACCOUNT].isnull() & table.user_id.isin(members))
        return self.rows(table.filter(meant), day)

    def cancellations(self, subscriptions: list[str]) -> list[Row]:
        return sorted(self.among("cancellations", ID, subscriptions), key=lambda row: row["requested_day"])

    def payments(self, invoices: list[str]) -> list[Row]:
        if not self._has("payments"):
            return []
        table = self.table("payments")
        meant = table[ACCOUNT] == self.account
        if invoices:
            meant = meant.fill_null(False) | (table[ACCOUNT].isnull() & table.invoice_id.isin(invoices))
        return self.rows(table.filter(meant), "paid_day")

    def referrals(self) -> list[Row]:
        if not self._has("referrals"):
            return []
        table = self.table("referrals")
        meant = (table.referrer_account_id == self.account) | (table.referred_id == self.account)
        return self.rows(table.filter(meant), "referred_day")

    def changes(self) -> list[Row]:
        """Changes of MRR, each in its own currency."""
        changes = self.frame.facts.changes
        own = changes.filter((changes[ACCOUNT] == self.account) & (changes.day <= self.query.today))
        return self.rows(own, "day")

    def renewals(self) -> list[Row]:
        due = self.workspace.accounts.base(self.query).renewals
        return self.rows(due.filter(due[ACCOUNT] == self.account), "renewal_day")

    def merged(self) -> tuple[str, ...]:
        merges = self.workspace.standing.merges(self.query.known("account_merges"))
        return tuple(sorted(one for one, into in merges.items() if into == self.account and one != into))

    def _has(self, name: str) -> bool:
        return bool(self.workspace.lake.files(name))


def _keys(table: ir.Table) -> list[ir.Value]:
    """What makes the order of one day the same every time: the time of day first, where there is one."""
    timed = [name for name in table.columns if name.endswith("_at") and name != "superseded_at"]
    return [table[name].desc(nulls_first=True) for name in timed] + (
        [table.row_key.desc()] if "row_key" in table.columns else []
    )
