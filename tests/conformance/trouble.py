"""A way to the collector on which things go wrong, in an order that a test decides."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OF_THE_CONNECTION = {"host", "connection", "content-length", "transfer-encoding", "date"}


class Way:
    """What happens to each request in turn: a name from below; when they are used up, requests pass.

    `429`, `500`, `503`: answered so, and not handed on. `cut before`: the connection ends, and nothing was handed on.
    `cut after`: it is handed on and stored, and the answer never arrives. `restart`: the collector is killed and
    started again, and the connection ends.
    """

    def __init__(self, to: tuple[str, int], troubles: Sequence[str], restart: Callable[[], None]) -> None:
        self.to, self.troubles, self.restart = to, list(troubles), restart
        self.statuses: list[int] = []
        """Of what was handed on."""
        self._one_at_a_time = threading.Lock()

    def next(self) -> str:
        with self._one_at_a_time:
            trouble = self.troubles.pop(0) if self.troubles else "pass"
            if trouble == "restart":
                self.restart()
            return trouble


class Handler(BaseHTTPRequestHandler):
    """One connection on the way."""

    protocol_version = "HTTP/1.1"
    way: Way

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        trouble = self.way.next()
        if trouble in ("429", "500", "503"):
            self.reply(int(trouble), b'{"code":"trouble","message":"on purpose"}', {"Retry-After": "1"})
        elif trouble in ("cut before", "restart"):
            self.close_connection = True
        else:
            self.hand_on(body, answered=trouble != "cut after")

    def hand_on(self, body: bytes, *, answered: bool) -> None:
        connection = http.client.HTTPConnection(*self.way.to, timeout=20)
        try:
            connection.request("POST", self.path, body, _passed(self.headers.items()))
            answer = connection.getresponse()
            content = answer.read()
        except OSError:
            self.close_connection = True
            return
        finally:
            connection.close()
        self.way.statuses.append(answer.status)
        if answered:
            self.reply(answer.status, content, _passed(answer.getheaders()))
        else:
            self.close_connection = True

    def reply(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *about: object) -> None:
        pass


def _passed(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in headers if name.lower() not in OF_THE_CONNECTION}


@contextmanager
def way(to: tuple[str, int], troubles: Sequence[str], restart: Callable[[], None]) -> Iterator[tuple[str, Way]]:
    """An address to send to, and what came of it."""
    one = Way(to, troubles, restart)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("On", (Handler,), {"way": one}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", one
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
