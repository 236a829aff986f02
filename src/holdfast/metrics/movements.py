"""MRR movements: what came, what grew, what shrank, what left, and the ratio of gain to loss."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics.balances import balances
from holdfast.metrics.columns import PERIOD, count, money, number
from holdfast.metrics.frame import ACCOUNT, MOVEMENTS, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.recurring import TERMS, per_account
from holdfast.metrics.registry import ChartSpec, register
from holdfast.metrics.tables import fill, ratio

COUNTS = {
    "new": "new_accounts",
    "reactivation": "reactivated_accounts",
    "expansion": "expanded_accounts",
    "contraction": "contracted_accounts",
    "churn": "churned_accounts",
}
FLOWS = [f"{movement}_micros" for movement in MOVEMENTS] + ["upsell_micros", "cross_sell_micros"]


def flows(frame: Frame) -> ir.Table:
    """idx, money keys and the sums of each movement in each period."""
    changes = frame.visible(frame.moves(frame.periods[0].first, frame.bound))
    expansion = changes.movement == "expansion"
    amounts = {f"{name}_micros": changes.movement == name for name in MOVEMENTS}
    amounts |= {"upsell_micros": expansion & ~changes.new_product, "cross_sell_micros": expansion & changes.new_product}
    return changes.group_by(*frame.money_keys, "idx").agg(
        **{name: ibis.ifelse(kept, changes.delta_micros, 0).sum().cast("int64") for name, kept in amounts.items()}
    )


def moved_accounts(frame: Frame) -> ir.Table:
    """idx, money keys and the number of accounts with at least one movement of each kind in the period."""
    changes = frame.facts.changes.filter(lambda t: t.moved)
    moved = frame.owned(frame.visible(frame.in_range(changes)))
    if frame.dimensions.main_item_columns:
        moved = frame.place(_with_home(frame, moved), at="home")
    else:
        moved = frame.place(moved, at="day")
    # one row an account and movement first: cheaper than counting distinct names five times over
    keys = ["idx", *frame.money_keys]
    once = moved.group_by(*keys, ACCOUNT, "movement").agg(rows=moved.count())
    return once.group_by(*keys).agg(
        **{column: (once.movement == name).cast("int64").sum().cast("int64") for name, column in COUNTS.items()}
    )


def _with_home(frame: Frame, moved: ir.Table) -> ir.Table:
    """Rows with the day that their account is placed by: the period's start, or its first movement
    where it came then.
    """
    first = ibis.window(group_by=["idx", ACCOUNT])
    there = frame.roster(opening=lambda p: p.opening).select(there_idx="idx", there_account=ACCOUNT)
    openings = frame.points(opening=lambda p: p.opening).select("idx", "opening")
    rows = moved.mutate(first_move=moved.day.min().over(first)).inner_join(openings, "idx")
    rows = rows.left_join(there, [rows.idx == there.there_idx, rows[ACCOUNT] == there.there_account])
    return rows.mutate(home=ibis.ifelse(rows.there_account.isnull(), rows.first_move, rows.opening))


@register(
    name="mrr-movements",
    unit="money",
    title="MRR movements",
    definition="What changed MRR in the period: sums of daily movements, each account's changes of a day "
    "netted. Losses are negative.",
    formula="opening + new + reactivation + expansion + contraction + churn + fx = closing; expansion "
    "= upsell + cross-sell",
    columns=(
        PERIOD,
        money("opening", "MRR at the close of the day before the period"),
        money("new", "MRR of accounts that never were customers before"),
        money("reactivation", "MRR of accounts that came back"),
        money("expansion", "rises of customers"),
        money("upsell", "expansion in products that the account already had"),
        money("cross_sell", "expansion in products new to the account"),
        money("contraction", "falls of customers that stay"),
        money("churn", "MRR of accounts that left"),
        money("fx", "what changed with exchange rates alone; 0 without --currency"),
        money("closing", "MRR at the period's end"),
        count("new_accounts", "accounts with a new movement"),
        count("reactivated_accounts", "accounts that came back"),
        count("expanded_accounts", "accounts with an expansion"),
        count("contracted_accounts", "accounts with a contraction"),
        count("churned_accounts", "accounts that left"),
    ),
    sources=TERMS,
    worked=(
        "closing = opening + new + reactivation + expansion + contraction + churn + fx",
        "expansion = upsell + cross_sell",
    ),
    leads="new + reactivation + expansion - contraction - churn",
    heeds=heeds("same_period", "fx"),
    chart=ChartSpec("movements", "What moved MRR in each period", tuple(MOVEMENTS)),
)
def mrr_movements(frame: Frame) -> ir.Table:
    keys = [*frame.money_keys, "idx"]
    accounts = moved_accounts(frame)
    table = fill(balances(frame, accounts), flows(frame), keys, FLOWS)
    table = fill(table, accounts, keys, list(COUNTS.values()))
    moved = sum((table[f"{name}_micros"] for name in MOVEMENTS[1:]), start=table.new_micros)
    return table.mutate(fx_micros=table.closing_micros - table.opening_micros - moved)


@register(
    name="quick-ratio",
    unit="ratio",
    title="Quick ratio",
    definition="Recurring revenue gained in the period for each unit lost.",
    formula="(new + expansion + reactivation) / (contraction + churn)",
    columns=(
        PERIOD,
        money("gained", "new, expansion and reactivation"),
        money("lost", "contraction and churn, as a positive amount"),
        number("ratio", "gained / lost; null where nothing was lost"),
    ),
    sources=TERMS,
    worked=("ratio = gained / lost",),
    leads="gained + lost",
    heeds=heeds("same_period", "fx"),
    chart=ChartSpec("line", "MRR gained for each unit lost", ("ratio",)),
)
def quick_ratio(frame: Frame) -> ir.Table:
    table = fill(frame.every_period(frame.money_keys), flows(frame), [*frame.money_keys, "idx"], FLOWS)
    gained = table.new_micros + table.expansion_micros + table.reactivation_micros
    lost = -(table.contraction_micros + table.churn_micros)
    return table.mutate(gained_micros=gained, lost_micros=lost, ratio=ratio(gained, lost))


@register(
    name="asp",
    unit="money",
    title="Average sale price",
    definition="MRR that new accounts brought in the period, per new account.",
    formula="new MRR / new accounts",
    columns=(
        PERIOD,
        money("new_mrr", "MRR of new accounts"),
        count("new_accounts", "new accounts"),
        money("asp", "new MRR per new account; null where there is none"),
    ),
    sources=TERMS,
    worked=("asp = new_mrr / new_accounts",),
    heeds=heeds("same_period", "fx"),
    chart=ChartSpec("line", "Average MRR of a new account", ("asp",)),
)
def asp(frame: Frame) -> ir.Table:
    keys, accounts = [*frame.money_keys, "idx"], moved_accounts(frame)
    table = fill(frame.every_period(frame.money_keys, accounts), flows(frame), keys, ["new_micros"])
    table = fill(table, accounts, keys, ["new_accounts"])
    table = table.mutate(new_mrr_micros=table.new_micros)
    return table.mutate(asp_micros=per_account(table.new_mrr_micros, table.new_accounts))
