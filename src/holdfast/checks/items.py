"""Subscription terms as what each item is today, worth what the metrics say, and what is planned for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa

from holdfast.engines import open_engine
from holdfast.facts import TABLES
from holdfast.metrics.policy import Policy, policy_with
from holdfast.metrics.spans import ITEM_KEY, mrr_spans, with_ends


class Step(NamedTuple):
    """Something that is planned: from `day` on the item is worth `mrr_micros`; null where it ends then."""

    day: date
    mrr_micros: int | None
    what: tuple[Any, ...] = ()
    """Plan, quantity and status from then on."""


@dataclass(frozen=True)
class Item:
    """One item of a subscription as it is today."""

    subscription_id: str
    item_id: str
    account_id: str
    status: str
    currency: str
    plan_id: str | None
    quantity: str | None
    unit_amount: str | None
    billing_interval: str
    interval_count: int
    gross_micros: int | None
    net_micros: int | None
    discount_percent: str | None
    discount_amount: str | None
    discount_duration: str | None
    mrr_micros: int
    planned: tuple[Step, ...] = ()


ItemId = tuple[str, str]
"""Subscription and item."""
Items = dict[ItemId, Item]
OWN = tuple(name for name in Item.__dataclass_fields__ if name not in {"mrr_micros", "planned"})


def items_on(sides: Mapping[str, pa.Table], plans: pa.Table, policy: Policy, today: date) -> dict[str, Items]:
    """The items of each side that live on a day; MRR is that of `mrr_spans` under the policy."""
    found: dict[str, dict[ItemId, list[dict[str, Any]]]] = {side: {} for side in sides}
    for row in _valued(_beside(sides), plans, policy).to_pylist():
        if row["to_day"] is None or row["to_day"] > today:
            found[row["source"]].setdefault((row["subscription_id"], row["item_id"]), []).append(row)
    return {
        side: {key: _item(rows, today) for key, rows in items.items() if rows[0]["valid_from_day"] <= today}
        for side, items in found.items()
    }


def _beside(sides: Mapping[str, pa.Table]) -> pa.Table:
    """All sides in one table, the name of each in place of its source, so that one question answers for all."""
    declared = TABLES["subscription_terms"]
    names = [column.name for column in declared.own_columns] + ["row_key"]
    schema = pa.schema([declared.schema.field(name).with_nullable(True) for name in names])
    return pa.concat_tables(
        rows.select(names).cast(schema).append_column("source", pa.repeat(pa.scalar(side), rows.num_rows))
        for side, rows in sides.items()
    )


def _item(rows: list[dict[str, Any]], today: date) -> Item:
    present, *later = rows
    lapsed = present["span_end"] is not None and present["span_end"] <= today
    steps = [Step(row["valid_from_day"], row["mrr_micros"], _what(row)) for row in later]
    end = rows[-1]["to_day"]
    planned = (*steps, Step(end, None)) if end is not None else tuple(steps)
    return Item(
        **{name: present[name] for name in OWN}, mrr_micros=0 if lapsed else present["mrr_micros"], planned=planned
    )


def _what(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["plan_id"], row["quantity"], row["status"]


def _valued(terms: pa.Table, plans: pa.Table, policy: Policy) -> pa.Table:
    """The terms that are not empty, each with its own end and with its MRR: 0 where the policy leaves it out.

    Which of the rows is the present one does not depend on a policy: every one that lives is listed.
    """
    import ibis

    with open_engine("duckdb") as engine:
        stored = engine.backend.create_table("terms", terms)
        known = engine.backend.create_table("plans", plans)
        alive = policy_with(policy, past_due="count", churn_date="access-ends")
        ended = with_ends(stored, alive)
        ended = ended.filter(ended.to_day.isnull() | (ended.to_day > ended.valid_from_day))
        spans = mrr_spans(stored, known, policy).select(
            **{f"span_{name}": name for name in ITEM_KEY}, span_day="from_day", span_end="to_day", span_mrr="mrr_micros"
        )
        same = [ended[name] == spans[f"span_{name}"] for name in ITEM_KEY]
        joined = ended.left_join(spans, [*same, ended.valid_from_day == spans.span_day])
        mrr = ibis.coalesce(joined.span_mrr, 0).cast("int64")
        rows = joined.select("source", *OWN, "valid_from_day", "to_day", "span_end", mrr_micros=mrr)
        return engine.to_arrow(rows.order_by("source", "subscription_id", "item_id", "valid_from_day"))
