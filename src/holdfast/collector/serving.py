"""The collector's server: until a signal ends it, and then in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn

from holdfast.collector.app import Collector, create_app
from holdfast.collector.applier import Applier
from holdfast.collector.inbox import Inbox
from holdfast.collector.message import STRIPE_WEBHOOK
from holdfast.collector.signature import Secrets
from holdfast.collector.stripe_events import StripeEvents
from holdfast.errors import InputError
from holdfast.settings import Settings

GRACE_SECONDS = 5
"""For requests that are under way when the server is told to end."""


MOST_CONNECTIONS = 1_000
SWITCH_SECONDS = 0.000_5
"""How long one thread may keep the interpreter from another: the writer of the inbox needs it seldom, and soon."""


class Server(uvicorn.Server):
    """Ends with status 0 when it is told to end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self.handle_exit, one, None)
        yield


def listen(host: str, port: int) -> socket.socket:
    """The address, taken. Raises `InputError` where it cannot be."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2_048)
    except OSError as error:
        raise InputError(
            f"cannot listen on {host}:{port}: {error.strerror}", hint="choose another port with --port"
        ) from error


def address_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@contextlib.contextmanager
def collecting(data: Path, secrets: Secrets, applied: Callable[[set[str]], None]) -> Iterator[Collector]:
    """The collector of a data folder; everything that was acknowledged is on the disk when it ends."""
    handlers = {STRIPE_WEBHOOK: StripeEvents(data, Settings.load(data))}
    inbox = Inbox(data)
    try:
        yield Collector(inbox, secrets, Applier(inbox, handlers, applied))
    finally:
        inbox.close()


def serve(collector: Collector, listening: socket.socket) -> None:
    """Returns when a signal has ended it, and every request that was under way has its answer."""
    sys.setswitchinterval(SWITCH_SECONDS)
    import stripe  # noqa: F401 - now, and not while the first sender waits

    config = uvicorn.Config(
        create_app(collector), loop="uvloop", http="httptools", log_config=None, access_log=False,
        server_header=False, limit_concurrency=MOST_CONNECTIONS, timeout_graceful_shutdown=GRACE_SECONDS, ws="none",
    )  # fmt: skip
    Server(config).run([listening])
