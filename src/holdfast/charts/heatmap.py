"""The cohort triangle: one row a cohort, one column a month of age, the rate written in each cell."""

from __future__ import annotations

from datetime import date
from typing import Any

import altair as alt

from holdfast.charts import parts, words
from holdfast.charts.panels import panels
from holdfast.charts.rows import UNKNOWN, Sheet
from holdfast.charts.theme import Canvas

MAX_COHORTS = 36
MAX_LABELLED_AGES = 26
DARK_ENOUGH = 0.78
"""Where on the scale of colours white text becomes easier to read than dark text."""
SIZES = ("accounts", "start_accounts", "start_mrr", "at_risk")


def draw(sheet: Sheet, canvas: Canvas) -> parts.Drawing:
    return panels(sheet, canvas, _one)


def _one(sheet: Sheet, canvas: Canvas) -> parts.Drawing:
    cells = _cells(sheet)
    if not cells:
        return parts.empty(sheet, canvas)
    ages = sorted({cell["age"] for cell in cells})
    cohorts = list(dict.fromkeys(cell["cohort"] for cell in cells))
    step = _step(canvas, len(ages))
    base = alt.Chart(parts.values(cells)).encode(
        x=alt.X("age:O", axis=_age_axis(ages, step)),
        y=alt.Y(
            "cohort:O",
            sort=None,
            scale=alt.Scale(domain=cohorts),
            axis=alt.Axis(title=None, domain=False, labelLimit=150),
        ),
    )
    layers = [*_tiles(base, canvas, cells), *_labels(base, canvas, cells, step, len(ages))]
    chart = alt.layer(*layers).properties(width=alt.Step(step), height=alt.Step(26))
    notes = (words.say("Dashed cells are not complete: not all of the cohort has lived through that month"),)
    return parts.dressed(chart, sheet, canvas, notes=notes if any(not cell["complete"] for cell in cells) else ())


def _step(canvas: Canvas, ages: int) -> float:
    return max(20.0, min(54.0, (canvas.width - 110) / max(1, ages)))


def _age_axis(ages: list[int], step: float) -> alt.Axis:
    every = 1 if step >= 24 else 2 if len(ages) <= 40 else 3
    shown = [age for age in ages if age % every == 0]
    return alt.Axis(
        orient="top", title=words.say("Months since the cohort's start"), values=shown, domain=False, ticks=False
    )


def _cells(sheet: Sheet) -> list[dict[str, Any]]:
    """The latest cohorts' cells, each with its words."""
    records = [record for record in sheet.records if record.get("rate") is not None]
    cohorts = sorted({record.get("cohort") for record in records}, key=lambda c: (c is not None, str(c)))
    kept = set(cohorts[-MAX_COHORTS:])
    ordered = sorted((r for r in records if r.get("cohort") in kept), key=lambda r: (str(r.get("cohort")), r["age"]))
    sizes = {r.get("cohort"): _size(r, sheet) for r in reversed(ordered)}
    return [_cell(record, sizes[record.get("cohort")]) for record in ordered]


def _size(record: dict[str, Any], sheet: Sheet) -> str:
    name = next((name for name in SIZES if record.get(name) is not None), None)
    if name is None:
        return ""
    return words.short_money(record[name], sheet.currency) if name == "start_mrr" else words.count(record[name])


def _cell(record: dict[str, Any], size: str) -> dict[str, Any]:
    cohort, rate = record.get("cohort"), float(record["rate"])
    name = words.period(cohort, "month") if isinstance(cohort, date) else UNKNOWN if cohort is None else str(cohort)
    complete = bool(record.get("complete", True))
    text = words.percent(rate)
    note = "" if complete else f", {words.say('not complete')}"
    return {
        "age": int(record["age"]),
        "start": cohort.isoformat() if isinstance(cohort, date) else None,
        "cohort": f"{name}  ·  {size}" if size else name,
        "value": rate,
        "label": f"{round(rate * 100)}",
        "text": text + note,
        "complete": complete,
        "hover": f"{name}, {words.say('month %(number)s', number=record['age'])}: {text}{note}",
    }


def domain(rates: list[float]) -> tuple[float, float]:
    """The rates at the two ends of the colours.

    >>> domain([1.0, 0.62, 0.48])
    (0.4, 1.0)
    """
    low, high = min(rates), max(rates)
    return max(0.0, int(low * 10) / 10), max(1.0, high)


def _tiles(base: alt.Chart, canvas: Canvas, cells: list[dict[str, Any]]) -> list[alt.Chart]:
    scale = alt.Scale(
        domain=list(domain([c["value"] for c in cells])), range=list(canvas.palette.heat), interpolate="rgb"
    )
    colour = alt.Color("value:Q", scale=scale, legend=None)
    tips = [
        alt.Tooltip("cohort:N", title=words.say("Cohort")),
        alt.Tooltip("age:O", title=words.say("Age")),
        alt.Tooltip("text:N", title=words.say("Rate")),
    ]
    whole = base.transform_filter("datum.complete").mark_rect(
        cornerRadius=2, stroke=canvas.palette.surface, strokeWidth=1.5
    )
    part = base.transform_filter("!datum.complete").mark_rect(
        cornerRadius=2, fill=canvas.palette.blank, stroke=canvas.palette.muted, strokeDash=[3, 3], strokeWidth=1
    )
    return [
        whole.encode(color=colour, tooltip=tips, description="hover:N"),
        part.encode(tooltip=tips, description="hover:N"),
    ]


def _labels(base: alt.Chart, canvas: Canvas, cells: list[dict[str, Any]], step: float, ages: int) -> list[alt.Chart]:
    if ages > MAX_LABELLED_AGES:
        return []
    low, high = domain([cell["value"] for cell in cells])
    turn = low + DARK_ENOUGH * (high - low)
    size = 11 if step >= 28 else 9
    text = base.mark_text(fontSize=size, baseline="middle").encode(text="label:N")
    dark = f"datum.complete && datum.value >= {turn}"
    return [
        text.transform_filter(dark)
        .mark_text(fontSize=size, color=canvas.palette.on_heat, aria=False)
        .encode(text="label:N"),
        text.transform_filter(f"!({dark})")
        .mark_text(fontSize=size, color=canvas.palette.ink, aria=False)
        .encode(text="label:N"),
    ]
