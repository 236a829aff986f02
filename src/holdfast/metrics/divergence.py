"""Cohorts whose revenue grows while they lose accounts, and what those who left or shrank were worth."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics.calendar import last_day_of, literal_table
from holdfast.metrics.columns import count, label, money, number
from holdfast.metrics.frame import ACCOUNT, CURRENCY, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.recurring import TERMS, per_account
from holdfast.metrics.registry import ChartSpec, OutColumn, register
from holdfast.metrics.retention import compared
from holdfast.metrics.tables import fill, union

TOP = 3


@register(
    name="cohort-divergence",
    unit="money",
    title="Cohorts that grow while they lose accounts",
    definition="Each cohort's accounts and MRR at the start and the end of the range; it diverges where "
    "MRR grew while accounts left. "
    "A cohort that began inside the range starts with its first month.",
    formula="diverges = MRR at the end > MRR at the start, and accounts at the end < accounts at the start",
    columns=(
        OutColumn("cohort", "cohort", "month in which the accounts first paid"),
        count("accounts_start", "customers of the cohort at the start"),
        count("accounts_end", "customers of the cohort at the end"),
        money("mrr_start", "their MRR at the start"),
        money("mrr_end", "MRR of the cohort at the end"),
        OutColumn("diverges", "flag", "true where MRR grew while accounts left"),
        label("top_accounts", "up to three accounts with the most MRR at the end"),
    ),
    sources=TERMS,
    heeds=heeds("cohort_month_0", "fx"),
    chart=ChartSpec("bars", "MRR gained or lost by each cohort over the range", ("mrr_start", "mrr_end"), x="cohort"),
    grains=("month", "quarter", "year"),
)
def cohort_divergence(frame: Frame) -> ir.Table:
    ends = _both_ends(frame)
    keys = ["cohort", *frame.money_keys]
    sums = ("mrr_start_micros", "mrr_end_micros", "ran", "runs")
    accounts = ends.group_by(*keys, ACCOUNT).agg(**{name: ends[name].sum().cast("int64") for name in sums})
    whole = ibis.window(group_by=ACCOUNT)
    free_before = accounts.mrr_start_micros.sum().over(whole) == 0
    free_now = accounts.mrr_end_micros.sum().over(whole) == 0
    accounts = accounts.mutate(
        was=(accounts.mrr_start_micros > 0) | ((accounts.ran > 0) & free_before),
        is_now=(accounts.mrr_end_micros > 0) | ((accounts.runs > 0) & free_now),
    )
    table = accounts.group_by(*keys).agg(
        accounts_start=accounts.was.cast("int64").sum().cast("int64"),
        accounts_end=accounts.is_now.cast("int64").sum().cast("int64"),
        mrr_start_micros=accounts.mrr_start_micros.sum().cast("int64"),
        mrr_end_micros=accounts.mrr_end_micros.sum().cast("int64"),
    )
    grown = (table.mrr_end_micros > table.mrr_start_micros) & (table.accounts_end < table.accounts_start)
    named = _top_accounts(frame, accounts, keys)
    right = named.rename({f"of_{name}": name for name in keys})
    matches = [table[name].identical_to(right[f"of_{name}"]) for name in keys]
    return table.mutate(diverges=grown).left_join(right, matches).select(*table.columns, "diverges", "top_accounts")


def _both_ends(frame: Frame) -> ir.Table:
    """What each item was worth at its account's start in the range and at the end: cohort, dims, two amounts."""
    members = frame.first_days.filter(frame.first_days.first_day <= ibis.literal(frame.bound))
    members = members.mutate(cohort=members.first_day.truncate("M"))
    nothing, one = ibis.literal(0, "int64"), ibis.literal(1, "int64")
    members = members.mutate(idx=nothing, start=_own_start(frame, members.first_day), last=ibis.literal(frame.bound))
    members = _with_home(frame, members)
    was = frame.place(frame.worth_on(members.mutate(at=members.start)), at="opening", otherwise="came")
    now = frame.place(frame.worth_on(members.mutate(at=members["last"])), at="opening", otherwise="came")
    columns = ["cohort", ACCOUNT, *frame.money_keys]
    return union(
        was.select(*columns, mrr_start_micros=was.mrr_micros, mrr_end_micros=nothing, ran=one, runs=nothing),
        now.select(*columns, mrr_start_micros=nothing, mrr_end_micros=now.mrr_micros, ran=nothing, runs=one),
    )


