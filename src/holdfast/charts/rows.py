"""From a metric's table to the rows of a chart: long, few, formatted, and free of the user's column names.

Names that come with the data appear only as values: they are drawn as text and never read as an expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from holdfast.charts import words
from holdfast.charts.protocols import DrawnMetric, Question

if TYPE_CHECKING:
    import pyarrow as pa

MAX_SERIES = 10
MAX_PANELS = 6
UNKNOWN = "(unknown)"
EVERYTHING = ""


@dataclass(frozen=True)
class Row:
    """One drawn value. `key` places it on the x axis, `group` is what the answer was split by."""

    key: str
    label: str
    series: str
    group: str
    value: float
    text: str
    is_open: bool
    record: Mapping[str, Any]

    def drawn(self, **more: Any) -> dict[str, Any]:
        named = " · ".join(part for part in (self.label, self.group, self.series) if part)
        return {
            "key": self.key,
            "label": self.label + (f" ({words.say('so far')})" if self.is_open else ""),
            "series": self.series,
            "group": self.group,
            "value": self.value,
            "text": self.text,
            "hover": f"{named}: {self.text}" + (f" {words.say('so far')}" if self.is_open else ""),
            "open": self.is_open,
        } | more


@dataclass(frozen=True)
class Tick:
    """One place on the x axis."""

    key: str
    label: tuple[str, str]
    is_open: bool = False


@dataclass(frozen=True)
class Sheet:
    """Everything that a chart draws."""

    title: str
    subtitle: tuple[str, ...]
    kind: str
    currency: str | None
    x_kind: str
    ticks: tuple[Tick, ...]
    series: tuple[str, ...]
    groups: tuple[str, ...]
    rows: tuple[Row, ...]
    records: tuple[dict[str, Any], ...]
    note: str = ""

    def only(self, group: str) -> Sheet:
        """This sheet with one group's rows, and no split left."""
        rows = tuple(replace(row, group=EVERYTHING) for row in self.rows if row.group == group)
        kept = tuple(record for record in self.records if record[GROUP] == group)
        return replace(self, rows=rows, records=kept, groups=(EVERYTHING,), title=group, subtitle=(), note="")


GROUP = "\N{SYMBOL FOR GROUP SEPARATOR}group"
"""Where a record keeps the group it belongs to; no user's column is named like this."""


def sheets(metric: DrawnMetric, table: pa.Table, query: Question) -> list[Sheet]:
    """One sheet for each currency in the table, the one with most rows first; one where it holds none."""
    records = [plain(record) for record in table.to_pylist()]
    if "currency" not in table.column_names or "currency" in query.by:
        return [sheet(metric, records, query, query.currency)]
    found = sorted({str(record["currency"]) for record in records if record["currency"]})
    if not found:
        return [sheet(metric, records, query, query.currency)]
    return [sheet(metric, [r for r in records if r["currency"] == code], query, code) for code in found]


def plain(record: dict[str, Any]) -> dict[str, Any]:
    """A record whose decimals are floats: a drawing needs no more digits than a screen has."""
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in record.items()}


def sheet(metric: DrawnMetric, records: list[dict[str, Any]], query: Question, currency: str | None) -> Sheet:
    """The rows of one currency's chart."""
    spec, kinds = metric.chart, {column.name: column.kind for column in metric.columns}
    shown = _same_kind(spec.y, kinds, records)
    kind = kinds.get(shown[0], "number") if shown else "number"
    x_kind = kinds.get(spec.x, "label")
    # a metric's own groups are drawn beside each other, unless they are the axis
    own = ("group",) if "group" in kinds and spec.x != "group" else spec.split
    split = (*own, *(name for name in query.by if name not in own))
    grouped = [record | {GROUP: group_of(record, split)} for record in records]
    rows = tuple(
        Row(
            key=key_of(record.get(spec.x)),
            label=label_of(record.get(spec.x), x_kind, query.grain),
            series=words.words(name) if len(shown) > 1 else EVERYTHING,
            group=record[GROUP],
            value=float(record[name]),
            text=words.amount(record[name], kind, currency),
            is_open=_open(record.get(spec.x), x_kind, query),
            record=record,
        )
        for name in shown
        for record in grouped
        if record.get(name) is not None
    )
    places = ticks([record.get(spec.x) for record in grouped], x_kind, query)
    unit = {"money": currency or "money", "rate": "percent", "count": "count"}.get(kind, "")
    return Sheet(
        title=spec.title or metric.title,
        subtitle=_subtitle(unit, x_kind, places, query),
        kind=kind,
        currency=currency,
        x_kind=x_kind,
        ticks=places,
        series=tuple(words.words(name) for name in shown) if len(shown) > 1 else (EVERYTHING,),
        groups=tuple(dict.fromkeys(record[GROUP] for record in grouped)),
        rows=rows,
        records=tuple(grouped),
    )


