"""Reading from Stripe through its own library: pages, patience, and errors as sentences."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from holdfast.errors import HoldfastError, InputError, UnusableFile
from holdfast.sources.stripe.key import Key, redacted

if TYPE_CHECKING:
    import stripe

API_BASE = "HOLDFAST_STRIPE_API_BASE"
PAGE = 100
NETWORK_RETRIES = 3
"""Tries that the library itself repeats after a failed connection or a server's error."""
PATIENCE = 8
"""How often a whole request is asked again after a rate limit or an answer that cannot be read."""
LONGEST_WAIT_SECONDS = 60.0
REQUESTS_PER_SECOND = 20.0
"""Stripe allows 25 a second in test mode and 100 in live mode; other programs want their share."""


class StripeUnavailable(HoldfastError, ConnectionError):
    """Stripe did not answer, or with something that cannot be read, however often it was asked."""

    __str__ = HoldfastError.__str__


class NotAllowed(InputError):
    """The key may not read a kind of object."""


class NotThere(InputError):
    """The object does not exist, or no longer."""


@dataclass(frozen=True)
class Page:
    """One page of a list: its objects, and the id to go on after, null on the last page."""

    objects: list[dict[str, Any]]
    after: str | None


def api_base(environment: Mapping[str, str] | None = None) -> str | None:
    """Another address of Stripe's API, for tests and proxies. A key goes over HTTPS, or stays on this machine."""
    given = (os.environ if environment is None else environment).get(API_BASE, "").strip().rstrip("/")
    if not given:
        return None
    parts = urlsplit(given)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise InputError(f"{API_BASE} is {given!r}; it takes an https:// address (http:// only on this machine)")
    return given


class StripeApi:
    """A reader of one Stripe account. It only ever reads."""

    def __init__(
        self,
        key: Key,
        base: str | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        import stripe

        addresses: Any = {"api": base} if base else None
        self._stripe = stripe
        self._client = stripe.StripeClient(key.secret, base_addresses=addresses, max_network_retries=NETWORK_RETRIES)
        self._sleep, self._clock = sleep, clock
        self._next_request = 0.0
        self.requests = 0
        self.waited_seconds = 0.0

    def pages(self, path: str, after: str | None = None, **parameters: Any) -> Iterator[Page]:
        """The pages of a list, from the object after `after` on."""
        while True:
            wanted = {"limit": PAGE, **parameters} | ({"starting_after": after} if after else {})
            page = self._page(path, wanted)
            yield page
            if page.after is None:
                return
            after = page.after

    def one(self, path: str, **parameters: Any) -> dict[str, Any]:
        """One object. Raises `NotThere` where it does not exist."""
        return self._get(path, parameters)

    def completed(self, thing: dict[str, Any], name: str, path: str, **parameters: Any) -> dict[str, Any]:
        """An object with all members of the list `name` inside it: an answer holds only the first ones."""
        inner = thing.get(name)
        if not isinstance(inner, dict) or not inner.get("has_more"):
            return thing
        members = [one for page in self.pages(path, **parameters) for one in page.objects]
        return {**thing, name: {**inner, "data": members, "has_more": False}}

    def with_all_items(self, subscription: dict[str, Any]) -> dict[str, Any]:
        return self.completed(
            subscription,
            "items",
            "/v1/subscription_items",
            subscription=subscription["id"],
            expand=["data.discounts"],
        )

    def _page(self, path: str, parameters: dict[str, Any]) -> Page:
        answer = self._get(path, parameters)
        objects, more = answer.get("data"), answer.get("has_more", False)
        if not isinstance(objects, list) or (more and not objects):
            raise StripeUnavailable(f"Stripe's answer to {path} is not a list that can be read on")
        return Page(objects, objects[-1]["id"] if more else None)

    def _get(self, path: str, parameters: dict[str, Any]) -> dict[str, Any]:
        for attempt in range(PATIENCE):
            self._take_turn()
            try:
                answer = self._client.raw_request("get", path, **parameters)
            except self._stripe.StripeError as error:
                wait = _wait(self._stripe, error, attempt)
                if wait is None:
                    raise _explained(self._stripe, error, path) from None
                if attempt == PATIENCE - 1:
                    raise _gave_up(self._stripe, error) from None
                self._rest(wait)
                continue
            data: Any = answer.data
            if isinstance(data, dict):
                return data
        raise StripeUnavailable(f"Stripe's answer to {path} is not an object")

    def _take_turn(self) -> None:
        ahead = self._next_request - self._clock()
        if ahead > 0:
            self._sleep(ahead)
        self._next_request = self._clock() + 1 / REQUESTS_PER_SECOND
        self.requests += 1

    def _rest(self, seconds: float) -> None:
        self.waited_seconds += seconds
        self._sleep(seconds)


def _wait(module: Any, error: stripe.StripeError, attempt: int) -> float | None:
    """Seconds to wait before asking again; null where asking again would not help."""
    unclear = isinstance(error, (module.APIConnectionError, module.APIError))
    if not isinstance(error, module.RateLimitError) and not unclear:
        return None
    asked = _retry_after(error)
    backoff = min(0.5 * 2**attempt, LONGEST_WAIT_SECONDS) * random.uniform(0.5, 1)  # noqa: S311 - no secret
    return backoff if asked is None else min(asked, LONGEST_WAIT_SECONDS)


def _retry_after(error: stripe.StripeError) -> float | None:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def _gave_up(module: Any, error: stripe.StripeError) -> StripeUnavailable:
    again = "run the same command again later: it goes on where it stopped"
    if isinstance(error, module.RateLimitError):
        return StripeUnavailable("Stripe's rate limit leaves no room: other programs use it up", hint=again)
    return StripeUnavailable(f"Stripe did not give an answer that can be read ({type(error).__name__})", hint=again)


def _explained(module: Any, error: stripe.StripeError, path: str) -> HoldfastError:
    """An error of Stripe as a sentence without any part of the key."""
    what = path.removeprefix("/v1/").split("/")[0].replace("_", " ")
    if isinstance(error, module.AuthenticationError):
        return InputError(
            "Stripe does not accept the key: it is wrong, expired or revoked",
            hint="make a restricted key in Stripe's dashboard under Developers, API keys",
        )
    if isinstance(error, module.PermissionError):
        return NotAllowed(f"the key may not read {what}", hint=f"give the restricted key the permission to read {what}")
    if error.http_status == 404 or getattr(error, "code", None) == "resource_missing":
        return NotThere(f"Stripe has no {path.removeprefix('/v1/')}")
    return UnusableFile(f"Stripe refuses to list {what}: {redacted(error.user_message or type(error).__name__)}")
