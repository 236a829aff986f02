"""The web server: pages, and what takes data in, in one process and on one port."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from holdfast.collector.serving import run
from holdfast.errors import HoldfastError
from holdfast.web.pages import FIRST

if TYPE_CHECKING:
    from fastapi import FastAPI

    from holdfast.collector.app import Collector
    from holdfast.collector.segment.intake import Application

log = logging.getLogger("holdfast.web")


def serve(app: FastAPI, listening: socket.socket, collector: Collector | None = None) -> None:
    """Returns when a signal has ended it, and every request that was under way has its answer."""
    threading.Thread(target=warm, args=(app,), name="holdfast-warm", daemon=True).start()
    run(app if collector is None else together(app, collector), listening)


def together(app: FastAPI, collector: Collector) -> Application:
    """The pages behind what takes data in, which answers senders before any page is thought of."""
    pages = app.router.lifespan_context

    @asynccontextmanager
    async def both(app: Any) -> AsyncIterator[Any]:
        async with collector.running(), pages(app) as state:
            yield state

    app.router.lifespan_context = both
    app.router.routes[:0] = collector.routes()
    app.state.collector = collector
    return collector.in_front_of(app)


def warm(app: FastAPI) -> None:
    """Make what the first pages need before somebody asks for them: the bundle that draws charts, roll-ups, answers."""
    from holdfast.web import statics

    statics.content(statics.CHARTS)
    company = app.state.company
    if company.is_empty():
        return
    try:
        company.work(lambda workspace: workspace.refresh())
        for path, make in FIRST.items():
            make(
                Request({"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [], "app": app})
            )
    except (HoldfastError, CancelledError) as error:
        log.warning("what the first pages need is not made ahead: %s", error)
