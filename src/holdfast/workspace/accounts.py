"""The list of accounts: how each stands today, found, filtered, put in order and cut by the engine.

How every account stands is computed once for each state of the facts and kept as a file of the workspace; each
search, order and page is a small question to that file.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis

from holdfast.facts.money import MICROS
from holdfast.metrics import catalog, standing
from holdfast.metrics.dimensions import Dimensions
from holdfast.metrics.frame import ACCOUNT
from holdfast.metrics.renewals import renewing
from holdfast.metrics.tables import beside
from holdfast.metrics.weekly_use import WeeklyUse, last_day
from holdfast.workspace.listing import PAGE, STATUSES, Listed, Listing, pages

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    import ibis.expr.types as ir

    from holdfast.metrics.frame import Frame
    from holdfast.metrics.query import MetricQuery
    from holdfast.workspace.workspace import Workspace

Rows = list[dict[str, Any]]
METRIC = "silence"
"""The metric whose question the list asks: how accounts stand today, under the company's policy."""
RENEWALS = "renewals"
ITEM = (ACCOUNT, "subscription_id", "item_id", "plan", "currency", "mrr_micros", "anchor_day", "renewal_day")
AHEAD_YEARS = 3
KEPT = 4
READ = (
    "accounts", "account_merges", "account_attributes", "subscription_terms", "plans", "trials", "invoices", "payments",
    "events", "identities", "memberships", "fx_rates",
)  # fmt: skip


@dataclass(frozen=True)
class Base:
    """How every account stands, its attributes, and what is known of those."""

    accounts: ir.Table
    attributes: ir.Table
    renewals: ir.Table
    """The items that pay, and the day on which each begins its next billing interval."""
    known: list[dict[str, Any]]

    @property
    def names(self) -> list[str]:
        return [one["name"] for one in self.known]


