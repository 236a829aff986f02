"""A chart as a file: SVG, PNG, or one HTML page that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from holdfast.charts.parts import Drawing
from holdfast.charts.theme import DARK, FONT, LIGHT, recolouring
from holdfast.errors import InputError

SUFFIXES = (".svg", ".png", ".html")


def save(chart: Drawing, path: Path | str) -> Path:
    """Write the chart; the file's name says how. Raises `InputError` that lists the known endings."""
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise InputError(f"a chart cannot be written as {path.name!r}; the name ends with {', '.join(SUFFIXES)}")
    if kind == ".png":
        path.write_bytes(png(chart))
    else:
        path.write_text(svg(chart) if kind == ".svg" else html(chart), encoding="utf-8")
    return path


def svg(chart: Drawing) -> str:
    import vl_convert

    return vl_convert.vegalite_to_svg(
        chart.to_json(indent=None, validate=False), vl_version=_version(), allowed_base_urls=[]
    )


def png(chart: Drawing, scale: float = 2) -> bytes:
    import vl_convert

    return vl_convert.vegalite_to_png(
        chart.to_json(indent=None, validate=False), vl_version=_version(), scale=scale, allowed_base_urls=[]
    )


def _version() -> str:
    """The version of Vega-Lite that Altair writes, as vl-convert names it."""
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.split(".")[:2])


def html(chart: Drawing) -> str:
    """A page of its own: script, data and style inside, and a policy that lets nothing else run or load."""
    import vl_convert

    bundle = vl_convert.javascript_bundle(vl_version=_version())  # type: ignore[call-arg]  # its stub is wrong
    scripts = [bundle, _START]
    policy = (
        "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; "
        f"script-src {' '.join(_hash(script) for script in scripts)}"
    )
    data = {"spec": chart.to_dict(validate=False), "dark": recolouring()}
    return _PAGE.format(
        policy=policy,
        font=FONT,
        light=LIGHT,
        dark=DARK,
        data=_embedded(data),
        bundle=bundle,
        start=_START,
        title=_title(chart),
    )


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _embedded(data: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(data).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _title(chart: Drawing) -> str:
    from html import escape

    title = chart.to_dict().get("title", {})
    return escape(str(title.get("text", "Chart") if isinstance(title, dict) else title))


_START = """
const held = JSON.parse(document.getElementById("chart-data").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
let text = JSON.stringify(held.spec);
if (dark) text = text.replace(/"(#[0-9a-f]{6})"/g, (all, colour) => JSON.stringify(held.dark[colour] || colour));
const tooltip = {theme: dark ? "dark" : "light"};
vegaEmbed("#chart", JSON.parse(text), {ast: true, renderer: "svg", actions: false, tooltip});
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ margin: 2rem; font-family: {font}; background: {light.surface}; color: {light.ink}; }}
#chart {{ max-width: 100%; overflow-x: auto; }}
@media (prefers-color-scheme: dark) {{ body {{ background: {dark.surface}; color: {dark.ink}; }} }}
</style>
</head>
<body>
<div id="chart"></div>
<script type="application/json" id="chart-data">{data}</script>
<script>{bundle}</script>
<script>{start}</script>
</body>
</html>
"""
