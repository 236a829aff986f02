"""`holdfast serve`: the web app, and the intake of events and webhooks, in one process."""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.beside import expiring, log_to, refresher, say_losses
from holdfast.cli.context import told

if TYPE_CHECKING:
    from rich.console import Console

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a server that listens everywhere is found here
Host = Annotated[str, typer.Option(metavar="ADDRESS", help="address to listen on")]
Port = Annotated[int, typer.Option(metavar="NUMBER", min=0, max=65_535, help="port to listen on; 0 takes a free one")]


def serve(context: typer.Context, host: Host = "127.0.0.1", port: Port = 8700) -> None:
    """Serve the data folder: the web app, and what takes in events and webhooks, on one port.

    The first start prints a link with which the owner signs in, once. Events of Segment's and RudderStack's SDKs and
    webhooks of Stripe come to the same address, as `holdfast collect` takes them. Ctrl-C ends it.
    """
    from rich.console import Console

    with told():
        serve_folder(Path(context.obj.data), host, port, Console(stderr=True, highlight=False, soft_wrap=True))


def serve_folder(data: Path, host: str, port: int, out: Console) -> None:
    """Serve until a signal ends it."""
    from holdfast.collector.serving import address_of, collecting, listen
    from holdfast.collector.signature import find_secrets
    from holdfast.web.app import create_app
    from holdfast.web.auth import welcome_link
    from holdfast.web.security import PROXIES
    from holdfast.web.serving import serve

    log_to(out)
    data.mkdir(parents=True, exist_ok=True)
    with (
        listen(host, port) as listening,
        collecting(data, find_secrets(), refresher(data)) as collector,
        expiring(data),
    ):
        app = create_app(data)
        say_losses(out, collector.inbox)
        say_ready(out, reachable(address_of(listening)), data, welcome_link(app.state.state))
        if not is_local(listening) and not os.environ.get(PROXIES):
            say_exposed(out)
        serve(app, listening, collector)
        left = len(collector.inbox.pending(10_000))
    rest = f"; {left:,} messages wait in the inbox and are applied at the next start" if left else ""
    out.print(f"Ended. Everything acknowledged is stored{rest}.")


def say_ready(out: Console, address: str, data: Path, link: str | None) -> None:
    out.print(f"Serving {data} at {address}", markup=False)
    if link is None:
        out.print("Sign in as before. Ctrl-C ends it.", markup=False)
    else:
        out.print(f"Open this link to become its owner; it works once: {address}{link}", markup=False)
        out.print("Ctrl-C ends it.", markup=False)


def say_exposed(out: Console) -> None:
    out.print(
        "warning: other machines can reach this over http, which hides neither passwords nor figures.", markup=False
    )
    out.print(
        "hint: put a proxy with https before it, as docs/run-for-real.md shows, and let it listen on 127.0.0.1",
        markup=False,
    )


def is_local(listening: socket.socket) -> bool:
    """Whether only this machine reaches it."""
    return ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


def reachable(address: str) -> str:
    """An address that a browser on this machine can open.

    >>> reachable("http://0.0.0.0:8700"), reachable("http://[::]:8700")
    ('http://127.0.0.1:8700', 'http://[::1]:8700')
    """
    for everywhere, here in ANYWHERE.items():
        address = address.replace(f"//{everywhere}:", f"//{here}:").replace(f"//[{everywhere}]:", f"//[{here}]:")
    return address
