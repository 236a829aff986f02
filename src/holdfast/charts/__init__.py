"""Charts: a metric's answer as an Altair chart, drawn the same way everywhere."""

from holdfast.charts.build import build
from holdfast.charts.save import save
from holdfast.charts.theme import Canvas

__all__ = ["Canvas", "build", "save"]
