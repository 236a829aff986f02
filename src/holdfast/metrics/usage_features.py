"""Which features are used: by how many of those who have them."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics import activity, standing
from holdfast.metrics.activity import OF_ACCOUNTS, Activity, Of
from holdfast.metrics.columns import PERIOD, count, label, rate
from holdfast.metrics.feature_use import FeatureUse
from holdfast.metrics.features import Features
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.registry import ChartSpec, register
from holdfast.metrics.tables import fill, ratio, union
from holdfast.metrics.weekly_use import WeeklyUse, counted_units

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
    features = Features(Activity(frame))
    did = FeatureUse(features, counted_units(frame))
    stood = features.with_plan_listed(_stood(frame, did.active))
    keys = [*frame.dims, "idx"]
    alike = _alike(did, stood, keys)
    several = None if did.several is None else _at(did.several, stood)
    eligible = _eligible(did, stood, alike, several, keys)
    adopters = _adopters(features, alike, several, keys)
    grid = standing.every_row(frame, *(_groups(frame, did.of, stood) if frame.dims else ())).cross_join(features.names)
    for name, found in (("eligible", eligible), ("adopters", adopters)):
        counted = {f"{start}{name}": who for who, start in ALL.items()}
        grid = fill(grid, found.rename(counted), [*keys, "feature"], list(counted))
    return grid.mutate(**{f"{s}rate": ratio(grid[f"{s}adopters"], grid[f"{s}eligible"]) for s in ALL.values()})


def _groups(frame: Frame, of: Of, stood: ir.Table) -> tuple[ir.Table, ...]:
    """The groups of the accounts that ever did anything, and of those looked at."""
    return standing.groups_seen(frame, WeeklyUse(frame).ever(of)), stood.select(*frame.dims)


def _stood(frame: Frame, did: ir.Table) -> ir.Table:
    """idx, account_id, dims, plan and status of the accounts looked at; of people who act for none, null."""
    stood = standing.placed(frame, standing.looked_at(frame, did))
    return stood.select("idx", ACCOUNT, "status", "plan", *frame.dims)


def _at(rows: ir.Table, stood: ir.Table) -> ir.Table:
    """Rows (idx, account_id) with how their account stands."""
    right = stood.rename(of_idx="idx", of_account=ACCOUNT)
    same = [rows.idx == right.of_idx, rows[ACCOUNT].identical_to(right.of_account)]
    return rows.inner_join(right, same).drop("of_idx", "of_account")


def _alike(did: FeatureUse, stood: ir.Table, keys: list[str]) -> ir.Table:
    """keys, status, plan, page and events, with `n`, how many units stand so and did just that."""
    rows = _at(did.alone, stood)
    return rows.group_by(*keys, "status", "plan", "page", "events").agg(n=rows.count().cast("int64"))


def _eligible(did: FeatureUse, stood: ir.Table, alike: ir.Table, several: ir.Table | None, keys: list[str]) -> ir.Table:
    """keys and feature, with how many units have it: any, trial and paying."""
    plans = _numbers_at(did, stood, alike)
    plans = plans.filter(plans.plan.notnull())
    # added up before plans are multiplied by features
    plans = plans.group_by(*keys, "plan").agg(**_sums(_standing_of(plans, plans.n)))
    rest = None
    if several is not None and did.of == "users":
        rest = _having(several.drop("page", "events").distinct(), did.features.offered)
    return _together(_having(plans, did.features.offered), rest, keys)


def _numbers_at(did: FeatureUse, stood: ir.Table, alike: ir.Table) -> ir.Table:
    """How units that can be counted stand, with `n`, how many do: accounts looked at, or people who did anything."""
    if did.of == "users" and did.features.on_one_page:
        return alike
    each = stood if did.of == "accounts" else _at(did.alone.select("idx", ACCOUNT, "unit").distinct(), stood)
    return each.mutate(n=ibis.literal(1, "int64"))


def _adopters(features: Features, alike: ir.Table, several: ir.Table | None, keys: list[str]) -> ir.Table:
    """keys and feature, with how many units used a feature that they have: any, trial and paying."""
    used = _offered(features.used(alike), features.offered)
    rest = None if several is None else _offered(features.used(several), features.offered)
    return _together(used.mutate(**_standing_of(used, used.n)), rest, keys)


def _together(alone: ir.Table, several: ir.Table | None, keys: list[str]) -> ir.Table:
    """keys and feature, with the sums of `alone` and each unit of `several` (status) once."""
    rows = alone.select(*keys, "feature", *ALL)
    if several is not None:
        flagged = several.mutate(**_standing_of(several, ibis.literal(1, "int64")))
        each = flagged.group_by(*keys, "feature", "unit").agg(**{who: flagged[who].max() for who in ALL})
        rows = union(rows, each.drop("unit"))
    return rows.group_by(*keys, "feature").agg(**_sums({who: rows[who] for who in ALL}))


def _having(rows: ir.Table, offered: ir.Table) -> ir.Table:
    """Rows (plan) once for each feature of the plan."""
    plans = offered.select(of_plan="plan", feature="feature")
    return rows.inner_join(plans, rows.plan == plans.of_plan)


def _offered(rows: ir.Table, offered: ir.Table) -> ir.Table:
    """Rows (plan, feature) whose plan has the feature."""
    plans = offered.select(of_plan="plan", of_feature="feature")
    return rows.inner_join(plans, [rows.plan == plans.of_plan, rows.feature == plans.of_feature])


def _standing_of(rows: ir.Table, n: ir.IntegerValue) -> dict[str, ir.Value]:
    """n where the row counts so, else 0."""
    tests = {"any": rows.status.notnull(), "trial": rows.status == "trial", "paying": rows.status == "paying"}
    return {who: ibis.ifelse(test.fill_null(False), n, 0).cast("int64") for who, test in tests.items()}


def _sums(values: dict[str, ir.Value]) -> dict[str, ir.Value]:
    return {who: value.sum().cast("int64") for who, value in values.items()}
