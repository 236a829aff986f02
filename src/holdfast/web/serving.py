"""The web server: pages, and what takes data in, in one process and on one port."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from holdfast.collector.serving import run
from holdfast.errors import HoldfastError

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
    """Make what the first page needs before somebody asks for it: roll-ups, and the bundle that draws charts."""
    from holdfast.web import statics

    company = app.state.company
    try:
        if not company.is_empty():
            company.work(lambda workspace: workspace.refresh())
    except HoldfastError as error:
        log.warning("the roll-ups are not brought up to date: %s", error.message)
    statics.content(statics.CHARTS)
