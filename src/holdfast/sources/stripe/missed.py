"""What webhooks missed: events that Stripe lists and that no webhook brought."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from holdfast.sources.stripe.delivered import FILE, Delivered
from holdfast.sources.stripe.notebook import Notebook
from holdfast.sources.stripe.shapes import Object
from holdfast.sources.stripe.side_file import FOLDER

ON_THEIR_WAY_SECONDS = 300
"""Stripe delivers within seconds, and what was just delivered may still wait to be applied."""
LOOKED_UP_TO = "missed_up_to"
WANTED = (
    "customer.created", "customer.updated", "customer.subscription.*", "customer.discount.*", "product.*", "price.*",
    "coupon.*", "subscription_schedule.*", "invoice.*", "charge.*", "refund.*", "credit_note.*",
)  # fmt: skip
"""Events that the webhook is to be made for, as the page about webhooks says."""


class Missed:
    """Looks at the events of one run, each of which is looked at in one run only."""

    def __init__(self, data: Path, notebook: Notebook, state: dict[str, Any]) -> None:
        self.data, self.notebook = data, notebook
        self.since = int(notebook.note(LOOKED_UP_TO) or 0)
        self.before = int(state["started"]) - ON_THEIR_WAY_SECONDS
        self.found: dict[str, int] = state.setdefault("missed", {})
        """How many of each type; kept with the run, which may be interrupted."""

    def look(self, events: Iterable[Object]) -> None:
        """Count those that were due by webhook and did not come; none where no webhook ever came."""
        if not (self.data / FOLDER / FILE).is_file():
            return
        due = {str(one["id"]): str(one["type"]) for one in events if self._is_due(one)}
        with closing(Delivered(self.data)) as delivered:
            missed = delivered.missed((one for one in events if str(one["id"]) in due), self.before)
        for name in missed:
            self.found[due[name]] = self.found.get(due[name], 0) + 1

    def _is_due(self, event: Object) -> bool:
        in_time = int(event["created"]) >= self.since
        return in_time and any(fnmatchcase(str(event["type"]), wanted) for wanted in WANTED)

    def finish(self) -> None:
        """Note how far was looked, in a transaction of the caller's."""
        self.notebook.set_note(LOOKED_UP_TO, self.before)
