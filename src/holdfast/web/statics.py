"""Style, scripts and pictures, under names that change with their content: browsers keep them for a year."""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

FOLDER = Path(__file__).parent / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
CHARTS = "vega.js"
"""Vega, Vega-Lite and Vega-Embed: made from the installed vl-convert, not kept in the project."""
FOREVER = "public, max-age=31536000, immutable"


def static_url(name: str) -> str:
    """The address of a file.

    >>> static_url("style.css").startswith("/static/style.css?")
    True
    """
    return f"/static/{name}?{_mark(name)}"


@lru_cache
def _mark(name: str) -> str:
    if name == CHARTS:
        return version("vl-convert-python")
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]


@lru_cache
def content(name: str) -> bytes | None:
    """A file's content; null where there is none of that name."""
    if name == CHARTS:
        return _charts()
    known = {one.name for one in FOLDER.iterdir() if one.suffix in KINDS}
    return (FOLDER / name).read_bytes() if name in known else None


def _charts() -> bytes:
    """The bundle, which takes seconds to make: once for each version of vl-convert on a machine."""
    import altair as alt
    import vl_convert

    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "holdfast"
    language = ".".join(alt.SCHEMA_VERSION.split(".")[:2])
    kept = folder / f"vega-{version('vl-convert-python')}-{language}.js"
    try:
        return kept.read_bytes()
    except OSError:
        pass
    made: bytes = vl_convert.javascript_bundle(vl_version=language).encode()  # type: ignore[call-arg]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as draft:
            draft.write(made)
        Path(draft.name).replace(kept)
    except OSError:
        return made
    return made


async def _served(request: Request) -> Response:
    name = request.path_params["name"]
    found = await run_in_threadpool(content, name)
    if found is None:
        return Response("there is no such file", 404)
    marked = request.url.query == _mark(name)
    headers = {"Cache-Control": FOREVER if marked else "no-cache"}
    return Response(found, headers=headers, media_type=KINDS[Path(name).suffix])


ROUTE = Route("/static/{name}", _served, methods=["GET"])