def _same_kind(names: Sequence[str], kinds: dict[str, str], records: list[dict[str, Any]]) -> list[str]:
    """The columns that share an axis with the first one."""
    present = [name for name in names if records and name in records[0]]
    return [name for name in present if kinds.get(name) == kinds.get(present[0])]


def group_of(record: dict[str, Any], by: Iterable[str]) -> str:
    return " · ".join(UNKNOWN if record.get(name) is None else str(record[name]) for name in by)


def key_of(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else UNKNOWN if value is None else str(value)


def label_of(value: Any, kind: str, grain: str) -> str:
    if isinstance(value, date):
        return words.period(value, "month" if kind == "cohort" else grain)
    return key_of(value)


def _open(value: Any, kind: str, query: Question) -> bool:
    return kind == "period" and isinstance(value, date) and words.is_open(value, query.grain, query.today)


def ticks(values: list[Any], kind: str, query: Question) -> tuple[Tick, ...]:
    """The places on the x axis in order: dates and numbers ascending, labels as they come."""
    unique = list(dict.fromkeys(values))
    if all(isinstance(value, date | int | float) for value in unique):
        unique.sort()
    grain = "month" if kind == "cohort" else query.grain
    return tuple(
        Tick(key_of(v), words.tick(v, grain) if isinstance(v, date) else (key_of(v), ""), _open(v, kind, query))
        for v in unique
    )


def _subtitle(unit: str, x_kind: str, places: tuple[Tick, ...], query: Question) -> tuple[str, ...]:
    parts = [
        unit.capitalize() if unit == unit.lower() else unit,
        {"cohort": "by cohort"}.get(x_kind, f"by {query.grain}"),
    ]
    if x_kind not in ("period", "cohort"):
        parts = parts[:1]
    if any(place.is_open for place in places):
        parts.append(f"the last {query.grain} is not over")
    return (", ".join(part for part in parts if part),)


def largest(sheet: Sheet, limit: int = MAX_SERIES, *, add_up: bool = False) -> Sheet:
    """The sheet with at most `limit` groups, the largest at the last place first, and a note about the others.

    With `add_up` the others become one group: only for values whose sum means something.
    """
    size = dict.fromkeys(sheet.groups, 0.0)
    for row in sheet.rows:
        size[row.group] = row.value if not add_up else size[row.group] + row.value
    order = sorted(sheet.groups, key=lambda group: (-size[group], group))
    if len(order) <= limit:
        return replace(sheet, groups=tuple(order))
    kept, others = order[:limit], order[limit:]
    if add_up:
        return _summed(sheet, order[: limit - 1], order[limit - 1 :])
    note = words.say(
        "The %(limit)s largest of %(all)s; the %(others)s others are in the table",
        limit=limit, all=len(order), others=len(others),
    )  # fmt: skip
    rows = tuple(row for row in sheet.rows if row.group in set(kept))
    return replace(sheet, groups=tuple(kept), rows=rows, note=note)


def _summed(sheet: Sheet, kept: list[str], others: list[str]) -> Sheet:
    name = words.say("%(number)s others", number=len(others))
    together: dict[tuple[str, str], Row] = {}
    known = set(kept)
    for row in sheet.rows:
        if row.group not in known:
            before = together.get((row.key, row.series))
            value = row.value + (before.value if before else 0)
            text = words.amount(value, sheet.kind, sheet.currency)
            together[row.key, row.series] = replace(row, group=name, value=value, text=text)
    rows = (*(row for row in sheet.rows if row.group in known), *together.values())
    return replace(sheet, groups=(*kept, name), rows=rows)
