"""The web server: until a signal ends it, and then in order."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import uvicorn

from holdfast.collector.serving import GRACE_SECONDS, KEEP_ALIVE_SECONDS, Server

if TYPE_CHECKING:
    from holdfast.collector.segment.intake import Application


def serve(app: Application, listening: socket.socket) -> None:
    """Returns when a signal has ended it, and every request that was under way has its answer."""
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", log_config=None, access_log=False, server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS, proxy_headers=False, timeout_graceful_shutdown=GRACE_SECONDS, ws="none",
    )  # fmt: skip
    Server(config).run([listening])
