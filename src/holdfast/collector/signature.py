"""Whether a request was sent by Stripe: the secrets of the webhook, and the check of a signature."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from holdfast.environment import secret_text
from holdfast.errors import InputError

SECRET, SECRET_FILE = "HOLDFAST_STRIPE_WEBHOOK_SECRET", "HOLDFAST_STRIPE_WEBHOOK_SECRET_FILE"
HINT = (
    f"put the signing secret (whsec_…) of the webhook in {SECRET}, or the path of a file that holds it in {SECRET_FILE}"
)
TOLERANCE_SECONDS = 300
_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]{8,}")
_TIME = re.compile(r"(?:^|,)\s*t=(\d{1,12})(?:,|$)")


class BadSignature(InputError):
    """The request was not signed with one of the secrets, or not at this time."""


@dataclass(frozen=True)
class Secrets:
    """The signing secrets that are valid now: one, or two while one takes the place of the other.

    >>> Secrets(("whsec_notarealsecret",))
    Secrets(1)
    """

    values: tuple[str, ...] = field(repr=False)

    def __bool__(self) -> bool:
        return bool(self.values)

    def __repr__(self) -> str:
        return f"Secrets({len(self.values)})"

    def check(self, body: bytes, header: str, clock: Callable[[], float] = time.time) -> None:
        """Raises `BadSignature` where none of the secrets made the signature in the last five minutes."""
        from stripe import SignatureVerificationError, WebhookSignature

        said = _TIME.search(header)
        if said is None:
            raise BadSignature("the header Stripe-Signature is missing, or it has no time")
        if abs(clock() - int(said[1])) > TOLERANCE_SECONDS:
            raise BadSignature("the signature is not of the last five minutes: is the clock of this machine right?")
        for secret in self.values:
            try:
                # the time is checked above, both ways and by our clock
                WebhookSignature.verify_header(body, header, secret, None)
            except (SignatureVerificationError, UnicodeDecodeError):
                continue
            return
        raise BadSignature("the signature fits none of the secrets")


def find_secrets(environment: Mapping[str, str] | None = None) -> Secrets:
    """The secrets that the environment names, separated by commas or spaces; none where it names none.

    Raises `InputError` that says where to put them, never what was found.
    """
    text, origin = secret_text(SECRET, HINT, environment)
    values = tuple(re.split(r"[\s,]+", text)) if text else ()
    if not all(_SECRET.fullmatch(one) for one in values):
        raise InputError(f"what {origin} holds is not the secret of a webhook: those begin with whsec_", hint=HINT)
    return Secrets(values)