def _with_home(frame: Frame, members: ir.Table) -> ir.Table:
    """Accounts with the days that they are placed by: the range's start, else the day they came within the range."""
    turns = frame.customers.filter(lambda t: t.from_day > ibis.literal(frame.opening))
    came = turns.group_by(came_account=ACCOUNT).agg(came=turns.from_day.min())
    joined = members.left_join(came, members[ACCOUNT] == came.came_account)
    return joined.select(*members.columns, "came", opening=ibis.literal(frame.opening))


def _own_start(frame: Frame, first_day: ir.DateColumn) -> ir.DateColumn:
    """The range's start, or for accounts that began inside it their first day (or its month's close, by policy)."""
    opening, bound = ibis.literal(frame.opening), ibis.literal(frame.bound)
    inside = first_day
    if frame.policy["cohort_month_0"] == "month-end":
        close = last_day_of(first_day, "month")
        inside = ibis.ifelse(close > bound, bound, close)
    return ibis.ifelse(first_day > opening, inside, opening)


def _top_accounts(frame: Frame, accounts: ir.Table, keys: list[str]) -> ir.Table:
    """keys and the names (or ids) of the accounts with the most MRR at the end, joined by commas."""
    names = frame.facts.table("accounts").select(named_account=ACCOUNT, account_name="name")
    living = accounts.filter(accounts.mrr_end_micros > 0)
    order = ibis.window(group_by=keys, order_by=[living.mrr_end_micros.desc(), living[ACCOUNT].asc()])
    ranked = living.mutate(place=ibis.row_number().over(order).cast("int64")).filter(lambda t: t.place < TOP)
    joined = ranked.left_join(names, ranked[ACCOUNT] == names.named_account)
    joined = joined.mutate(shown=ibis.coalesce(joined.account_name, joined[ACCOUNT]))
    tops = joined.group_by(*keys).agg(
        **{
            f"top{place}": ibis.ifelse(joined.place == place, joined.shown, ibis.null("string")).max()
            for place in range(TOP)
        }
    )
    rest = [
        ibis.ifelse(tops[f"top{n}"].isnull(), "", ibis.literal(", ") + tops[f"top{n}"].fill_null(""))
        for n in range(1, TOP)
    ]
    return tops.select(*keys, top_accounts=tops.top0 + rest[0] + rest[1])


@register(
    name="churn-quality",
    unit="money",
    title="What those who left were worth",
    definition="The customers at the start of the range in three groups: those that left, those that pay "
    "less, those that stayed. "
    "MRR is what they paid at the start; lifetime value is MRR times months up to the end of the range.",
    formula="mean and median over the accounts of each group",
    columns=(
        label("group", "churned, contracted or stayed"),
        count("accounts", "accounts of the group"),
        money("mean_mrr", "mean MRR at the start"),
        money("median_mrr", "median MRR at the start"),
        number("mean_tenure_months", "mean months from the first payment to the end"),
        money("mean_ltv", "mean revenue to date, as MRR times months"),
    ),
    sources=TERMS,
    worked=("mean_mrr = total_mrr / accounts",),
    heeds=heeds("fx"),
    chart=ChartSpec("bars", "Mean MRR of those that left, shrank and stayed", ("mean_mrr", "median_mrr"), x="group"),
    grains=("month", "quarter", "year"),
)
def churn_quality(frame: Frame) -> ir.Table:
    rows = _grouped_accounts(frame)
    keys = ["group", *frame.money_keys]
    order = ibis.window(group_by=keys, order_by=[rows.start_micros.asc(), rows[ACCOUNT].asc()])
    ranked = rows.mutate(
        place=ibis.row_number().over(order).cast("int64"),
        size=rows[ACCOUNT].count().over(ibis.window(group_by=keys)).cast("int64"),
    )
    middle = (ranked.place * 2 >= ranked["size"] - 2) & (ranked.place * 2 <= ranked["size"])
    found = ranked.group_by(*keys).agg(
        accounts=ranked.count().cast("int64"),
        total_mrr_micros=ranked.start_micros.sum().cast("int64"),
        middle_sum=ibis.ifelse(middle, ranked.start_micros, 0).sum().cast("int64"),
        middle_count=middle.cast("int64").sum().cast("int64"),
        mean_tenure_months=ranked.tenure_months.mean(),
        revenue=ranked.mrr_days.sum().cast("int64"),
    )
    groups = literal_table([{"group": name} for name in ("churned", "contracted", "stayed")])
    grid = groups.cross_join(frame.groups(frame.money_keys, found)) if frame.money_keys else groups
    sums = fill(
        grid,
        found,
        keys,
        ["accounts", "total_mrr_micros", "middle_sum", "middle_count", "mean_tenure_months", "revenue"],
    )
    months = ibis.ifelse(sums.accounts > 0, sums.mean_tenure_months, ibis.null("float64"))
    return sums.mutate(
        mean_mrr_micros=per_account(sums.total_mrr_micros, sums.accounts),
        median_mrr_micros=per_account(sums.middle_sum, sums.middle_count),
        mean_tenure_months=months,
        mean_ltv_micros=per_account(sums.revenue * 12, sums.accounts * 365),
    )


