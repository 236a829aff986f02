"""How each account uses the product: how much of it, how often, by how many people, and since when it is silent."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics import account_lists, activity, bits, standing
from holdfast.metrics.account_lists import FIRST_COLUMNS, acted, one_period_more, with_trend
from holdfast.metrics.activity import Activity
from holdfast.metrics.calendar import month_number
from holdfast.metrics.columns import count, label, number, rate
from holdfast.metrics.features import Features
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.registry import ChartSpec, register
from holdfast.metrics.tables import beside, fill, ratio
from holdfast.metrics.weekly_use import WeeklyUse, day_count, last_day

SOURCES = (*activity.SOURCES, *standing.SOURCES)
KEY = ["idx", ACCOUNT]
LOOKED_AT = "Of each account that pays or is in trial at the period's end, or was active in it: "


@register(
    name="usage-breadth",
    unit="rate",
    title="Breadth of use",
    definition=LOOKED_AT + "which share of the features of its plan it used, and how that changed since the period "
    "before.",
    formula="features of the account's plan that it used in the period / features of its plan",
    columns=(
        *FIRST_COLUMNS,
        count("used", "features that it has and used in the period"),
        count("features", "features that it has"),
        rate("rate", "used / features; null over 0"),
        rate("trend", "rate less that of the period before; null where there was none"),
    ),
    sources=(*SOURCES, "plan_features"),
    worked=("rate = used / features",),
    heeds=heeds(),
    chart=ChartSpec("line", "Share of its features that each account uses", ("rate",), split=("account",)),
    periods_back=2,
    pure_count=True,
)
def usage_breadth(frame: Frame) -> ir.Table:
    wide = one_period_more(frame)
    features = Features(Activity(wide))
    did = WeeklyUse(wide).by_period("accounts", with_accounts=True)
    rows = features.with_plan_listed(standing.looked_at(wide, did))
    rows = fill(rows, _number_of_features(wide, features), ["idx", "plan"], ["features"])
    rows = fill(rows, _features_used(features, did, rows), KEY, ["used"])
    rows = with_trend(rows.mutate(rate=ratio(rows.used, rows.features)), "rate")
    # a plan under its own name is the question's to add
    return account_lists.shown(frame, rows.drop("plan"))


def _number_of_features(frame: Frame, features: Features) -> ir.Table:
    """idx, plan and the number of its features, as known at each close."""
    each = standing.begun(frame).cross_join(features.offered)
    each = each.filter(each.since.isnull() | (each.since <= each.close))
    return each.group_by("idx", "plan").agg(features=each.count().cast("int64"))


def _features_used(features: Features, did: ir.Table, rows: ir.Table) -> ir.Table:
    """idx, account_id and how many features of its plan it used."""
    plans = rows.select("idx", ACCOUNT, "plan")
    used = features.used(did).select(*KEY, "feature").distinct().inner_join(plans, KEY)
    offered = features.offered.select(of_plan="plan", of_feature="feature")
    had = used.inner_join(offered, [used.plan == offered.of_plan, used.feature == offered.of_feature])
    return had.group_by(*KEY).agg(used=had.count().cast("int64"))


@register(
    name="usage-frequency",
    unit="days",
    title="Frequency of use",
    definition=LOOKED_AT + "on how many days it used the product, and how that changed since the period before. An "
    "open period is compared as it stands.",
    formula="days of the period with a counting event of the account",
    columns=(
        *FIRST_COLUMNS,
        count("active_days", "days of the period with a counting event"),
        number("trend", "active_days less those of the period before; null where it was not looked at then"),
    ),
    sources=SOURCES,
    leads="active_days",
    heeds=heeds(),
    chart=ChartSpec("line", "Days with use in each period", ("active_days",), split=("account",)),
    periods_back=2,
    pure_count=True,
)
def usage_frequency(frame: Frame) -> ir.Table:
    wide = one_period_more(frame)
    did = WeeklyUse(wide).by_period("accounts", with_accounts=True)
    rows = fill(standing.looked_at(wide, did, ()), _days(did), KEY, ["active_days"])
    return account_lists.shown(frame, with_trend(rows, "active_days"))


def _days(did: ir.Table) -> ir.Table:
    """idx, account_id and the days with a counting event of anybody."""
    weeks = did.group_by(*KEY, "week").agg(days=bits.bit_or(did.days).cast("int64"))
    weeks = weeks.mutate(days=day_count(weeks.days))
    return weeks.group_by(*KEY).agg(active_days=weeks.days.sum().cast("int64"))


@register(
    name="usage-intensity",
    unit="number",
    title="Intensity of use",
    definition=LOOKED_AT + "for how many months it has used the product, on how many days of the period, and how much "
    "each of its active users did, with the change since the period before.",
    formula="counting events of the account in the period / its active users",
    columns=(
        *FIRST_COLUMNS,
        count("months_of_use", "calendar months with a counting event, up to the period's close"),
        count("active_days", "days of the period with a counting event"),
        count("events", "counting events of the period"),
        count("active_users", "people with a counting event in the period"),
        number("events_per_user", "events / active_users; null over 0"),
        number("trend", "events_per_user less that of the period before; null where there was none"),
    ),
    sources=SOURCES,
    worked=("events_per_user = events / active_users",),
    heeds=heeds(),
    chart=ChartSpec("line", "Events for each active user", ("events_per_user",), split=("account",)),
    periods_back=2,
    pure_count=True,
)
def usage_intensity(frame: Frame) -> ir.Table:
    wide = one_period_more(frame)
    acts = Activity(wide)
    rows = acted(wide, acts.rows)
    did = WeeklyUse(wide).by_period("accounts", with_accounts=True)
    events = rows.group_by(*KEY).agg(events=rows.events.sum().cast("int64"))
    people = did.filter(did.person.notnull()).select(*KEY, "person").distinct()
    people = people.group_by(*KEY).agg(active_users=people.count().cast("int64"))
    found = standing.looked_at(wide, did, ())
    for name, counted in (("active_days", _days(did)), ("events", events), ("active_users", people)):
        found = fill(found, counted, KEY, [name])
    found = fill(found, _months(acts, found), KEY, ["months_of_use"])
    found = with_trend(found.mutate(events_per_user=ratio(found.events, found.active_users)), "events_per_user")
    return account_lists.shown(frame, found)


def _months(acts: Activity, found: ir.Table) -> ir.Table:
    """idx, account_id and the months in which it had used the product by the close."""
    rows = acts.rows.filter(acts.rows[ACCOUNT].notnull())
    rows = rows.mutate(month=month_number(rows.day))
    months = rows.group_by(of_account=ACCOUNT, month=rows.month).agg(begun=rows.day.min())
    joined = found.select("idx", ACCOUNT, "close").inner_join(months, found[ACCOUNT] == months.of_account)
    by_then = joined.filter(joined.begun <= joined.close)
    return by_then.group_by(*KEY).agg(months_of_use=by_then.count().cast("int64"))


@register(
    name="silence",
    unit="days",
    title="Days of silence",
    definition="Of each account that pays or is in trial, or ever used the product: how many days ago it last did.",
    formula="last day of the period (or the as-of day) - last day with a counting event of the account",
    columns=(
        *FIRST_COLUMNS,
        label("last_day", "last day with a counting event; null where there never was one"),
        number("days", "days from it to the period's close; null where there never was one"),
    ),
    sources=SOURCES,
    leads="days",
    heeds=heeds(),
    chart=ChartSpec("bars", "Days since each account last used the product", ("days",), x="account", split=("period",)),
    periods_back=0,
    pure_count=True,
)
def silence(frame: Frame) -> ir.Table:
    last = _last_days(frame)
    rows = fill_none(standing.looked_at(frame, last, ()), last, "last_day")
    elapsed = rows.close.epoch_days().cast("int64") - rows.last_day.epoch_days().cast("int64")
    return account_lists.shown(frame, rows.mutate(days=elapsed))


def fill_none(rows: ir.Table, found: ir.Table, *names: str) -> ir.Table:
    """Rows with what was found of their account; null where nothing was."""
    return beside(rows, found, KEY, list(names))


def _last_days(frame: Frame) -> ir.Table:
    """idx, account_id and last_day: the last day with a counting event by each period's close."""
    first = frame.periods[0].index
    rows = WeeklyUse(frame).by_period("accounts", with_accounts=True, history=True)
    rows = rows.mutate(done=ibis.ifelse(rows.idx < first, first, rows.idx), last_day=last_day(rows))
    days = rows.group_by(ACCOUNT, "done").agg(last_day=rows.last_day.max())
    points = standing.begun(frame).select("idx")
    joined = days.cross_join(points)
    by_then = joined.filter(joined.done <= joined.idx)
    return by_then.group_by(*KEY).agg(last_day=by_then.last_day.max())
