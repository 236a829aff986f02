"""Percentiles by counting rows are those that everybody computes."""

from __future__ import annotations

import ibis
import numpy as np
import pytest

from holdfast.metrics.quantiles import QUARTILES, quantiles


@pytest.mark.parametrize(
    "values", [[3], [1, 2], [5, 5, 5, 9], [0, None, 4, None, 10], [7, 1, 8, 2, 8, 1, 8, 2, 8], list(range(100))]
)
def test_as_numpy_has_them(values: list[int | None]) -> None:
    table = ibis.memtable({"key": ["a"] * len(values) + ["b"], "value": [*values, None]}).cast({"value": "int64"})
    rows = quantiles(table, ["key"], "value", QUARTILES, of_all="rows", of_known="known").order_by("key").to_pyarrow()
    mine, nobody = rows.to_pylist()
    known = [value for value in values if value is not None]
    assert (mine["rows"], mine["known"]) == (len(values), len(known))
    expected = np.percentile(known, list(QUARTILES.values()))
    assert [mine[name] for name in QUARTILES] == pytest.approx(expected, rel=1e-15)
    assert (nobody["rows"], nobody["known"], nobody["median_days"]) == (1, 0, None)
