"""What browser SDKs ask for before they send anything."""

from __future__ import annotations

import re
from collections.abc import Iterable

_HOST = re.compile(rb"[A-Za-z0-9.:\[\]-]{1,255}")


def address(headers: Iterable[tuple[bytes, bytes]], scheme: str) -> tuple[str, str]:
    """Scheme and host by which the sender reached us, behind a proxy too."""
    named = dict(headers)
    said = named.get(b"x-forwarded-proto", b"").split(b",")[0].strip().lower()
    host = named.get(b"host", b"")
    return said.decode() if said in {b"http", b"https"} else scheme, host.decode() if _HOST.fullmatch(host) else ""


def segment_settings(write_key: str, scheme: str, host: str) -> dict[str, object]:
    """What `@segment/analytics-next` loads: one destination, which is this server, and nothing else to do.

    >>> segment_settings("k", "https", "events.example.com")["integrations"]["Segment.io"]["apiHost"]
    'events.example.com/v1'
    """
    here = {"apiHost": f"{host}/v1", "protocol": scheme} if host else {}
    return {
        "integrations": {"Segment.io": {"apiKey": write_key, **here}},
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }


def rudder_source(write_key: str, source: str) -> dict[str, object]:
    """What `@rudderstack/analytics-js` loads: a source that is on, with no destination in the browser."""
    return {
        "source": {
            "id": source,
            "name": source,
            "writeKey": write_key,
            "workspaceId": "holdfast",
            "enabled": True,
            "connections": [],
            "destinations": [],
            "dataplanes": {},
            "config": {"statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}},
        }
    }
