"""The report as one HTML file: styles, charts and a few lines of script inside, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.charts import words
from holdfast.report import shown
from holdfast.report.drawings import dark_colours, pictures
from holdfast.report.model import Report, Section

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent / "templates"
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
        "cell": shown.cell,
        "tone": shown.tone,
        "figure": shown.figure,
        "label": shown.label,
        "value": shown.value,
        "day": shown.day,
        "signed": shown.signed,
        "others": shown.others,
        "RESTATED": shown.RESTATED,
        "BENCHMARKS": shown.BENCHMARKS,
        "BENCHMARKS_SAID": shown.BENCHMARKS_SAID,
        "percent": words.percent,
        "count": words.count,
        "picture": _picture,
        "heat": shown.heat(report.triangle),
        "headings": shown.headings,
    }


def _picture(section: Section) -> Any:
    from markupsafe import Markup

    drawn = pictures(section.plot, *SIZES[section.key])
    # the SVG is made by vl-convert, which escapes every text in it
    return {"wide": Markup(drawn.wide), "narrow": Markup(drawn.narrow), "says": drawn.says}  # noqa: S704
