"""Who used which feature in which period, for which account: by numbers, and one by one where that is not enough.

Most people act for one account alone. Those are only counted, which takes a row for each person and feature with the
periods as bits; whoever acts for several accounts stands in `several`, to be counted once whatever their accounts are.
"""

from __future__ import annotations

from functools import cached_property

import ibis
import ibis.expr.types as ir

from holdfast.metrics import bits
from holdfast.metrics.features import Features
from holdfast.metrics.frame import ACCOUNT
from holdfast.metrics.tables import fill


class FeatureUse:
    """People, or accounts, by the features that they used; people with the account that they did it for, or null."""

    def __init__(self, features: Features, of: str) -> None:
        self.features, self.frame, self.of = features, features.frame, of
        self.first, self.positions = self.frame.periods[0].index, len(self.frame.periods)
        self.unit = ["unit"] if of == "users" else []

    @cached_property
    def active(self) -> ir.Table:
        """idx and account_id for which anybody did anything."""
        return self._by_period(self._homes, ACCOUNT)

    @cached_property
    def used(self) -> ir.Table:
        """idx, account_id, feature and `n`, how many used it; of people those of one account."""
        return self._by_period(self._alone(self._shown), ACCOUNT, "feature")

    @cached_property
    def several(self) -> ir.Table | None:
        """idx, account_id, unit and feature of people who acted for several accounts; null where accounts are asked."""
        if self.of == "accounts":
            return None
        rows = self._shown.semi_join(self._wanderers, "unit").cross_join(self.frame.points().select("idx"))
        done = bits.bit_at(rows, rows.idx - self.first, self.positions)
        return rows.filter(done == 1).select("idx", ACCOUNT, "unit", "feature")

    def present(self, stood: ir.Table) -> ir.Table:
        """The accounts looked at, with `n`, how many each stands for: itself, or people of its own who did anything."""
        if self.of == "accounts":
            return stood.mutate(n=ibis.literal(1, "int64"))
        return fill(stood, self._by_period(self._alone(self._homes), ACCOUNT), ["idx", ACCOUNT], ["n"])

    # parts

    @cached_property
    def _each(self) -> ir.Table:
        """account_id, unit, event and the bits of the periods."""
        rows = self.frame.in_range(self.features.activity.of(self.features.activity.rows, self.of))
        return rows.group_by(ACCOUNT, *self.unit, "event").agg(**bits.masks(rows.idx - self.first, self.positions))

    @cached_property
    def _shown(self) -> ir.Table:
        shown = self.features.shown(self._each)
        return self._joined(shown, ACCOUNT, *self.unit, "feature") if self.features.configured else shown

    @cached_property
    def _homes(self) -> ir.Table:
        return self._joined(self._each, ACCOUNT, *self.unit)

    def _alone(self, rows: ir.Table) -> ir.Table:
        return rows if self.of == "accounts" else rows.anti_join(self._wanderers, "unit")

    @cached_property
    def _wanderers(self) -> ir.Table:
        """unit of those who acted for several accounts, none being one of them."""
        counted = self._homes.group_by("unit").agg(accounts=self._homes.count().cast("int64"))
        return counted.filter(counted.accounts > 1).select("unit")

    def _joined(self, rows: ir.Table, *keys: str) -> ir.Table:
        return rows.group_by(*keys).agg(**bits.joined(rows, bits.names(self.positions)))

    def _by_period(self, rows: ir.Table, *keys: str) -> ir.Table:
        """idx, keys and `n`, how many rows have the period's bit; where there are any."""
        sums = {f"p{place}": bits.bit(rows, place).sum().cast("int64") for place in range(self.positions)}
        wide = rows.group_by(*keys).agg(**sums).cross_join(self.frame.points().select("idx"))
        counted = wide.select("idx", *keys, n=bits.picked(wide, wide.idx - self.first, list(sums)))
        return counted.filter(counted.n > 0)
