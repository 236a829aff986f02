"""Whether those who use a feature convert and stay more often than those who do not: a comparison, not a cause."""

from __future__ import annotations

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from holdfast.metrics import standing, trials
from holdfast.metrics.activity import Activity
from holdfast.metrics.calendar import literal_table
from holdfast.metrics.columns import count, label, rate
from holdfast.metrics.features import Features
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.registry import ChartSpec, register
from holdfast.metrics.tables import fill, ratio, union
from holdfast.metrics.tenure import Z_95
from holdfast.metrics.usage_features import SOURCES

CONVERSION, STAY = "conversion", "stay"
DAYS_BEFORE = 30
"""Days before the range in which customers are looked at."""
CASE = ("outcome", ACCOUNT, "first")
SQUARE = Z_95 * Z_95


@register(
    name="feature-association",
    unit="rate",
    title="Features and what became of their users",
    definition="For each feature, those who used it beside those who did not: how many trials begun in the range "
    "converted (used during the trial), and how many customers of the day before the range were still customers at "
    "its end (used in the 30 days before). It compares and does not say why: those who use a feature differ in more "
    "than that.",
    formula="share kept of those who used the feature - share kept of the others",
    columns=(
        label("feature", "feature"),
        label("outcome", "conversion: trials that paid; stay: customers that stayed"),
        count("users", "trials or customers that used the feature"),
        count("users_kept", "those of them that paid, or stayed"),
        rate("users_rate", "users_kept / users; null over 0"),
        count("others", "trials or customers that did not use it"),
        count("others_kept", "those of them that paid, or stayed"),
        rate("others_rate", "others_kept / others; null over 0"),
        rate("difference", "users_rate - others_rate; null where there are none on one side"),
        rate("low", "lower end of its 95 % interval (Newcombe, method 10)"),
        rate("high", "upper end of the interval"),
    ),
    sources=SOURCES,
    reference="Newcombe 1998, Interval estimation for the difference between independent proportions, method 10",
    worked=(
        "difference = users_kept / users - others_kept / others",
        "users_rate = users_kept / users",
        "others_rate = others_kept / others",
    ),
    heeds=heeds(),
    chart=ChartSpec(
        "bars",
        "Share of a feature's users that convert and stay, less that of the others",
        ("difference",),
        x="feature",
        split=("outcome",),
    ),
    pure_count=True,
)
def feature_association(frame: Frame) -> ir.Table:
    acts = Activity(frame)
    features = Features(acts)
    cases = standing.placed(frame, union(_trials(frame), _customers(frame)), at="first_close")
    used = _used(frame, features.shown(_events(frame, acts)), cases)
    keys = [*frame.dims, "outcome"]
    everyone = cases.group_by(*keys).agg(all=cases.count().cast("int64"), all_kept=cases.kept.sum().cast("int64"))
    users = used.group_by(*keys, "feature").agg(
        users=used.count().cast("int64"), users_kept=used.kept.sum().cast("int64")
    )
    outcomes = literal_table([{"outcome": CONVERSION}, {"outcome": STAY}])
    grid = outcomes.cross_join(features.names)
    grid = cases.select(*frame.dims).distinct().cross_join(grid) if frame.dims else grid
    rows = fill(grid, everyone, keys, ["all", "all_kept"])
    rows = fill(rows, users, [*keys, "feature"], ["users", "users_kept"])
    rows = rows.mutate(others=rows["all"] - rows.users, others_kept=rows.all_kept - rows.users_kept)
    return _compared(rows.drop("all", "all_kept"))


def _trials(frame: Frame) -> ir.Table:
    """Trials begun in the range that are over and lasted a day: who, the days looked at, and whether it paid."""
    found = trials.trials(frame)
    first, last = ibis.literal(frame.periods[0].first), ibis.literal(frame.bound)
    over = found.paid_day.notnull() | (found.end_day <= ibis.literal(frame.query.today))
    begun = (found.start_day >= first) & (found.start_day <= last) & (found.end_day > found.start_day)
    found = found.filter(begun & over)
    return found.select(
        ACCOUNT,
        outcome=ibis.literal(CONVERSION),
        first="start_day",
        end="end_day",
        first_close="start_day",
        kept=found.paid_day.notnull().cast("int64"),
    )


def _customers(frame: Frame) -> ir.Table:
    """Customers at the close of the day before the range, and whether they are at its end."""
    opening, bound = frame.opening, frame.bound
    spans = frame.customers
    before = spans.filter(Frame.covers(spans, ibis.literal(opening))).select(ACCOUNT)
    at_end = spans.filter(Frame.covers(spans, ibis.literal(bound))).select(end_account=ACCOUNT).distinct()
    joined = before.left_join(at_end, before[ACCOUNT] == at_end.end_account)
    return joined.select(
        ACCOUNT,
        outcome=ibis.literal(STAY),
        first=ibis.literal(opening - timedelta(days=DAYS_BEFORE - 1)),
        end=ibis.literal(opening + timedelta(days=1)),
        first_close=ibis.literal(opening),
        kept=joined.end_account.notnull().cast("int64"),
    )


def _events(frame: Frame, acts: Activity) -> ir.Table:
    """What accounts did on each day that can matter."""
    since = ibis.literal(frame.opening - timedelta(days=DAYS_BEFORE - 1))
    rows = acts.rows.filter((acts.rows.day >= since) & acts.rows[ACCOUNT].notnull())
    return rows.select(ACCOUNT, "event", "day").distinct()


def _used(frame: Frame, shown: ir.Table, cases: ir.Table) -> ir.Table:
    """The cases (with dims and kept), once for each feature that was used."""
    acts = shown.select(act_account=ACCOUNT, feature="feature", day="day")
    joined = cases.inner_join(acts, cases[ACCOUNT] == acts.act_account)
    inside = joined.filter((joined["first"] <= joined.day) & (joined.day < joined.end))
    return inside.select(*CASE, *frame.dims, "feature", "kept").distinct()


def _compared(rows: ir.Table) -> ir.Table:
    """Rows with the rates, their difference, and its interval."""
    for name in ("users", "others"):
        rows = rows.mutate(**{f"{name}_rate": ratio(rows[f"{name}_kept"], rows[name])})
        rows = _with_wilson(rows, name)
    difference = rows.users_rate - rows.others_rate
    below = _hypotenuse(rows.users_rate - rows.users_low, rows.others_high - rows.others_rate)
    above = _hypotenuse(rows.users_high - rows.users_rate, rows.others_rate - rows.others_low)
    rows = rows.mutate(difference=difference, low=difference - below, high=difference + above)
    return rows.drop("users_low", "users_high", "others_low", "others_high")


def _hypotenuse(one: ir.FloatingColumn, other: ir.FloatingColumn) -> ir.FloatingColumn:
    return (one * one + other * other).sqrt()


def _with_wilson(rows: ir.Table, name: str) -> ir.Table:
    """The ends of Wilson's 95 % interval of a rate; null where there is none."""
    n, p = rows[name].cast("float64").nullif(0.0), rows[f"{name}_rate"]
    whole = n + SQUARE
    centre = (n * p + SQUARE / 2.0) / whole
    half = (n * p * (1.0 - p) + SQUARE / 4.0).sqrt() * Z_95 / whole
    return rows.mutate(**{f"{name}_low": centre - half, f"{name}_high": centre + half})
