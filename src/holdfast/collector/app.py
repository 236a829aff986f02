"""The collector as a web application: what comes in is stored, and only then acknowledged."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from holdfast.collector.applier import Applier
from holdfast.collector.body import TooLarge, TooSlow, read_body
from holdfast.collector.inbox import Inbox, InboxUnavailable
from holdfast.collector.message import STRIPE_WEBHOOK, Message
from holdfast.collector.segment import Intake, KeyRing
from holdfast.collector.segment.intake import Application
from holdfast.collector.signature import BadSignature, Secrets

if TYPE_CHECKING:
    from starlette.requests import Request

log = logging.getLogger("holdfast.collector")

LARGEST_WEBHOOK = 4 << 20
"""Bytes; Stripe's events are some kilobytes."""
RETRY_AFTER_SECONDS = 10
BEHIND_SECONDS = 60


class Collector:
    """The routes that take data in. Put them into an application of your own with `routes`."""

    def __init__(
        self,
        inbox: Inbox,
        secrets: Secrets,
        applier: Applier | None = None,
        clock: Callable[[], float] = time.time,
        ring: KeyRing | None = None,
    ) -> None:
        self.inbox, self.secrets, self.applier, self.clock = inbox, secrets, applier, clock
        self.intake = None if ring is None else Intake(inbox, ring)
        """What takes events; None where there are no keys to send them with."""
        self.counts: Counter[str] = Counter()
        """Answers since the start, by what they said."""

    def routes(self) -> list[Route]:
        return [
            Route("/v1/webhooks/stripe", self.stripe, methods=["POST"]),
            Route("/v1/health", self.health, methods=["GET"]),
        ]

    def in_front_of(self, behind: Application) -> Application:
        """Another application, with what takes events in front of it."""
        return behind if self.intake is None else self.intake.in_front_of(behind)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """What is acknowledged is applied, and keys are kept current, as long as this lasts."""
        if self.intake is not None:
            self.intake.ring.start()
        if self.applier is not None:
            self.applier.start()
        yield
        if self.intake is not None:
            await self.intake.ring.stop()
        if self.applier is not None:
            await run_in_threadpool(self.applier.stop)

    async def stripe(self, request: Request) -> Response:
        """One delivery of Stripe's: 200 means that it is on the disk."""
        if not self.secrets:
            return self._later("no_secret", "the secret of the webhook is not set up here")
        if self.inbox.full:
            return self._later("full", "the inbox is full")
        try:
            body = await read_body(request, LARGEST_WEBHOOK)
            self.secrets.check(body, request.headers.get("stripe-signature", ""), self.clock)
            await self.inbox.put(Message(STRIPE_WEBHOOK, body))
        except TooLarge:
            return self._refused(413, "too_large", f"the body is longer than {LARGEST_WEBHOOK:,} bytes")
        except TooSlow:
            return self._refused(408, "too_slow", "the body did not arrive in time")
        except BadSignature as error:
            return self._refused(400, "bad_signature", error.message)
        except InboxUnavailable:
            return self._later("not_stored", "the event could not be stored")
        self.counts["stored"] += 1
        return JSONResponse({"received": True})

    def _refused(self, status: int, code: str, message: str) -> Response:
        self.counts[code] += 1
        return JSONResponse({"code": code, "message": message}, status)

    def _later(self, code: str, message: str) -> Response:
        self.counts[code] += 1
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return JSONResponse({"code": code, "message": message}, 503, headers)

    async def health(self, request: Request) -> Response:
        """How the inbox is doing, in numbers; 503 where nothing can be stored."""
        state = await run_in_threadpool(self.state)
        return JSONResponse(state, 503 if state["status"] == "unavailable" else 200)

    def state(self) -> dict[str, object]:
        inbox, oldest = self.inbox, self.inbox.oldest()
        age = 0.0 if oldest is None else max(0.0, self.clock() - oldest / 1_000_000)
        waits_for = self.applier.waits_for if self.applier else None
        losses = inbox.losses()
        status = "behind" if waits_for or age > BEHIND_SECONDS else "ok"
        return {
            "status": "unavailable" if inbox.broken or inbox.full else status,
            "acknowledged": inbox.position.acknowledged,
            "applied": inbox.position.applied,
            "pending": inbox.pending_count,
            "oldest_pending_seconds": round(age, 1),
            "refused": len(inbox.refused()),
            "lost": losses.messages,
            "lost_numbers": [[first, last] for first, last, _ in losses.runs],
            "waits_for": waits_for,
            "answers": dict(self.counts),
            "sources": {} if self.intake is None else self.intake.arrivals.by_source(),
        }


def create_app(collector: Collector) -> Application:
    """The collector alone, with its applier running as long as the application does."""
    behind = Starlette(routes=collector.routes(), lifespan=lambda app: collector.running())
    return collector.in_front_of(behind)
