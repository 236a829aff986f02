"""What the product's features are, which events show their use, and which plan has them. See decision 0007."""

from __future__ import annotations

from functools import cached_property

import ibis
import ibis.expr.types as ir

from holdfast.metrics import event_sets
from holdfast.metrics.activity import Activity
from holdfast.metrics.calendar import literal_table
from holdfast.metrics.tables import union

EVERY_PLAN = ""
"""The plan that stands for all of them where no plan lists a feature."""


class Features:
    """The features of one question. Every method gives an Ibis table; none of them runs anything."""

    def __init__(self, activity: Activity) -> None:
        self.frame, self.activity = activity.frame, activity
        self.configured = self.frame.query.usage.features
        rows = self.frame.facts.table("plan_features")
        self._included = rows.filter(rows.included).select(plan="plan_id", feature="feature").distinct()
        self._lists = self._included.agg(listed=self._included.count().cast("int64"))

    @property
    def names(self) -> ir.Table:
        """`feature`: all there are, those too that only a plan names."""
        return union(self._own.select("feature"), self._included.select("feature"), distinct=True)

    @property
    def offered(self) -> ir.Table:
        """plan and feature: what each plan has. Where no plan lists any, `EVERY_PLAN` has them all, those that
        are only events from the day `since` on, on which they were first seen.
        """
        listed = self._included.mutate(since=ibis.null("date"))
        own = self._own.cross_join(self._lists)
        unlisted = own.filter(own.listed == 0).select(plan=ibis.literal(EVERY_PLAN), feature="feature", since="since")
        return union(listed, unlisted)

    def with_plan_listed(self, rows: ir.Table) -> ir.Table:
        """Rows whose `plan` is the one that `offered` knows."""
        joined = rows.cross_join(self._lists)
        return joined.mutate(plan=ibis.ifelse(joined.listed == 0, EVERY_PLAN, joined.plan)).drop("listed")

    @cached_property
    def span_pages(self) -> bool:
        """Whether the events of one feature lie on several pages of the weekly roll-up."""
        return any(len(event_sets.masks(events, self._numbers)) > 1 for _, events in self.configured)

    @property
    def on_one_page(self) -> bool:
        """Whether all events have their bit on one page: a unit then has one row in a period."""
        return event_sets.pages(self._numbers) <= 1

    def used(self, rows: ir.Table) -> ir.Table:
        """Rows (page, events) once for each `feature` that one of the events shows; twice where it spans pages."""
        features = self.configured or tuple((event, (event,)) for event in self._numbers)
        named = [
            {"feature": feature, "of_page": page, "mask": mask}
            for feature, events in sorted(features)
            for page, mask in event_sets.masks(events, self._numbers).items()
        ]
        if not named:
            return rows.mutate(feature=ibis.null("string")).filter(ibis.literal(False))
        table = literal_table(named)
        joined = rows.inner_join(table, rows.page == table.of_page)
        return joined.filter((joined.events & joined.mask) != 0).drop("of_page", "mask")

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return dict(self.frame.facts.event_numbers())

    def shown(self, rows: ir.Table) -> ir.Table:
        """Rows (event) with the `feature` that their event shows; as often as there are such features."""
        if not self.configured:
            return rows.mutate(feature=rows.event)
        pairs = sorted({(feature, event) for feature, events in self.configured for event in events})
        if not pairs:
            return rows.mutate(feature=ibis.null("string")).filter(ibis.literal(False))
        table = literal_table([{"feature": feature, "of_event": event} for feature, event in pairs])
        return rows.inner_join(table, rows.event == table.of_event).drop("of_event")

    @property
    def _own(self) -> ir.Table:
        """`feature` and `since` of those that do not come from a plan."""
        if self.configured:
            names = literal_table([{"feature": feature} for feature, _ in self.configured])
            return names.mutate(since=ibis.null("date"))
        return self.frame.facts.kept("first days", ("events",), self._first_days)

    def _first_days(self) -> ir.Table:
        days = self.activity.days
        return days.group_by(feature="event").agg(since=days.day.min())