def _grouped_accounts(frame: Frame) -> ir.Table:
    """Each customer at the start: its group, MRR then, months since its first payment, revenue to the
    end of the range.
    """
    points = literal_table([{"idx": 0, "start": frame.opening, "end": frame.bound}])
    rows = compared(frame, points)
    paid = rows.start_micros.sum().over(ibis.window(group_by=ACCOUNT))
    rows = rows.mutate(paid=paid).filter(lambda t: (t.start_micros > 0) | ((t.ran > 0) & (t.paid == 0)))
    lives = _lives(frame)
    rows = rows.left_join(lives, ACCOUNT).select(*rows.columns, "tenure_months", "stays")
    # where currency is a dimension, each row is of one currency that was paid in, whatever it is shown in
    paid_in = "own_currency" if frame.dimensions.own_currency is not None else CURRENCY
    revenue = _revenue(frame, paid_in)
    on = [rows[ACCOUNT] == revenue.of_account, rows[paid_in] == revenue.of_currency]
    rows = rows.left_join(revenue, on).select(*rows.columns, mrr_days=revenue.mrr_days.fill_null(0))
    return rows.mutate(
        group=ibis.cases((~rows.stays, "churned"), (rows.end_micros < rows.start_micros, "contracted"), else_="stayed")
    )


def _lives(frame: Frame) -> ir.Table:
    """account_id, whether it is a customer at the end, and the months from its first payment to the
    end of its last span.
    """
    bound = ibis.literal(frame.bound)
    spans = frame.customers.filter(lambda t: t.from_day <= bound)
    ended = spans.to_day.notnull() & (spans.to_day <= bound)
    spans = spans.mutate(last=ibis.ifelse(ended, spans.to_day, bound), live=(~ended).cast("int64"))
    lives = spans.group_by(ACCOUNT).agg(first=spans.first_day.min(), last=spans["last"].max(), live=spans.live.max())
    days = (lives["last"].epoch_days() - lives["first"].epoch_days()).cast("float64")
    return lives.select(ACCOUNT, tenure_months=days * 12.0 / 365.0, stays=lives.live > 0)


def _revenue(frame: Frame, by: str) -> ir.Table:
    """MRR times days of each account to the end of the range, in micros, by `currency` or by `own_currency`; at the
    last day's rate if converted.
    """
    bound = ibis.literal(frame.bound)
    spans = frame.spans.filter(lambda t: t.from_day <= bound)
    running = spans.to_day.isnull() | (spans.to_day > bound)
    stop = ibis.ifelse(running, bound + ibis.interval(days=1), spans.to_day)
    days = (stop.epoch_days() - spans.from_day.epoch_days()).cast("int64")
    sums = spans.group_by(ACCOUNT, "own_currency").agg(mrr_days=(spans.mrr_micros * days).sum().cast("int64"))
    worth = frame.at_rate(sums.mutate(currency=sums.own_currency, rate_day=bound), "mrr_days")
    return worth.group_by(of_account=worth[ACCOUNT], of_currency=worth[by]).agg(
        mrr_days=worth.mrr_days.sum().cast("int64")
    )
