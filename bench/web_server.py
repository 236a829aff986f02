"""The web app of a folder, with its owner signed in; prints its address and the session's token. A child of `web`."""

from __future__ import annotations

import sys
from pathlib import Path

from holdfast.collector.serving import address_of, listen
from holdfast.state import Invitations, Sessions
from holdfast.web.app import create_app
from holdfast.web.serving import serve


def main() -> None:
    app = create_app(Path(sys.argv[1]))
    links = Invitations(app.state.state)
    owner = links.accept(links.welcome() or "", "nobody signs in by password", name="Owner", email="owner@example.com")
    listening = listen("127.0.0.1", 0)
    print(address_of(listening), Sessions(app.state.state).start(owner.id), flush=True)
    serve(app, listening)


if __name__ == "__main__":
    main()
