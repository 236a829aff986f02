"""The roll-ups of a question as if merged accounts had always been one.

Roll-ups keep the accounts that facts came with. Where accounts were merged, what they became and what moved is
computed anew for them alone, from their spans; a merge or its undoing rewrites nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from holdfast.metrics.changes import account_days, customer_spans, mrr_changes
from holdfast.metrics.frame import Facts
from holdfast.metrics.tables import union

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.metrics.policy import Policy


def with_merges(facts: Facts, merges: ir.Table, policy: Policy, stored: Callable[[ir.Table], ir.Table]) -> Facts:
    """The facts with accounts `merged_id` counted as `into_id`; `stored` computes a stage and gives it back."""
    joined = facts.spans.inner_join(merges, facts.spans.account_id == merges.merged_id)
    columns = {name: joined[name] for name in facts.spans.columns} | {"account_id": joined.into_id}
    spans = stored(joined.select(**columns))
    days = stored(account_days(spans, policy))
    customers = stored(customer_spans(days, policy))
    changes = stored(mrr_changes(spans, days, customers))
    return replace(
        facts,
        spans=_instead(facts.spans, merges, spans),
        changes=_instead(facts.changes, merges, changes),
        customers=_instead(facts.customers, merges, customers),
    )


def _instead(table: ir.Table, merges: ir.Table, fresh: ir.Table) -> ir.Table:
    others = table.anti_join(merges, table.account_id == merges.merged_id)
    schema = table.schema()
    return union(others, fresh.select(**{name: fresh[name].cast(schema[name]) for name in table.columns}))


__all__ = ["with_merges"]
