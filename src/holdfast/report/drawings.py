"""The charts of a report as SVG inside its page: drawn once, recoloured by the page, readable without a script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from holdfast.charts import Canvas, build
from holdfast.charts.save import svg
from holdfast.charts.theme import recolouring
from holdfast.report.model import Plot


@dataclass(frozen=True)
class Pictures:
    """One chart at two sizes: the page shows the one that fits."""

    wide: str
    narrow: str
    says: str


def pictures(plot: Plot, width: int, height: int) -> Pictures:
    """The chart for a wide and a narrow page."""
    return Pictures(_draw(plot, width, height), _draw(plot, NARROW, 220), plot.says)


NARROW = 284
"""Width of the plot on a page of 390 pixels, beside which the axis still fits."""


def _draw(plot: Plot, width: int, height: int) -> str:
    return page_ready(drawing(plot, width, height))


def drawing(plot: Plot, width: int, height: int) -> str:
    """The chart as an SVG of its own."""
    from altair.utils.schemapi import debug_mode

    canvas = Canvas(width=width, height=height, titled=False)
    with debug_mode(False):  # the tests check every chart against the schema; here it would cost a quarter of the time
        return svg(build(plot.metric, plot.table, plot.query, canvas))


def page_ready(drawn: str) -> str:
    """An SVG without its background, with rounded numbers, and with colours that the page can exchange.

    >>> page_ready('<svg class="marks"><rect width="9" fill="#ffffff"/><path d="M1.23456" fill="#1c2430"/></svg>')
    '<svg class="marks"><path d="M1.23" fill="var(--x1c2430,#1c2430)"/></svg>'
    """
    drawn = re.sub(r'(<svg[^>]*>)<rect [^>]*fill="#ffffff"/>', r"\1", drawn, count=1)
    drawn = re.sub(r"(\d\.\d\d)\d+", r"\1", drawn)
    drawn = re.sub(r' (aria-roledescription|role|xmlns:xlink|version|pointer-events|class)="(?!marks)[^"]*"', "", drawn)
    drawn = re.sub(r' font-family="[^"]*"', "", drawn)
    drawn = re.sub(r'<path aria-hidden="true" d="[^"]*"( display="none")?/>', "", drawn)
    return re.sub(r'(fill|stroke)="(#[0-9a-f]{6})"', _exchangeable, drawn)


def _exchangeable(found: re.Match[str]) -> str:
    attribute, colour = found.groups()
    return f'{attribute}="var(--x{colour[1:]},{colour})"' if colour in recolouring() else found.group()


@lru_cache
def dark_colours() -> str:
    """The declarations that turn every drawing dark."""
    return "".join(f"--x{light[1:]}:{dark};" for light, dark in recolouring().items())
