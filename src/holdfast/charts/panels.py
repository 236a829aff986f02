"""Small multiples: one panel for each group, for charts whose colour already means something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import altair as alt

from holdfast.charts import parts
from holdfast.charts.rows import MAX_PANELS, Sheet, largest
from holdfast.charts.theme import Canvas


def panels(sheet: Sheet, canvas: Canvas, one: Callable[[Sheet, Canvas], parts.Drawing]) -> parts.Drawing:
    """The chart itself where nothing is split, else a panel for each of the largest groups."""
    if len(sheet.groups) < 2:
        return one(sheet, canvas)
    sheet = largest(sheet, MAX_PANELS)
    columns = 1 if canvas.narrow else 2
    small = replace(canvas, width=canvas.width // columns - 30, height=min(canvas.height, 200), titled=True)
    drawn = [one(sheet.only(group), small) for group in sheet.groups]
    return parts.dressed(alt.concat(*drawn, columns=columns).resolve_scale(color="shared"), sheet, canvas)
