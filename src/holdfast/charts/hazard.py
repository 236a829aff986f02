"""Churn by subscription month: the share that leaves in each month, its interval, and the peak."""

from __future__ import annotations

from typing import Any

import altair as alt

from holdfast.charts import parts, words
from holdfast.charts.panels import panels
from holdfast.charts.rows import Sheet
from holdfast.charts.theme import Canvas


def draw(sheet: Sheet, canvas: Canvas) -> parts.Drawing:
    return panels(sheet, canvas, _one)


def _one(sheet: Sheet, canvas: Canvas) -> parts.Drawing:
    rows = _rows(sheet)
    if not rows:
        return parts.empty(sheet, canvas)
    top = _top(rows)
    base = alt.Chart(parts.values(rows)).encode(x=parts.x_axis(sheet, canvas.width, words.say("Subscription month")))
    layers = [_interval(base, canvas, top), _points(base, canvas, top), *_peak(base, canvas)]
    chart = alt.layer(*layers).properties(width=canvas.width, height=canvas.height)
    return parts.dressed(chart, sheet, canvas, notes=(words.say("Vertical lines: 95%% interval"),))


def peak_of(records: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The record of the peak: the flagged one, else the highest hazard whose lower bound is highest."""
    known = [record for record in records if record.get("hazard")]
    flagged = [record for record in known if record.get("peak")]
    if flagged or not known:
        return flagged[0] if flagged else None
    return max(known, key=lambda record: (record.get("low") or 0.0, record["hazard"]))


def _rows(sheet: Sheet) -> list[dict[str, Any]]:
    records = [record for record in sheet.records if record.get("hazard") is not None]
    peak = peak_of(records)
    return [_row(record, record is peak) for record in records]


def _row(record: dict[str, Any], is_peak: bool) -> dict[str, Any]:
    rate, low, high = (record.get(name) for name in ("hazard", "low", "high"))
    rate, low, high = (
        float(rate or 0),
        float(low if low is not None else rate or 0),
        float(high if high is not None else rate or 0),
    )
    shown = {"rate": words.percent(rate), "low": words.percent(low), "high": words.percent(high)}
    text = words.say("%(rate)s (%(low)s to %(high)s)", **shown)
    month = words.say("month %(number)s", number=record["age"])
    return {
        "key": str(record["age"]),
        "label": month,
        "value": rate,
        "low": low,
        "high": high,
        "text": text,
        "peak": is_peak,
        "said": words.say("peak: %(month)s, %(rate)s", month=month, rate=shown["rate"]) if is_peak else "",
        "hover": f"{words.say('Subscription month')} {record['age']}: {text}",
    }


def _top(rows: list[dict[str, Any]]) -> float:
    """Where the axis ends: the wide intervals of a few accounts may run out of the picture."""
    highest = max(row["value"] for row in rows) or 0.01
    return min(max(row["high"] for row in rows), 2.2 * highest)


def _interval(base: alt.Chart, canvas: Canvas, top: float) -> alt.Chart:
    return base.mark_rule(color=canvas.palette.band, strokeWidth=3, strokeCap="round", clip=True, aria=False).encode(
        y=alt.Y("low:Q", scale=alt.Scale(domain=[0, top], nice=True)), y2="high:Q"
    )


def _points(base: alt.Chart, canvas: Canvas, top: float) -> alt.Chart:
    return base.mark_point(filled=True, size=64, opacity=1).encode(
        y=parts.y_axis("rate", scale=alt.Scale(domain=[0, top], nice=True)),
        color=alt.condition("datum.peak", alt.value(canvas.palette.flag), alt.value(canvas.palette.accent)),
        shape=alt.condition("datum.peak", alt.value("diamond"), alt.value("circle")),
        size=alt.condition("datum.peak", alt.value(150), alt.value(56)),
        tooltip=parts.tooltip(False),
        description="hover:N",
    )


def _peak(base: alt.Chart, canvas: Canvas) -> list[alt.Chart]:
    text = base.transform_filter("datum.peak").mark_text(
        align="left", dx=10, dy=-8, fontWeight=600, color=canvas.palette.flag, aria=False
    )
    return [text.encode(y=alt.Y("value:Q"), text="said:N")]
