"""An OpenID provider: where it sends people, and what it says of who comes back.

The authorization code flow of OpenID Connect Core 1.0 with PKCE (RFC 7636). The library does the protocol; what must
hold before somebody is let in is checked here, one sentence each.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from holdfast.errors import HoldfastError, InputError, MissingExtra
from holdfast.state.people import checked_email
from holdfast.state.secret import new_secret
from holdfast.web.auth.oidc_settings import OidcSettings

if TYPE_CHECKING:
    from starlette.requests import Request

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
"""Signatures with a key that the provider alone has; never `none`, and no secret that both have."""
KEPT_SECONDS, ASKED_AGAIN_SECONDS = 3600.0, 60.0
LEEWAY_SECONDS = 60
TIMEOUT_SECONDS = 10.0
SCOPE = "openid email profile"


class NotVouchedFor(HoldfastError):
    """The provider does not say, in a way that can be believed, who somebody is. The message is for the log."""


@dataclass(frozen=True)
class Journey:
    """What a browser takes along to the provider and has to bring back."""

    state: str
    nonce: str
    verifier: str
    next: str

    @classmethod
    def begun(cls, to: str) -> Journey:
        return cls(new_secret(), new_secret(), new_secret(), to)


@dataclass(frozen=True)
class Identity:
    """Who somebody is, as the provider says; the address is theirs."""

    subject: str
    email: str
    name: str


class Provider:
    """An OpenID provider, asked over HTTPS when somebody signs in."""

    def __init__(
        self, settings: OidcSettings, clock: Callable[[], float] = time.monotonic, transport: Any = None
    ) -> None:
        _checked_libraries()
        self.settings, self.clock, self.transport = settings, clock, transport
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._asked = -KEPT_SECONDS

    def url(self, journey: Journey, redirect_uri: str) -> str:
        """Where the browser goes. Raises `NotVouchedFor` where the provider does not answer."""
        with self._client(redirect_uri) as client:
            address, _ = client.create_authorization_url(
                self._known()["authorization_endpoint"],
                state=journey.state, nonce=journey.nonce, code_verifier=journey.verifier,
            )  # fmt: skip
        return str(address)

    def identity(self, journey: Journey, code: str, redirect_uri: str) -> Identity:
        """Who comes back with a code. Raises `NotVouchedFor`."""
        with self._client(redirect_uri) as client:
            token = self._asking(
                lambda: client.fetch_token(
                    self._known()["token_endpoint"], grant_type="authorization_code", code=code,
                    code_verifier=journey.verifier,
                )
            )  # fmt: skip
            claims = self._claims(token, journey.nonce)
            if "email" not in claims and "userinfo_endpoint" in self._known():
                claims = self._more(client, claims)
        return identity_of(self.settings.issuer, claims)

    def _claims(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        text = token.get("id_token")
        if not isinstance(text, str):
            raise NotVouchedFor("the provider sent no ID token")
        return claims_of(text, self._keys, self.settings, nonce, token.get("access_token"))

    def _more(self, client: Any, claims: dict[str, Any]) -> dict[str, Any]:
        """What the provider says beside the ID token, of the same person."""
        answer = self._asking(lambda: client.get(self._known()["userinfo_endpoint"]).raise_for_status().json())
        if not isinstance(answer, dict) or answer.get("sub") != claims["sub"]:
            raise NotVouchedFor("the provider spoke of somebody else")
        return {**answer, **claims}

    def _client(self, redirect_uri: str) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        return OAuth2Client(
            client_id=self.settings.client_id, client_secret=self.settings.client_secret or None, scope=SCOPE,
            redirect_uri=redirect_uri, code_challenge_method="S256", token_endpoint_auth_method=self._method(),
            timeout=TIMEOUT_SECONDS, transport=self.transport, follow_redirects=False,
        )  # fmt: skip

    def _method(self) -> str:
        if not self.settings.client_secret:
            return "none"
        offered = self._known().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"

    def _known(self) -> dict[str, Any]:
        """What the provider says of itself, remembered for an hour."""
        with self._lock:
            if self.clock() - self._asked >= KEPT_SECONDS:
                self._metadata = self._asking(self._described)
                self._asked = self.clock()
            return self._metadata

    def _keys(self, anew: bool) -> Any:
        """The provider's keys; asked for anew where one is not known, and not more than once a minute."""
        known = self._known()
        with self._lock:
            if anew and self.clock() - self._asked >= ASKED_AGAIN_SECONDS:
                known["jwks"] = self._asking(lambda: self._get(known["jwks_uri"]))
                self._asked = self.clock()
            return known["jwks"]

    def _described(self) -> dict[str, Any]:
        found = self._get(f"{self.settings.issuer}/.well-known/openid-configuration")
        if str(found["issuer"]).rstrip("/") != self.settings.issuer:
            raise NotVouchedFor(f"the provider calls itself {found['issuer']}, not {self.settings.issuer}")
        return {**found, "jwks": self._get(found["jwks_uri"])}

    def _get(self, url: str) -> Any:
        import httpx2

        with httpx2.Client(timeout=TIMEOUT_SECONDS, transport=self.transport) as client:
            return client.get(url).raise_for_status().json()

    def _asking(self, ask: Callable[[], Any]) -> Any:
        import httpx2
        from authlib.common.errors import AuthlibBaseError

        try:
            return ask()
        except (httpx2.HTTPError, AuthlibBaseError, ValueError, KeyError, TypeError) as error:
            raise NotVouchedFor(f"the provider did not answer as it should: {type(error).__name__}: {error}") from error


