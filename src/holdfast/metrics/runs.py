"""Runs: on which of an ordered list of days a span is live, as consecutive places.

Spans have few distinct first and last days, so each distinct day is placed among the list once; sums over many
days then cost one pass over the spans, never spans times days.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

FOR_EVER = 1_000_000
"""A place behind every list."""


def with_run(spans: ir.Table, points: ir.Table, day: str, name: str) -> ir.Table:
    """Spans with the places `<name>_first` up to, not including, `<name>_end` of the days on which they are live.

    `points` holds the days in its column `day`, in the order of its column idx; place 0 is the first.
    """
    starts = _places(spans.select(of="from_day"), points, day)
    ends = _places(spans.filter(spans.to_day.notnull()).select(of="to_day"), points, day)
    first = starts.select(first_of="of", first_place="place")
    end = ends.select(end_of="of", end_place="place")
    joined = spans.inner_join(first, spans.from_day == first.first_of)
    joined = joined.left_join(end, joined.to_day == end.end_of)
    run = {f"{name}_first": joined.first_place, f"{name}_end": joined.end_place.fill_null(FOR_EVER)}
    return joined.select(*spans.columns, **run)


def _places(days: ir.Table, points: ir.Table, day: str) -> ir.Table:
    """How many of the points lie before each distinct day."""
    crossed = days.distinct().cross_join(points.select(point=points[day]))
    before = (crossed.point < crossed.of).cast("int64")
    return crossed.group_by("of").agg(place=before.sum().cast("int64"))


def running_sums(steps: ir.Table, points: ir.Table, keys: list[str], step: str) -> ir.Table:
    """idx, keys and the running sum of `step` over the places of `points`, for each group in `steps`.

    `steps` has the keys, `place` and `step`.
    """
    in_order = ibis.window(order_by=points.idx)
    places = points.select("idx", place=ibis.row_number().over(in_order).cast("int64"))
    sums = steps.group_by(*keys, "place").agg(steps[step].sum().cast("int64").name(step))
    grid = steps.select(*keys).distinct().cross_join(places)
    right = sums.rename({f"of_{name}": name for name in [*keys, "place", step]})
    joined = grid.left_join(right, [grid[name].identical_to(right[f"of_{name}"]) for name in [*keys, "place"]])
    filled = joined.select("idx", *keys, "place", **{step: joined[f"of_{step}"].fill_null(0)})
    so_far = ibis.window(group_by=keys, order_by="place", preceding=None, following=0)
    return filled.mutate(**{step: filled[step].sum().over(so_far).cast("int64")}).drop("place")
