"""Which OpenID provider people may sign in with: from the environment, for it holds a secret."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from holdfast.environment import secret_text
from holdfast.errors import InputError
from holdfast.state.roles import Role, checked_role

ISSUER, CLIENT, SECRET = "HOLDFAST_OIDC_ISSUER", "HOLDFAST_OIDC_CLIENT_ID", "HOLDFAST_OIDC_CLIENT_SECRET"
ROLE, DOMAINS, NAME = "HOLDFAST_OIDC_ROLE", "HOLDFAST_OIDC_DOMAINS", "HOLDFAST_OIDC_NAME"
ANY = "*"
SECRET_HINT = f"put the secret of the client into {SECRET}, or the path of a file that holds it into {SECRET}_FILE"


@dataclass(frozen=True)
class OidcSettings:
    """A provider, and whom it lets in: those who are known or invited, and newcomers where a role is named."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    role: Role | None = None
    domains: tuple[str, ...] = ()
    name: str = ""

    def admits(self, email: str) -> Role | None:
        """What somebody new is, by the domain of the address; None where only invited people come in.

        >>> OidcSettings("https://id.example", "holdfast", role="viewer", domains=("acme.com",)).admits("ada@acme.com")
        'viewer'
        """
        known = ANY in self.domains or email.rpartition("@")[2].casefold() in self.domains
        return self.role if known else None


def oidc_settings(environment: Mapping[str, str] | None = None) -> OidcSettings | None:
    """None where no issuer is named. Raises `InputError` where it cannot be used as it is."""
    said = {name: value.strip() for name, value in (os.environ if environment is None else environment).items()}
    issuer = said.get(ISSUER, "").rstrip("/")
    if not issuer:
        return None
    _checked_issuer(issuer)
    if not said.get(CLIENT):
        raise InputError(f"{ISSUER} is set, and {CLIENT} is not", hint="the provider gives one to each application")
    role, domains = _newcomers(said.get(ROLE, ""), said.get(DOMAINS, ""))
    name = said.get(NAME) or urlsplit(issuer).netloc
    return OidcSettings(issuer, said[CLIENT], secret_text(SECRET, SECRET_HINT, said)[0], role, domains, name)


def _checked_issuer(issuer: str) -> None:
    url = urlsplit(issuer)
    local = url.hostname in ("localhost", "127.0.0.1", "::1")
    if not url.netloc or url.query or url.fragment or not (url.scheme == "https" or (url.scheme == "http" and local)):
        raise InputError(f"{ISSUER} is {issuer!r}, and has to be an https address", hint="such as https://id.acme.com")


def _newcomers(role: str, domains: str) -> tuple[Role | None, tuple[str, ...]]:
    listed = tuple(one.strip().casefold().removeprefix("@") for one in domains.split(",") if one.strip())
    if not role:
        return None, listed
    checked = checked_role(role)
    if checked == "owner":
        raise InputError(f"{ROLE} cannot be owner", hint="an owner can make somebody else one, in Settings, People")
    if not listed:
        raise InputError(
            f"{ROLE} lets newcomers in, and {DOMAINS} does not say whom",
            hint=f"set {DOMAINS} to the domains of your addresses, such as acme.com, or to {ANY} for whoever the"
            " provider knows",
        )
    return checked, listed
