"""The report as one HTML file: styles, charts and a few lines of script inside, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.charts import words
from holdfast.charts.heatmap import domain
from holdfast.report.drawings import dark_colours, pictures
from holdfast.report.model import Cell, Column, Figure, Report, Section, Triangle

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent / "templates"
STEPS = 10
SIZES = {"movements": (960, 300), "churn": (960, 240), "retention": (960, 240), "tenure": (960, 260)}


def write_html(report: Report, path: Path) -> Path:
    """Write the page; folders on the way are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html(report), encoding="utf-8")
    return path


def html(report: Report) -> str:
    """The page as text."""
    script = (HERE / "report.js").read_text("utf-8")
    style = (HERE / "report.css").read_text("utf-8").replace("/* dark charts */", dark_colours())
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = _environment().get_template("report.html")
    return page.render(report=report, script=script, style=style, script_hash=f"'sha256-{digest}'", **_helpers(report))


@lru_cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(HERE)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _helpers(report: Report) -> dict[str, Any]:
    return {
        "cell": cell,
        "tone": tone,
        "figure": figure,
        "percent": words.percent,
        "count": words.count,
        "picture": _picture,
        "heat": _heat(report.triangle),
        "headings": headings,
    }


def cell(shown: Cell, column: Column) -> str:
    """A value of a table: whole units of money, so that a column lines up.

    >>> cell(Cell(-1234.5), Column("Churn", "moved")), cell(Cell(0.052), Column("Rate", "rate"))
    ('−1,234', '5.2%')
    """
    if column.kind in ("money", "moved") and shown.value is not None:
        small = 0 < abs(shown.value) < 1
        signed = column.kind == "moved"
        return words.money(shown.value, signed=signed) if small else words.count(shown.value, signed=signed)
    return words.amount(shown.value, column.kind)


def tone(shown: Cell, column: Column) -> str:
    if column.kind != "moved" or shown.value is None:
        return ""
    return column.tone if shown.value else "nothing"


def figure(shown: Figure, value: Any, currency: str) -> str:
    """A headline number: short where it is money."""
    return words.short_money(value, currency) if shown.kind == "money" else words.amount(value, shown.kind)


def headings(columns: tuple[Column, ...]) -> list[tuple[str, int]]:
    """The headings over several columns with how many they span.

    >>> headings((Column("a", "count", group="G"), Column("b", "count", group="G"), Column("c", "rate")))
    [('G', 2), ('', 1)]
    """
    spans: list[tuple[str, int]] = []
    for column in columns:
        if spans and spans[-1][0] == column.group:
            spans[-1] = (column.group, spans[-1][1] + 1)
        else:
            spans.append((column.group, 1))
    return spans


def _picture(section: Section) -> Any:
    from markupsafe import Markup

    drawn = pictures(section.plot, *SIZES[section.key])
    # the SVG is made by vl-convert, which escapes every text in it
    return {"wide": Markup(drawn.wide), "narrow": Markup(drawn.narrow), "says": drawn.says}  # noqa: S704


def _heat(triangle: Triangle | None) -> Any:
    """A function from a rate to one of the steps of colour."""
    rates = [cell.rate for row in (triangle.rows if triangle else ()) for cell in row.cells if cell.rate is not None]
    low, high = domain(rates or [0.0, 1.0])

    def step(rate: float) -> int:
        return min(STEPS - 1, int((rate - low) / ((high - low) or 1) * STEPS))

    return step
