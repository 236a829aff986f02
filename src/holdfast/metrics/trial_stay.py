"""How long those who convert stay, by the kind of trial that they came from."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics import trials
from holdfast.metrics.calendar import literal_table, with_plus_months
from holdfast.metrics.columns import count, label, number, rate
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.registry import ChartSpec, register
from holdfast.metrics.tables import fill, ratio
from holdfast.metrics.tenure import wilson

MONTHS = (1, 3, 6, 12)
KINDS = {"yes": "with a card", "no": "without a card"}
CARD_UNKNOWN, NO_TRIAL = "card unknown", "no trial"


@register(
    name="trial-stay",
    unit="rate",
    title="How long converts stay",
    definition="Of the accounts that first paid in the range, the share that are customers 1, 3, 6 and 12 months on, "
    "by the trial that they came from. At each age only accounts for whom so many months are over are counted.",
    formula="customers at the close of first payment + age months / accounts that first paid so long ago",
    columns=(
        number("age", "months since the first payment: 1, 3, 6 or 12"),
        label("group", "with a card, without a card, card unknown (of the trial), or no trial"),
        count("accounts", "accounts that first paid in the range, at least so many months ago"),
        count("retained", "customers among them at that age; who came back counts"),
        rate("rate", "retained / accounts"),
        rate("low", "lower end of the 95 % interval"),
        rate("high", "upper end of the 95 % interval"),
    ),
    sources=trials.SOURCES,
    worked=("rate = retained / accounts",),
    heeds=heeds(),
    chart=ChartSpec("bars", "Share still customers, by months since the first payment", ("rate",), x="age"),
    grains=("month",),
    periods_back=24,
    pure_count=True,
    reference="Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22.",
)
def trial_stay(frame: Frame) -> ir.Table:
    ages = _followed(frame, _converts(frame))
    keys = ["age", "group", *frame.dims]
    sums = ages.group_by(*keys).agg(accounts=ages.count().cast("int64"))
    spans = frame.customers.select(span_account=ACCOUNT, from_day="from_day", to_day="to_day")
    there = ages.inner_join(spans, ages[ACCOUNT] == spans.span_account)
    there = there.filter(Frame.covers(there, there["at"]))
    kept = there.group_by(*keys).agg(retained=there[ACCOUNT].nunique().cast("int64"))
    table = fill(sums, kept, keys, ["retained"])
    low, high = wilson(table.retained, table.accounts)
    return table.mutate(rate=ratio(table.retained, table.accounts), low=low, high=high)


def _converts(frame: Frame) -> ir.Table:
    """Each account that first paid in the range: account_id, paid_day, group and dims."""
    paid = trials.first_payments(frame).semi_join(frame.first_days, ACCOUNT)
    paid = frame.in_range(paid.filter(paid.paid_day.notnull()), "paid_day").drop("idx")
    tried = trials.trials(frame)
    tried = tried.filter(tried.paid_day.notnull()).select(tried_account=ACCOUNT, card=trials.CARD)
    joined = paid.left_join(tried, paid[ACCOUNT] == tried.tried_account)
    known = [(joined.card == answer, kind) for answer, kind in KINDS.items()]
    group = ibis.cases((joined.tried_account.isnull(), NO_TRIAL), *known, else_=CARD_UNKNOWN)
    named = joined.select(ACCOUNT, "paid_day", "first_day", group=group, idx=ibis.literal(0, "int64"))
    return frame.place(named, at="first_day")


def _followed(frame: Frame, converts: ir.Table) -> ir.Table:
    """The converts at each age that they have reached, with the day `at` at whose close they are looked at."""
    ages = converts.cross_join(literal_table([{"age": months} for months in MONTHS]))
    ages = with_plus_months(ages, "paid_day", "age", "at")
    return ages.filter(ages["at"] <= ibis.literal(frame.bound))
