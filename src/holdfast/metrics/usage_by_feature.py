"""What was done with each feature, period by period: of all accounts, or of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.metrics import activity, standing
from holdfast.metrics.activity import Activity
from holdfast.metrics.columns import PERIOD, count, label
from holdfast.metrics.features import Features
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.registry import ChartSpec, register
from holdfast.metrics.tables import fill

if TYPE_CHECKING:
    import ibis.expr.types as ir


@register(
    name="account-usage",
    unit="count",
    title="Use by feature",
    definition="How often each feature was used in each week, on how many days and by how many people: of one account "
    "where a condition names it, else of all.",
    formula="number of counting events that show the use of the feature",
    columns=(
        PERIOD,
        label("feature", "feature"),
        count("events", "counting events of the feature"),
        count("active_days", "days of the period with such an event"),
        count("people", "people with such an event"),
    ),
    sources=(*activity.SOURCES, "plan_features"),
    leads="events",
    heeds=heeds(),
    chart=ChartSpec("line", "Use of each feature", ("events",), split=("feature",)),
    grain="week",
    pure_count=True,
    example={"where": "account = 'a1'"},
)
def account_usage(frame: Frame) -> ir.Table:
    acts = Activity(frame)
    features = Features(acts)
    keys = [*frame.dims, "idx", "feature"]
    shown = features.shown(_placed(frame, acts))
    sums = shown.group_by(*keys).agg(events=shown.events.sum().cast("int64"))
    days = shown.select(*keys, "day").distinct()
    people = shown.filter(shown.person.notnull()).select(*keys, "person").distinct()
    counted = {
        "active_days": days.group_by(*keys).agg(active_days=days.count().cast("int64")),
        "people": people.group_by(*keys).agg(people=people.count().cast("int64")),
    }
    groups = (standing.groups_seen(frame, acts.rows),) if frame.dims else ()
    grid = fill(standing.every_row(frame, *groups).cross_join(features.names), sums, keys, ["events"])
    for name, found in counted.items():
        grid = fill(grid, found, keys, [name])
    return grid


def _placed(frame: Frame, acts: Activity) -> ir.Table:
    """idx, dims, person, event, day and events of the range, that the conditions keep."""
    rows = frame.in_range(acts.rows)
    rows = rows.group_by("idx", ACCOUNT, "person", "event", "day").agg(events=rows.events.sum().cast("int64"))
    return standing.placed(frame, rows.inner_join(standing.begun(frame).select("idx", "close"), "idx"))
