"""Pages that say the same to all who have one role and one language: made once for each state of the facts.

What is a reader's own, the name and the token of forms, is put in as the page is sent.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import NamedTuple

from markupsafe import escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from holdfast.web.company import SHOWN_OLD
from holdfast.web.guard import person_of
from holdfast.web.making import Abandoned, Makings, follows, patience
from holdfast.web.page import STAND_INS, Own, company_of, own_of, page, theme_of, words_of

MOST = 500
"""Pages that are remembered."""
OK, ACCEPTED = 200, 202
HANDED_OVER_SECONDS = 5.0


@dataclass(frozen=True)
class Kept:
    """A page as it was made, and from which state of the facts."""

    html: str
    stamp: tuple[object, ...]


class Pages:
    """The pages that are remembered, the latest used last. Safe to use from any thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._handed_over: dict[tuple[object, ...], tuple[str, float]] = {}
        self.makings: Makings[Made] = Makings()

    def close(self) -> None:
        self.makings.close()

    def get(self, key: tuple[object, ...], stamp: tuple[object, ...]) -> str | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None or found.stamp != stamp:
                return None
            self._kept.move_to_end(key)
            return found.html

    def hand_over(self, key: tuple[object, ...], html: str) -> None:
        """Keep a page for whoever waited for it and asks for it once more, however old anything on it is."""
        with self._lock:
            now = time.monotonic()
            kept = {one: found for one, found in self._handed_over.items() if now - found[1] < HANDED_OVER_SECONDS}
            self._handed_over = {**kept, key: (html, now)}

    def handed_over(self, key: tuple[object, ...]) -> str | None:
        with self._lock:
            html, at = self._handed_over.pop(key, ("", 0.0))
        return html if html and time.monotonic() - at < HANDED_OVER_SECONDS else None

    def keep(self, key: tuple[object, ...], kept: Kept) -> None:
        with self._lock:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)


class Made(NamedTuple):
    """A page as it was made for many."""

    html: str
    status: int
    stamp: tuple[object, ...]
    """The state of the facts as its making began."""
    is_old: bool
    """Whether anything on it is: then it is not worth remembering."""


def remembered(make: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """The page that `make` makes, remembered unless something on it is old already.

    A browser that would wait for long is shown how far it is.
    """

    @wraps(make)
    def shown(request: Request) -> Response:
        company, pages = company_of(request), request.app.state.pages
        key, stamp = _key(request), company.stamp()
        decided = (key, stamp[0])
        html = pages.get(key, stamp) or pages.handed_over(decided)
        if html is not None:
            return HTMLResponse(_filled(request, html))
        making = pages.makings.begun(decided, lambda: _made_for_many(make, request))
        try:
            made = making.within(patience(request))
        except Abandoned:  # by whoever asked before, and given up a moment ago
            return shown(request)
        if made is None:
            return page(request, "making.html", ACCEPTED, making=making.progress)
        if made.status == OK and not made.is_old and company.stamp() == made.stamp:
            pages.keep(key, Kept(made.html, made.stamp))
        elif made.status == OK and follows(request):
            pages.hand_over(decided, made.html)
        return HTMLResponse(_filled(request, made.html), made.status)

    return shown


def _made_for_many(make: Callable[[Request], Response], request: Request) -> Made:
    SHOWN_OLD.set(False)
    state = {**request.scope.get("state", {}), "is_for_many": True}
    stamp = company_of(request).stamp()
    made = make(Request({**request.scope, "state": state}))
    return Made(bytes(made.body).decode(), made.status_code, stamp, SHOWN_OLD.get())


def _key(request: Request) -> tuple[object, ...]:
    """All that a page depends on beside the facts."""
    person, segments = person_of(request), request.app.state.segments.all()
    told = (words_of(request).language, theme_of(request, person), person.role if person else "")
    meant = tuple((one.name, *one.conditions) for one in segments)
    return (request.url.path, request.url.query, *told, *meant)


def _filled(request: Request, html: str) -> str:
    """The page with what is this reader's own."""
    own = own_of(request)
    for one in fields(Own):
        html = html.replace(getattr(STAND_INS, one.name), str(escape(getattr(own, one.name))))
    return html
