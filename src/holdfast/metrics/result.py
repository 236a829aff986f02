"""The one answer: a metric's table, with everything that is needed to question it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.metrics.calendar import Period
from holdfast.metrics.query import MetricQuery
from holdfast.metrics.registry import Metric

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from holdfast.charts.parts import Drawing

MICRO_PLACES = 6
KEY_KINDS = ("period", "cohort", "day")
MOST_ROWS = 60
"""Rows that a notebook shows; the middle of a longer answer is left out."""


@dataclass(frozen=True, eq=False)
class MetricResult:
    """What a metric came to. Shows itself in a notebook as a table; `chart()` draws it.

    `arrow` holds money as exact decimals in major units, rates as fractions, and periods and cohorts as their
    first day.
    """

    metric: Metric
    query: MetricQuery
    arrow: pa.Table
    sql: str
    expression: ir.Table
    gather_evidence: Callable[[], Mapping[str, Any]]
    working: pa.Table
    """Row by row, all figures that the answer was made of, shown or not: money in micros."""
    explainer: Callable[[MetricResult, str | date | None, int], Any]

    @cached_property
    def evidence(self) -> Mapping[str, Any]:
        """Rows counted and left out with the reason, open periods, notes, tables read."""
        return self.gather_evidence()

    @property
    def table(self) -> ir.Table:
        """The answer as an Ibis expression on its engine; money columns end in `_micros` and are int64."""
        return self.expression

    @property
    def options(self) -> dict[str, int | str]:
        """What only this metric takes, such as `window`: as given, or by default."""
        return dict(self.query.options)

    @property
    def chosen(self) -> dict[str, int | str]:
        """Those of its options that are not the default."""
        usual = {option.name: option.default for option in self.metric.options}
        return {name: value for name, value in self.query.options.items() if value != usual.get(name)}

    def to_arrow(self) -> pa.Table:
        return self.arrow

    def to_pandas(self) -> pd.DataFrame:
        """A data frame with money as float64 in major units, for looking at; `to_arrow` is exact."""
        columns = [
            column.cast(pa.float64()) if pa.types.is_decimal(column.type) else column for column in self.arrow.columns
        ]
        return pa.table(columns, names=self.arrow.column_names).to_pandas()

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as JSON holds them: money as numbers in major units, days as ISO text."""
        return [{name: _plain(value) for name, value in row.items()} for row in self.arrow.to_pylist()]

    def to_json(self) -> dict[str, Any]:
        """The answer as `--format json` prints it."""
        return {
            "metric": self.metric.name,
            "unit": self.metric.unit,
            "policy": self.query.policy.name,
            "grain": self.query.grain,
            "currency": self.query.currency,
            "options": self.options,
            "columns": self.arrow.column_names,
            "rows": self.to_dicts(),
            "evidence": dict(self.evidence),
        }

    def explain(self, rows: str | date | None = None, *, limit: int = 20) -> Any:
        """Formula with its figures, policy, rows counted and left out; and where `rows` names a period, the accounts
        behind its number with their facts (the `limit` that matter most) and the switches that mattered.
        """
        return self.explainer(self, rows, limit)

    def chart(self) -> Drawing:
        """The metric's own chart."""
        from holdfast.charts import build

        return build(self.metric, self.arrow, self.query)

    def _repr_html_(self) -> str:
        from html import escape

        shown = self.to_pandas().to_html(
            index=False, border=0, na_rep="–", max_rows=MOST_ROWS, formatters=self._formatters()
        )
        return f"<h4>{escape(self.metric.title)}</h4><p>{escape(self.metric.definition)}</p>{shown}"

    def _formatters(self) -> dict[str, Callable[[Any], str]]:
        from holdfast.charts import words

        said: dict[str, Callable[[Any], str]] = {
            "money": "{:,.2f}".format,
            "count": words.count,
            "rate": lambda share: words.percent(share, digits=2),
            "number": words.number,
        }
        return {column.name: said[column.kind] for column in self.metric.columns if column.kind in said}

    def __repr__(self) -> str:
        return f"<{self.metric.name}: {self.arrow.num_rows} rows, policy {self.query.policy.name}>"


def _plain(value: Any) -> Any:
    from datetime import date
    from decimal import Decimal

    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def money_column(micros: pa.Array | pa.ChunkedArray) -> pa.Array:
    """int64 micros as exact decimals in major units.

    >>> money_column(pa.array([1_500_000, None])).to_pylist()
    [Decimal('1.500000'), None]
    """
    if isinstance(micros, pa.ChunkedArray):
        micros = micros.combine_chunks()
    whole = micros.cast(pa.decimal128(38, 0))
    return pa.Array.from_buffers(
        pa.decimal128(38, MICRO_PLACES), len(whole), whole.buffers(), whole.null_count, whole.offset
    )


def zeros(metric: Metric, periods: Sequence[Period], currency: str) -> list[dict[str, Any]]:
    """A row a period for a company in which nothing ever counted: money in micros, in the company's currency."""
    nothing = {
        f"{column.name}_micros" if column.kind == "money" else column.name: column.of_nothing
        for column in metric.columns
    }
    return [{**nothing, "period": period.first, "currency": currency} for period in periods]


def key_columns(metric: Metric) -> list[str]:
    """The columns that tell rows apart, before dimensions: period, cohort and age."""
    return [c.name for c in metric.columns if c.kind in KEY_KINDS or c.name == "age"]


def shape(metric: Metric, query: MetricQuery, rows: pa.Table, dims: Mapping[str, str]) -> tuple[pa.Table, pa.Table]:
    """Rows as computed (money in micros, dims under internal names) as people see them, in order; and all figures
    that they were made of, in the same order.
    """
    keys = key_columns(metric)
    split_currency = not metric.pure_count and not query.currency
    named: dict[str, pa.Array] = {name: rows[name] for name in keys}
    named |= {shown: rows[column] for column, shown in dims.items()}
    if split_currency:
        named["currency"] = rows["currency"]
    if "group" in rows.column_names:
        named["group"] = rows["group"]
    # under plain names: a name with a dot would be taken for a nested field
    labels = [rows[c.name] for c in metric.columns if c.kind in ("label", "dimension") and c.name not in named]
    keys = pa.table({f"k{place}": values for place, values in enumerate([*named.values(), *labels])})
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending", "at_end") for name in keys.column_names])
    for column in metric.columns:
        if column.name not in named:
            source = f"{column.name}_micros" if column.kind == "money" else column.name
            named[column.name] = money_column(rows[source]) if column.kind == "money" else rows[source]
    figures = [name for name in rows.column_names if name not in dims and _is_figure(rows.schema.field(name).type)]
    return pa.table(named).take(order), rows.select(figures).take(order)


def _is_figure(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
