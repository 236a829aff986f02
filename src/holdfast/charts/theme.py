"""One look for every chart: calm, safe for colour-blind readers, in light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["light", "dark"]
FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class Palette:
    """The colours of one mode. Every colour differs, so that a drawing in one mode can be recoloured to the other."""

    surface: str
    ink: str
    muted: str
    grid: str
    domain: str
    blank: str
    accent: str
    flag: str
    band: str
    series: tuple[str, ...]
    layers: tuple[str, ...]
    movements: tuple[str, ...]
    heat: tuple[str, ...]
    on_heat: str


LIGHT = Palette(
    surface="#ffffff",
    ink="#1c2430",
    muted="#5f6b7a",
    grid="#e9ecf0",
    domain="#c5ccd5",
    blank="#f4f6f8",
    accent="#2f62c9",
    flag="#c2500f",
    band="#9db7e8",
    series=(
        "#2f62c8",
        "#d4790f",
        "#0e8a7b",
        "#a8487a",
        "#6f7c8c",
        "#7a5cc0",
        "#93702a",
        "#3f95c4",
        "#5c8a32",
        "#b5503c",
    ),
    layers=(
        "#1d3a75",
        "#234c8b",
        "#295da2",
        "#2f6fb8",
        "#3180b1",
        "#3392aa",
        "#35a3a3",
        "#5ab5a5",
        "#80c6a6",
        "#a5d8a8",
    ),
    movements=("#2f62c7", "#86aaf0", "#12908a", "#f2b169", "#cf5a1b", "#a2abb7"),
    heat=("#eef3fc", "#c3d5f6", "#8cb0ee", "#5485dd", "#2a58b4"),
    on_heat="#fefefe",
)
DARK = Palette(
    surface="#12161c",
    ink="#e8ecf1",
    muted="#98a4b3",
    grid="#232a33",
    domain="#3a4450",
    blank="#1a2028",
    accent="#7da5fb",
    flag="#f59a57",
    band="#3d5b99",
    series=(
        "#7da5fa",
        "#f0a94c",
        "#3cc0ae",
        "#dd86b2",
        "#93a0b0",
        "#a994e8",
        "#cbaa63",
        "#6fc0ea",
        "#93c367",
        "#e58a77",
    ),
    layers=(
        "#3f63b8",
        "#4373c4",
        "#4783d0",
        "#4b93dc",
        "#4ca3d2",
        "#4eb4c7",
        "#4fc4bd",
        "#75d1be",
        "#9cdfbf",
        "#c2ecc0",
    ),
    movements=("#6b97f6", "#3d5fae", "#35b5a9", "#a8672a", "#ee8340", "#6b7684"),
    heat=("#1a2332", "#1f3156", "#26437a", "#2f5ba6", "#3d72d6"),
    on_heat="#fdfdfd",
)
PALETTES: dict[Mode, Palette] = {"light": LIGHT, "dark": DARK}


@dataclass(frozen=True)
class Canvas:
    """The size of a chart's plot and how it is dressed. `titled=False` leaves the words to the page around it."""

    width: int = 680
    height: int = 300
    titled: bool = True
    mode: Mode = "light"

    @property
    def palette(self) -> Palette:
        return PALETTES[self.mode]

    @property
    def narrow(self) -> bool:
        return self.width < 420


def config(mode: Mode) -> dict[str, Any]:
    """The Vega-Lite configuration of a mode."""
    colours = PALETTES[mode]
    return {
        "background": colours.surface,
        "font": FONT,
        "padding": 12,
        "view": {"stroke": None},
        "title": _title(colours),
        "axis": _axis(colours),
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False},
        "legend": _legend(colours),
        "header": {"labelColor": colours.ink, "labelFontSize": 12, "labelFontWeight": 600, "title": None},
        "line": {"strokeWidth": 2, "strokeCap": "round", "strokeJoin": "round"},
        "text": {"color": colours.ink, "fontSize": 11},
        "range": {"category": list(colours.series)},
    }


def _title(colours: Palette) -> dict[str, Any]:
    return {
        "anchor": "start",
        "frame": "group",
        "color": colours.ink,
        "fontSize": 15,
        "fontWeight": 600,
        "subtitleColor": colours.muted,
        "subtitleFontSize": 12,
        "subtitlePadding": 4,
        "offset": 14,
    }


def _axis(colours: Palette) -> dict[str, Any]:
    return {
        "labelColor": colours.muted,
        "titleColor": colours.muted,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": 400,
        "labelPadding": 6,
        "gridColor": colours.grid,
        "domainColor": colours.domain,
        "tickColor": colours.domain,
        "tickSize": 4,
        "labelAngle": 0,
        "labelLimit": 160,
    }


def _legend(colours: Palette) -> dict[str, Any]:
    return {
        "orient": "top",
        "direction": "horizontal",
        "title": None,
        "labelColor": colours.ink,
        "labelFontSize": 12,
        "labelLimit": 180,
        "symbolSize": 90,
        "columnPadding": 14,
        "rowPadding": 4,
        "offset": 10,
    }


def recolouring() -> dict[str, str]:
    """Each colour of the light palette with its counterpart in the dark one.

    >>> recolouring()["#1c2430"]
    '#e8ecf1'
    """
    return {light: dark for name in vars(LIGHT) for light, dark in _pairs(getattr(LIGHT, name), getattr(DARK, name))}


def _pairs(light: str | tuple[str, ...], dark: str | tuple[str, ...]) -> list[tuple[str, str]]:
    if isinstance(light, str) and isinstance(dark, str):
        return [(light, dark)]
    return list(zip(light, dark, strict=True))