def claims_of(
    token: str, keys: Callable[[bool], Any], settings: OidcSettings, nonce: str, access_token: str | None = None
) -> dict[str, Any]:
    """What an ID token says, where the provider signed it, for us, for this sign-in, and lately."""
    from authlib.common.errors import AuthlibBaseError
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import InvalidKeyIdError, JoseError
    from joserfc.jwk import KeySet

    try:
        try:
            found = jwt.decode(token, KeySet.import_key_set(keys(False)), algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            found = jwt.decode(token, KeySet.import_key_set(keys(True)), algorithms=ALGORITHMS)
        issuers = [settings.issuer, f"{settings.issuer}/"]
        options = {
            "iss": {"essential": True, "values": issuers},
            "aud": {"essential": True, "value": settings.client_id},
            "nonce": {"essential": True, "value": nonce},
        }
        parameters = {"nonce": nonce, "client_id": settings.client_id, "access_token": access_token}
        claims = CodeIDToken(found.claims, found.header, options, parameters)
        claims.validate(leeway=LEEWAY_SECONDS)
    except (JoseError, AuthlibBaseError, ValueError, TypeError) as error:
        raise NotVouchedFor(f"the ID token is not valid: {type(error).__name__}: {error}") from error
    return dict(claims)


def identity_of(issuer: str, claims: dict[str, Any]) -> Identity:
    """Who the claims speak of. Raises `NotVouchedFor` where the address is not known to be theirs."""
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not subject:
        raise NotVouchedFor("the provider did not say who it is")
    if not isinstance(email, str) or not email:
        raise NotVouchedFor("the provider did not say the e-mail address: allow the scope email")
    try:
        address = checked_email(email)
    except InputError as error:
        raise NotVouchedFor("the provider's e-mail address is none") from error
    if claims.get("email_verified") not in (True, "true"):
        raise NotVouchedFor("the provider does not say that the e-mail address is verified")
    name = claims.get("name")
    return Identity(f"{issuer} {subject}", address, name if isinstance(name, str) else "")


def provider_of(request: Request) -> Provider | None:
    """The provider of the application, where it has one."""
    found: Provider | None = getattr(request.app.state, "oidc", None)
    return found


def _checked_libraries() -> None:
    try:
        import authlib  # noqa: F401
        import httpx2  # noqa: F401
    except ImportError as error:
        raise MissingExtra("the library for OpenID is not installed", hint="pip install 'holdfast[oidc]'") from error
