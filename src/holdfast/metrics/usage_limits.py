"""How much of what its plan allows each account uses."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics import account_lists, standing
from holdfast.metrics.account_lists import FIRST_COLUMNS, one_period_more, with_trend
from holdfast.metrics.columns import label, number, rate
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.registry import ChartSpec, OutColumn, register
from holdfast.metrics.tables import ratio
from holdfast.metrics.usage_accounts import SOURCES
from holdfast.metrics.weekly_use import WeeklyUse

GAUGE = (ACCOUNT, "limit")


@register(
    name="limit-usage",
    unit="rate",
    title="Use of limits",
    definition="Of each account that pays or is in trial at the period's end, or was active in it: its latest measured "
    "use of what plans limit, beside what its plan allows.",
    formula="latest measured use / what the account's plan allows",
    columns=(
        *FIRST_COLUMNS,
        label("limit", "what is limited"),
        number("used", "latest measurement by the period's close"),
        number("allowed", "what the plan allows; null where it is unlimited or not listed"),
        rate("rate", "used / allowed; null over 0"),
        OutColumn("over", "flag", "used is as much as allowed, or more"),
        rate("trend", "rate less that of the period before; null where there was none"),
    ),
    sources=(*SOURCES, "usage_gauges", "plan_limits"),
    worked=("rate = used / allowed",),
    leads="used",
    heeds=heeds(),
    chart=ChartSpec("line", "Share of its limits that each account uses", ("rate",), split=("account", "limit")),
    periods_back=2,
    pure_count=True,
)
def limit_usage(frame: Frame) -> ir.Table:
    wide = one_period_more(frame)
    did = WeeklyUse(wide).by_period("accounts", with_accounts=True).select("idx", ACCOUNT).distinct()
    rows = _measured(_latest(wide), standing.looked_at(wide, did))
    limits = wide.facts.table("plan_limits").select(of_plan="plan_id", of_limit="limit_name", allowed="limit_value")
    joined = rows.left_join(limits, [rows.plan == limits.of_plan, rows["limit"] == limits.of_limit])
    rows = joined.drop("plan", "of_plan", "of_limit")
    over = (rows.used >= rows.allowed).fill_null(False)
    rows = rows.mutate(rate=ratio(rows.used, rows.allowed), over=over)
    return account_lists.shown(frame, with_trend(rows, "rate", "limit"))


def _latest(frame: Frame) -> ir.Table:
    """account_id, limit and used of the last measurement in each period, with idx; all before the first in its own."""
    rows = frame.facts.table("usage_gauges")
    rows = rows.filter(rows.measured_day <= ibis.literal(frame.bound))
    first = frame.periods[0].index
    number_of = frame.number(rows.measured_day)
    rows = rows.mutate(limit=rows.limit_name, measured=ibis.ifelse(number_of < first, first - 1, number_of))
    order = [rows.measured_day.desc(), rows.measured_at.desc(nulls_first=False), rows.used.desc()]
    place = ibis.row_number().over(ibis.window(group_by=[*GAUGE, "measured"], order_by=order)).cast("int64")
    ranked = rows.mutate(place=place)
    return ranked.filter(ranked.place == 0).select(*GAUGE, "measured", "used")


def _measured(latest: ir.Table, rows: ir.Table) -> ir.Table:
    """Rows (idx, account_id), once for each limit measured of the account by then, with the last measurement."""
    until = latest.measured.lead(1, 1_000_000_000).over(ibis.window(group_by=GAUGE, order_by="measured"))
    spans = latest.mutate(until=until).rename(of_account=ACCOUNT)
    joined = rows.inner_join(spans, rows[ACCOUNT] == spans.of_account)
    inside = joined.filter((joined.measured <= joined.idx) & (joined.idx < joined.until))
    return inside.drop("of_account", "measured", "until")
