"""A waterfall: from one number to another, one bar a step, the totals from zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import altair as alt

from holdfast.charts import parts, words
from holdfast.charts.build import themed
from holdfast.charts.theme import Canvas

ROW_HEIGHT = 30
FAR_FROM_ZERO = 0.6
"""Where the lowest end of any bar lies above this share of the highest, the axis does not begin at zero."""


@dataclass(frozen=True)
class Bar:
    """A total, or a step from `before` to `after`."""

    label: str
    before: Decimal
    after: Decimal
    is_total: bool = False

    @property
    def tone(self) -> Literal["total", "gain", "loss"]:
        if self.is_total:
            return "total"
        return "gain" if self.after >= self.before else "loss"


@dataclass(frozen=True)
class Fall:
    """One waterfall: its title, the kind of its figures, and its bars in order."""

    title: str
    subtitle: tuple[str, ...]
    kind: str
    currency: str | None
    bars: tuple[Bar, ...]


def waterfall(falls: Sequence[Fall], canvas: Canvas | None = None) -> parts.Drawing:
    """The waterfalls, one below the other.

    >>> bars = (Bar("then", Decimal(0), Decimal("0.041"), is_total=True), Bar("base", Decimal("0.041"), Decimal(1)))
    >>> waterfall([Fall("Customer churn", (), "rate", None, bars)]).to_dict()["title"]["text"]
    'Customer churn'
    """
    canvas = canvas or Canvas()
    drawn = [_one(fall, canvas) for fall in falls]
    return themed(drawn[0] if len(drawn) == 1 else alt.vconcat(*drawn), canvas)


def _one(fall: Fall, canvas: Canvas) -> Any:
    rows = [_row(bar, place, fall) for place, bar in enumerate(fall.bars)]
    base = alt.Chart(parts.values(rows)).encode(y=_y_axis(fall.bars))
    domain, colours = (
        ["total", "gain", "loss"],
        [canvas.palette.domain, canvas.palette.movements[0], canvas.palette.movements[4]],
    )
    bars = base.mark_bar(height=ROW_HEIGHT * 0.6, cornerRadius=2).encode(
        x=alt.X("low:Q", axis=_x_axis(fall.kind), scale=_scale(fall.bars)),
        x2="high:Q",
        color=alt.Color("tone:N", scale=alt.Scale(domain=domain, range=colours), legend=None),
        tooltip=[alt.Tooltip("label:N", title="Step"), alt.Tooltip("text:N", title="Value")],
        description="hover:N",
    )
    texts = base.mark_text(align="left", dx=6, color=canvas.palette.ink).encode(x="high:Q", text="text:N")
    still = alt.Chart(parts.values([row for row in rows if row["low"] == row["high"]]))
    ticks = still.mark_tick(color=canvas.palette.domain, thickness=2, size=ROW_HEIGHT * 0.6, aria=False)
    ticks = ticks.encode(x="low:Q", y=_y_axis(fall.bars))
    chart = alt.layer(bars, ticks, texts).properties(width=canvas.width, height=ROW_HEIGHT * len(rows))
    if not canvas.titled:
        return chart
    begins = _domain(fall.bars)[0]
    cut = (
        (f"The axis begins at {said(Decimal(repr(begins)), fall.kind, fall.currency, signed=False)}",) if begins else ()
    )
    return chart.properties(title=alt.TitleParams(text=fall.title, subtitle=[*fall.subtitle, *cut]))


def _row(bar: Bar, place: int, fall: Fall) -> dict[str, Any]:
    low, high = sorted((bar.before, bar.after))
    text = said(
        bar.after if bar.is_total else bar.after - bar.before, fall.kind, fall.currency, signed=not bar.is_total
    )
    return {
        "place": place,
        "label": bar.label,
        "low": float(low),
        "high": float(high),
        "tone": bar.tone,
        "text": text,
        "hover": f"{bar.label}: {text}",
    }


def said(value: Decimal, kind: str, currency: str | None, *, signed: bool) -> str:
    """The value of a bar in words; parts of shares are in points.

    >>> said(Decimal("-0.0087"), "rate", None, signed=True), said(Decimal("12.5"), "money", "EUR", signed=False)
    ('−0.87 pp', '€12.50')
    """
    if kind == "rate":
        shown = words.percent(float(value), digits=2, signed=signed)
        return shown.replace("%", " pp") if signed else shown
    if kind == "money":
        return words.money(float(value), currency, signed=signed)
    return words.count(float(value), signed=signed) if kind == "count" else words.number(float(value))


def _y_axis(bars: Sequence[Bar]) -> alt.Y:
    names = {str(place): bar.label for place, bar in enumerate(bars)}
    axis = alt.Axis(
        title=None, labelExpr=f"{parts.constant(names)}[datum.value]", labelLimit=260, domain=False, ticks=False
    )
    return alt.Y("place:O", axis=axis, sort=None)


def _x_axis(kind: str) -> alt.Axis:
    return alt.Axis(title=None, labelExpr=parts.FORMATS.get(kind, parts.FORMATS["number"]), tickCount=5)


def _scale(bars: Sequence[Bar]) -> alt.Scale:
    return alt.Scale(domain=list(_domain(bars)), clamp=True, nice=False)


def _domain(bars: Sequence[Bar]) -> tuple[float, float]:
    """Where the axis begins and ends: at zero, unless every bar ends far from it."""
    ends = [float(end) for bar in bars for end in ((bar.after,) if bar.is_total else (bar.before, bar.after))]
    low, high = min(ends), max(ends)
    room = (high - low) or abs(high) * 0.1 or 1.0
    if low > FAR_FROM_ZERO * high > 0:
        step = Decimal(repr(room)).adjusted()
        floor = Decimal(repr(low - room * 0.4)).quantize(Decimal(1).scaleb(step), rounding="ROUND_FLOOR")
        return max(0.0, float(floor)), high + room * 0.4
    return min(0.0, low * 1.1), max(0.0, high) * 1.15 or room