class AccountList:
    """The accounts of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._bases: OrderedDict[tuple[object, ...], Base] = OrderedDict()

    def question(self, **asked: Any) -> MetricQuery:
        """The question behind a list: `policy`, `set`, `currency` and `as_of` as in `Workspace.query`."""
        query: MetricQuery = self._workspace.asked(METRIC, **asked)[1]
        return query

    def page(self, query: MetricQuery, listing: Listing) -> Listed:
        """A page of the list. Raises `InputError` or `UnknownName` for conditions that cannot be used."""
        base = self.base(query)
        found = _found(base, listing)
        counted = self._rows(found.group_by("status").agg(accounts=found.count().cast("int64")))
        statuses = {row["status"]: row["accounts"] for row in counted}
        total = statuses.get(listing.status, 0) if listing.status else sum(statuses.values())
        page = min(max(listing.page, 1), pages(total))
        rows = self._rows(_ordered(base, _of_status(found, listing), listing).limit(PAGE, offset=(page - 1) * PAGE))
        return Listed(self._shown(base, rows, listing.columns, query.today), total, page, statuses, query.today)

    def every(self, query: MetricQuery, listing: Listing) -> list[dict[str, Any]]:
        """All rows of the list, in order."""
        base = self.base(query)
        rows = self._rows(_ordered(base, _of_status(_found(base, listing), listing), listing))
        return self._shown(base, rows, listing.columns, query.today)

    def one(self, query: MetricQuery, account: str) -> dict[str, Any] | None:
        """How one account stands, with every attribute; null where there is no such account."""
        base = self.base(query)
        rows = self._rows(base.accounts.filter(base.accounts[ACCOUNT] == account))
        return self._shown(base, rows, base.names, query.today)[0] if rows else None

    def base(self, query: MetricQuery) -> Base:
        """How every account stands, computed where it is not kept."""
        versions = tuple(self._workspace.lake.version(name) for name in READ)
        key = (repr(query), *versions)
        if key not in self._bases:
            self._bases[key] = self._made(query)
            if len(self._bases) > KEPT:
                self._bases.popitem(last=False)
        self._bases.move_to_end(key)
        return self._bases[key]

    # parts

    def _made(self, query: MetricQuery) -> Base:
        stored = self._workspace.usage.scratch.stored
        frame = self._workspace.frame(catalog.find(METRIC), query)
        rows = _known(self._workspace.counted("accounts", query), frame)
        pairs = rows.select(ACCOUNT, close=ibis.literal(query.today))
        stands = standing.known_at(frame, pairs, standing.ITEM).drop("close")
        rows = beside(rows, stored(stands), [ACCOUNT], ["status", *standing.ITEM])
        rows = beside(rows, stored(frame.first_days), [ACCOUNT], ["first_day"])
        rows = beside(rows, stored(_worth(frame)), [ACCOUNT], ["mrr_micros", "currency", "currencies"])
        self._workspace.refuse_missing_rates(frame)
        rows = beside(rows, stored(_last_used(frame)), [ACCOUNT], ["last_day"])
        renewals = stored(self._renewals(query))
        soonest = renewals.group_by(ACCOUNT).agg(renewal_day=renewals.renewal_day.min())
        rows = beside(rows, soonest, [ACCOUNT], ["renewal_day"])
        attributes = self._workspace.counted("account_attributes", query)
        return Base(stored(_with_status(rows)), attributes, renewals, self._rows(_known_attributes(attributes)))

    def _renewals(self, query: MetricQuery) -> ir.Table:
        end = query.today.replace(year=query.today.year + AHEAD_YEARS, day=1)
        ahead = replace(query, metric=RENEWALS, start=query.today, end=end, grain="day", currency=None)
        return renewing(self._workspace.frame(catalog.find(RENEWALS), ahead)).select(*ITEM)

    def _rows(self, expression: ir.Table) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._workspace.engine.to_arrow(expression).to_pylist()
        return found

    def _shown(self, base: Base, rows: Rows, columns: Iterable[str], today: date) -> Rows:
        """Rows with MRR in major units, the days since the last use, and the attributes asked for."""
        wanted = [name for name in columns if name in base.names]
        said = self._attributes(base, [row[ACCOUNT] for row in rows], wanted) if rows and wanted else {}
        for row in rows:
            micros = row.pop("mrr_micros")
            row["mrr"] = None if micros is None else Decimal(micros) / MICROS
            row["silent_days"] = None if row["last_day"] is None else (today - row["last_day"]).days
            row["attributes"] = {name: said.get((row[ACCOUNT], name)) for name in wanted}
        return rows

    def _attributes(self, base: Base, accounts: list[str], names: list[str]) -> dict[tuple[str, str], str]:
        table = base.attributes
        asked = table.filter(table.name.isin(names))
        if len(accounts) <= PAGE:
            asked = asked.filter(asked[ACCOUNT].isin(accounts))
        return {(row[ACCOUNT], row["name"]): row["text"] for row in self._rows(asked.select(ACCOUNT, "name", "text"))}


# stages


def _known(accounts: ir.Table, frame: Frame) -> ir.Table:
    begun = accounts.created_day.isnull() | (accounts.created_day <= ibis.literal(frame.query.today))
    return accounts.filter(begun).select(ACCOUNT, "name", "created_day")


def _worth(frame: Frame) -> ir.Table:
    """account_id, mrr_micros and currency of the currency with most of its MRR, and the number of its currencies."""
    items = frame.live(frame.points(close=lambda p: p.close), "close")
    sums = items.group_by(ACCOUNT, "currency").agg(mrr_micros=items.mrr_micros.sum().cast("int64"))
    sums = sums.filter(sums.mrr_micros != 0)
    order = ibis.window(group_by=ACCOUNT, order_by=[sums.mrr_micros.desc(), sums.currency.asc()])
    ranked = sums.mutate(
        place=ibis.row_number().over(order).cast("int64"),
        currencies=sums.count().over(ibis.window(group_by=ACCOUNT)).cast("int64"),
    )
    return ranked.filter(ranked.place == 0).drop("place")


def _last_used(frame: Frame) -> ir.Table:
    rows = WeeklyUse(frame).ever("accounts")
    rows = rows.select(ACCOUNT, last_day=last_day(rows))
    return rows.group_by(ACCOUNT).agg(last_day=rows.last_day.max())


def _with_status(rows: ir.Table) -> ir.Table:
    """Rows with a status for every account: those that are nothing now were customers once, or never."""
    nothing = ibis.ifelse(rows.first_day.notnull(), "former", "none")
    return rows.mutate(status=ibis.coalesce(rows.status, nothing))


def _known_attributes(attributes: ir.Table) -> ir.Table:
    """The name of each attribute, how many accounts have it, and how many different values it has."""
    said = attributes.filter(attributes.text.notnull())
    counted = said.group_by("name").agg(accounts=said.count().cast("int64"), values=said.text.nunique().cast("int64"))
    return counted.order_by("name")


# what is looked at


def _found(base: Base, listing: Listing) -> ir.Table:
    """The accounts that the conditions keep and that are searched for."""
    rows = base.accounts
    if listing.where:
        dimensions = Dimensions((), listing.where, base.names)
        first_days = rows.filter(rows.first_day.notnull()).select(ACCOUNT, "first_day")
        tagged = dimensions.tag_accounts(dimensions.tag_items(rows), base.attributes, first_days)
        rows = dimensions.keep(tagged)
    if listing.search:
        text = listing.search.lower()
        named = rows.name.lower().contains(text).fill_null(False)
        rows = rows.filter(named | rows[ACCOUNT].lower().contains(text))
    return rows


def _of_status(rows: ir.Table, listing: Listing) -> ir.Table:
    return rows.filter(rows.status == listing.status) if listing.status else rows


def _ordered(base: Base, rows: ir.Table, listing: Listing) -> ir.Table:
    """Rows in order; those without a value come last whichever way it goes."""
    names = rows.columns
    if listing.order in COLUMNS:
        keys = COLUMNS[listing.order](rows)
    else:
        one = base.attributes.filter(base.attributes.name == listing.order)
        known = one.select(ACCOUNT, in_order_number="number", in_order_text="text")
        rows = beside(rows, known, [ACCOUNT], ["in_order_number", "in_order_text"])
        keys = [rows.in_order_number, rows.in_order_text.lower()]
    ways = [key.desc(nulls_first=False) if listing.descending else key.asc(nulls_first=False) for key in keys]
    return rows.order_by([*ways, rows[ACCOUNT].asc()]).select(*names)


def _by_status(rows: ir.Table) -> list[ir.Value]:
    return [ibis.cases(*((rows.status == name, place) for place, name in enumerate(STATUSES)), else_=len(STATUSES))]


COLUMNS: dict[str, Any] = {
    "name": lambda t: [ibis.coalesce(t.name.nullif(""), t[ACCOUNT]).lower()],
    "plan": lambda t: [t.plan.lower()],
    "mrr": lambda t: [t.mrr_micros],
    "since": lambda t: [t.first_day],
    "status": _by_status,
    "used": lambda t: [t.last_day],
    "renewal": lambda t: [t.renewal_day],
}
