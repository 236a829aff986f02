"""Two ways that the coming months could go: as they are, and changed, with what lies between them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt

from holdfast.charts import parts, words
from holdfast.charts.build import themed
from holdfast.charts.rows import Sheet, Tick
from holdfast.charts.theme import Canvas

BASE, CHANGED = "as it is", "changed"


def paths(
    months: Sequence[tuple[date, float, float]],
    *,
    title: str,
    subtitle: str,
    currency: str | None = None,
    canvas: Canvas | None = None,
) -> parts.Drawing:
    """A month's first day, its amount as it is, and its amount changed; the first month is today.

    >>> drawn = paths([(date(2026, 1, 1), 100.0, 100.0), (date(2026, 2, 1), 110.0, 120.0)], title="MRR", subtitle="USD")
    >>> drawn.to_dict()["title"]["text"]
    'MRR'
    """
    canvas = canvas or Canvas()
    sheet = _sheet(months, title, subtitle, currency)
    between, lines = _between(months), _lines(months, currency)
    scale = alt.Scale(domain=_domain(months), nice=True, zero=False)
    layers = [_band(between, canvas, scale), *_drawn(sheet, lines, canvas, scale), *_ends(lines, currency)]
    chart = alt.layer(*layers).properties(width=canvas.width, height=canvas.height)
    return themed(parts.dressed(chart, sheet, canvas), canvas)


def _sheet(months: Sequence[tuple[date, float, float]], title: str, subtitle: str, currency: str | None) -> Sheet:
    places = tuple(Tick(month.isoformat(), words.tick(month, "month")) for month, _, _ in months)
    return Sheet(title, (subtitle,), "money", currency, "period", places, (BASE, CHANGED), ("",), (), ())


def _domain(months: Sequence[tuple[date, float, float]]) -> list[float]:
    """From zero, unless all amounts lie far from it and close together."""
    amounts = [amount for _, *both in months for amount in both]
    low, high = min(amounts), max(amounts)
    return [low - 0.15 * (high - low) if low > 0.6 * high > 0 and high > low else min(0.0, low), high]


def _between(months: Sequence[tuple[date, float, float]]) -> list[dict[str, Any]]:
    return [{"key": month.isoformat(), "low": min(a, b), "high": max(a, b)} for month, a, b in months]


def _lines(months: Sequence[tuple[date, float, float]], currency: str | None) -> list[dict[str, Any]]:
    rows = []
    for place, (month, base, changed) in enumerate(months):
        label = words.period(month, "month") + (" (today)" if not place else "")
        for name, value in ((CHANGED, changed), (BASE, base)):
            text = words.money(value, currency)
            row = {"key": month.isoformat(), "place": place, "label": label, "name": name, "value": value, "text": text}
            rows.append(row | {"hover": f"{label}, {name}: {text}", "last": place == len(months) - 1})
    return rows


def _band(between: list[dict[str, Any]], canvas: Canvas, scale: alt.Scale) -> alt.Chart:
    area = alt.Chart(parts.values(between)).mark_area(color=canvas.palette.band, opacity=0.35, line=False, aria=False)
    return area.encode(x=alt.X("key:O", sort=None), y=alt.Y("low:Q", scale=scale), y2="high:Q")


def _drawn(sheet: Sheet, lines: list[dict[str, Any]], canvas: Canvas, scale: alt.Scale) -> list[alt.Chart]:
    names = [CHANGED, BASE]
    colours = alt.Scale(domain=names, range=[canvas.palette.accent, canvas.palette.muted])
    base = alt.Chart(parts.values(lines)).encode(
        x=parts.x_axis(sheet, canvas.width, type="point", padding=0.4),
        y=parts.y_axis("money", scale=scale),
        color=alt.Color("name:N", scale=colours, legend=parts.top_legend(2)),
        order="place:Q",
    )
    shape = alt.Shape("name:N", scale=alt.Scale(domain=names, range=["circle", "square"]))
    points = base.mark_point(filled=True, size=36, opacity=1)
    return [
        base.transform_filter(alt.datum.name == BASE).mark_line(strokeDash=[5, 4], aria=False),
        base.transform_filter(alt.datum.name == CHANGED).mark_line(aria=False),
        points.encode(shape=shape, tooltip=parts.tooltip(True), description="hover:N"),
    ]


def _ends(lines: list[dict[str, Any]], currency: str | None) -> list[alt.Chart]:
    """The last amount of each line beside it: the higher one above, the lower one below, so that they never meet."""
    last = {row["name"]: row for row in lines if row["last"]}
    by = words.short_money(last[CHANGED]["value"] - last[BASE]["value"], currency, signed=True)
    said = {name: words.short_money(row["value"], currency) for name, row in last.items()}
    said[CHANGED] += f", {by}"
    ordered = sorted(last.values(), key=lambda row: -row["value"])
    return [_beside(row, said[row["name"]], dy) for row, dy in zip(ordered, (-6, 8), strict=True)]


def _beside(row: dict[str, Any], text: str, dy: int) -> alt.Chart:
    end = alt.Chart(parts.values([row | {"short": text}])).mark_text(
        align="left", dx=9, dy=dy, fontWeight=600, aria=False
    )
    return end.encode(x=alt.X("key:O", sort=None), y=alt.Y("value:Q"), text="short:N", color=alt.Color("name:N"))
