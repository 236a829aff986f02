"""Which features are used: by how many of those who have them."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics import activity, standing
from holdfast.metrics.activity import OF_ACCOUNTS, Activity
from holdfast.metrics.columns import PERIOD, count, label, rate
from holdfast.metrics.features import Features
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.registry import ChartSpec, register
from holdfast.metrics.tables import fill, ratio, union

SOURCES = (*activity.SOURCES, *standing.SOURCES, "plan_features")
ALL = {"any": "", "trial": "trial_", "paying": "paying_"}
"""Who is counted, and how the columns begin that count them."""


@register(
    name="feature-adoption",
    unit="rate",
    title="Feature adoption",
    definition="Of the accounts whose plan has a feature, the share that used it in the period: of all that pay, are "
    "in trial or were active, and of those in trial and of those that pay at its end. Where no plan lists features, "
    "each account has them all.",
    formula="accounts that have the feature and used it / accounts that have it",
    columns=(
        PERIOD,
        label("feature", "feature"),
        count("eligible", "accounts (or users) that have the feature"),
        count("adopters", "those of them that used it in the period"),
        rate("rate", "adopters / eligible; null over 0"),
        count("trial_eligible", "accounts in trial that have it"),
        count("trial_adopters", "those of them that used it"),
        rate("trial_rate", "the same share of accounts in trial"),
        count("paying_eligible", "accounts that pay and have it"),
        count("paying_adopters", "those of them that used it"),
        rate("paying_rate", "the same share of accounts that pay"),
    ),
    sources=SOURCES,
    worked=(
        "rate = adopters / eligible",
        "trial_rate = trial_adopters / trial_eligible",
        "paying_rate = paying_adopters / paying_eligible",
    ),
    heeds=heeds(),
    chart=ChartSpec("line", "Share of accounts that use each feature they have", ("rate",), split=("feature",)),
    options=(OF_ACCOUNTS,),
    periods_back=5,
    pure_count=True,
)
def feature_adoption(frame: Frame) -> ir.Table:
    acts = Activity(frame)
    features = Features(acts)
    of = frame.choice("of")
    rows = acts.of(acts.rows, of)
    did = frame.in_range(rows).select("idx", ACCOUNT, "unit", "event").distinct()
    stood = features.with_plan_listed(_stood(frame, did))
    present = stood.mutate(unit=stood[ACCOUNT]) if of == "accounts" else _at(did.drop("event").distinct(), stood)
    keys = [*frame.dims, "idx"]
    eligible = _eligible(present, features.offered, keys)
    adopters = _adopters(_at(features.shown(did), stood), features.offered, keys)
    groups = (standing.groups_seen(frame, rows), stood.select(*frame.dims)) if frame.dims else ()
    grid = standing.every_row(frame, *groups).cross_join(features.names)
    for name, found in (("eligible", eligible), ("adopters", adopters)):
        counted = {f"{start}{name}": who for who, start in ALL.items()}
        grid = fill(grid, found.rename(counted), [*keys, "feature"], list(counted))
    return grid.mutate(**{f"{s}rate": ratio(grid[f"{s}adopters"], grid[f"{s}eligible"]) for s in ALL.values()})


def _stood(frame: Frame, did: ir.Table) -> ir.Table:
    """idx, account_id, dims, plan and status of the accounts looked at; of people who act for none, null."""
    stood = standing.placed(frame, standing.looked_at(frame, did))
    return stood.select("idx", ACCOUNT, "status", "plan", *frame.dims)


def _at(rows: ir.Table, stood: ir.Table) -> ir.Table:
    """Rows (idx, account_id) with how their account stands."""
    right = stood.rename(of_idx="idx", of_account=ACCOUNT)
    same = [rows.idx == right.of_idx, rows[ACCOUNT].identical_to(right.of_account)]
    return rows.inner_join(right, same).drop("of_idx", "of_account")


def _eligible(present: ir.Table, offered: ir.Table, keys: list[str]) -> ir.Table:
    """keys and feature, with how many units have it: any, trial and paying.

    Most stand in one plan: they are added up before plans are multiplied by features.
    """
    has_plan = present.filter(present.plan.notnull())
    units = has_plan.group_by(*keys, "unit", "plan").agg(**_standing_of(has_plan))
    plans = units.count().over(ibis.window(group_by=[*keys, "unit"])).cast("int64")
    units = units.mutate(plans=plans)
    alone = units.filter(units.plans == 1)
    alone = alone.group_by(*keys, "plan").agg(**_sums(alone))
    several = _each_once(_having(units.filter(units.plans > 1), offered), keys)
    both = union(_having(alone, offered).select(*keys, "feature", *ALL), several.select(*keys, "feature", *ALL))
    return both.group_by(*keys, "feature").agg(**_sums(both))


def _adopters(used: ir.Table, offered: ir.Table, keys: list[str]) -> ir.Table:
    """keys and feature, with how many units used a feature that they have: any, trial and paying."""
    plans = offered.select(of_plan="plan", of_feature="feature")
    had = used.inner_join(plans, [used.plan == plans.of_plan, used.feature == plans.of_feature])
    units = had.group_by(*keys, "feature", "unit").agg(**_standing_of(had))
    return units.group_by(*keys, "feature").agg(**_sums(units))


def _having(rows: ir.Table, offered: ir.Table) -> ir.Table:
    """Rows (plan) once for each feature of the plan."""
    plans = offered.select(of_plan="plan", feature="feature")
    return rows.inner_join(plans, rows.plan == plans.of_plan)


def _each_once(rows: ir.Table, keys: list[str]) -> ir.Table:
    return rows.group_by(*keys, "feature", "unit").agg(**{who: rows[who].max() for who in ALL})


def _standing_of(rows: ir.Table) -> dict[str, ir.Value]:
    """1 where one of the rows counts so, else 0."""
    tests = {"any": rows.status.notnull(), "trial": rows.status == "trial", "paying": rows.status == "paying"}
    return {who: test.cast("int64").max() for who, test in tests.items()}


def _sums(rows: ir.Table) -> dict[str, ir.Value]:
    return {who: rows[who].sum().cast("int64") for who in ALL}
