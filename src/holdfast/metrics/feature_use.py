"""Who used which feature in which period, for which account: by numbers, and one by one where that is not enough.

Most people act for one account alone. Those are only counted, and those who did the same are counted together; whoever
acts for several accounts stands in `several`, to be counted once whatever their accounts are.
"""

from __future__ import annotations

from functools import cached_property

import ibis
import ibis.expr.types as ir

from holdfast.metrics import bits
from holdfast.metrics.activity import Of
from holdfast.metrics.features import Features
from holdfast.metrics.frame import ACCOUNT
from holdfast.metrics.weekly_use import WeeklyUse


class FeatureUse:
    """People, or accounts, by the features that they used; people with the account that they did it for, or null."""

    def __init__(self, features: Features, of: Of) -> None:
        self.features, self.frame, self.of = features, features.frame, of
        self.one_by_one = of == "users" or features.span_pages
        """Whether there are units that must not be counted twice."""

    @cached_property
    def active(self) -> ir.Table:
        """idx and account_id for which anybody did anything."""
        return self._done.select("idx", ACCOUNT).distinct()

    @cached_property
    def alone(self) -> ir.Table:
        """idx, account_id, unit, page and events of units that can be counted by numbers."""
        if not self.one_by_one:
            return self._done
        nobody = self._done.filter(ibis.literal(False))
        return nobody if self.features.span_pages else self._done.anti_join(self._wanderers, "unit")

    @cached_property
    def several(self) -> ir.Table | None:
        """idx, account_id, unit, page and events of the others; null where there are none."""
        if not self.one_by_one:
            return None
        return self._done if self.features.span_pages else self._done.semi_join(self._wanderers, "unit")

    # parts

    @cached_property
    def _done(self) -> ir.Table:
        rows = WeeklyUse(self.frame).by_period(self.of, with_accounts=True)
        keys = ("idx", ACCOUNT, "unit", "page")
        return rows.group_by(*keys).agg(events=bits.bit_or(rows.events).cast("int64"))

    @cached_property
    def _wanderers(self) -> ir.Table:
        """unit of those who acted for several accounts, none being one of them."""
        homes = self._done.select("unit", ACCOUNT).distinct()
        counted = homes.group_by("unit").agg(accounts=homes.count().cast("int64"))
        return counted.filter(counted.accounts > 1).select("unit")
