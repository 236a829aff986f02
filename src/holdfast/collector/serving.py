"""The collector's server: until a signal ends it, and then in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn

from holdfast.collector.app import Collector, create_app
from holdfast.collector.applier import Applier, Handler
from holdfast.collector.current import Current
from holdfast.collector.events.loader import EventsHandler
from holdfast.collector.inbox import Inbox
from holdfast.collector.message import STRIPE_WEBHOOK
from holdfast.collector.segment import SEGMENT, KeyRing
from holdfast.collector.segment.intake import Application
from holdfast.collector.signature import Secrets
from holdfast.collector.stripe_events import StripeEvents
from holdfast.errors import InputError
from holdfast.state import Keys, open_state

GRACE_SECONDS = 5
"""For requests that are under way when the server is told to end."""


BACKLOG = 2_048
MOST_CONNECTIONS = 10_000
KEEP_ALIVE_SECONDS = 30
"""Longer than the pauses of senders, which lose what they send at the moment of a hang-up, and send it again."""
COLLECT_AFTER = (20_000, 20, 20)
"""Objects made, before those that refer to each other are looked for; requests leave few of them behind."""
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
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
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
    events = Current(data, EventsHandler)
    handlers: dict[str, Handler] = {STRIPE_WEBHOOK: Current(data, StripeEvents), SEGMENT: events}
    inbox = Inbox(data)
    try:
        with open_state(data) as state:
            yield Collector(inbox, secrets, Applier(inbox, handlers, applied), ring=KeyRing(Keys(state)))
    finally:
        inbox.close()
        events.close()


def serve(collector: Collector, listening: socket.socket) -> None:
    """Returns when a signal has ended it, and every request that was under way has its answer."""
    run(create_app(collector), listening)


def run(app: Application, listening: socket.socket) -> None:
    """Serve an application that takes events in: nothing keeps their senders waiting that need not."""
    sys.setswitchinterval(SWITCH_SECONDS)
    import stripe  # noqa: F401 - now, and not while the first sender waits

    gc.collect()
    gc.freeze()  # what was imported stays, and need not be gone through again and again while senders wait
    gc.set_threshold(*COLLECT_AFTER)

    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", log_config=None, access_log=False,
        server_header=False, limit_concurrency=_raised_files(MOST_CONNECTIONS), timeout_keep_alive=KEEP_ALIVE_SECONDS,
        proxy_headers=False, backlog=BACKLOG, timeout_graceful_shutdown=GRACE_SECONDS, ws="none",
    )  # fmt: skip
    Server(config).run([listening])


def _raised_files(connections: int) -> int:
    """As many connections as the system lets this process have, at most; each one is an open file."""
    import resource

    spare = 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + spare
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return connections if soft == resource.RLIM_INFINITY else max(100, min(connections, soft - spare))
