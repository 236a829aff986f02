"""What a sync did, by kind of object."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OUTCOMES = ("read", "new", "changed", "duplicate", "rejected")


@dataclass
class Counts:
    """`read = new + changed + duplicate + rejected`, in objects of Stripe."""

    read: int = 0
    new: int = 0
    changed: int = 0
    duplicate: int = 0
    rejected: int = 0

    def add(self, outcome: str, times: int = 1) -> None:
        setattr(self, outcome, getattr(self, outcome) + times)
        self.read += times


@dataclass
class SyncReport:
    """What a sync read, what became of it, and which part of the past nothing shows."""

    mode: str
    """`everything` or `changes`"""
    resumed: bool = False
    kinds: dict[str, Counts] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rejects: list[tuple[str, str]] = field(default_factory=list)
    """Id and reason of the objects that could not be used."""
    unknown_subscriptions: int = 0
    unknown_spans: int = 0
    withdrawn: int = 0
    """Subscriptions that Stripe no longer has."""
    missed: dict[str, int] = field(default_factory=dict)
    """Events that webhooks missed, by type; this run has read them."""
    kept_in: Path | None = None
    touched: set[str] = field(default_factory=set)
    requests: int = 0
    waited_seconds: float = 0.0

    def count(self, kind: str, outcome: str, times: int = 1) -> None:
        self.kinds.setdefault(kind, Counts()).add(outcome, times)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    @property
    def total(self) -> Counts:
        return Counts(*(sum(getattr(one, name) for one in self.kinds.values()) for name in OUTCOMES))

    def as_json(self) -> dict[str, Any]:
        return {
            "mode": self.mode,
            "resumed": self.resumed,
            "kinds": {kind: vars(counts) for kind, counts in self.kinds.items()},
            "total": vars(self.total),
            "unknown_history": {"subscriptions": self.unknown_subscriptions, "spans": self.unknown_spans},
            "withdrawn": self.withdrawn,
            "missed_by_webhooks": {"events": sum(self.missed.values()), "types": self.missed},
            "rejects": [{"id": thing, "reason": reason} for thing, reason in self.rejects],
            "notes": self.notes,
            "requests": self.requests,
            "waited_seconds": round(self.waited_seconds, 1),
        }
