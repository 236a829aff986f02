"""What a provider says is believed where it is signed, for us, for this sign-in, and lately; else nothing is."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from holdfast.errors import InputError
from holdfast.web.auth.oidc_settings import OidcSettings, oidc_settings
from holdfast.web.auth.provider import Identity, Journey, NotVouchedFor, Provider, claims_of, identity_of

ISSUER = "https://id.example"
SETTINGS = OidcSettings(ISSUER, "holdfast", "a secret", name="Example")
KEY = RSAKey.generate_key(2048, {"kid": "one"})
OTHER = RSAKey.generate_key(2048, {"kid": "one"})
CALLBACK = "https://holdfast.test/sign-in/oidc/callback"


def claims(**instead: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": "holdfast", "sub": "7", "exp": now + 300, "iat": now, "nonce": "n"}
    said = usual | {"email": "ada@example.com", "email_verified": True, "name": "Ada"} | instead
    return {name: value for name, value in said.items() if value is not None}


def signed(said: dict[str, Any], key: Any = KEY, algorithm: str = "RS256") -> str:
    return jwt.encode({"alg": algorithm, "kid": "one"}, said, key, algorithms=[algorithm])


def keys(anew: bool = False) -> dict[str, Any]:
    return {"keys": [KEY.as_dict(private=False)]}


def unsigned(said: dict[str, Any]) -> str:
    return signed(said, OctKey.import_key("x" * 32), "HS256").rpartition(".")[0] + "."


def test_a_good_token_is_believed() -> None:
    found = claims_of(signed(claims()), keys, SETTINGS, "n")
    assert identity_of(ISSUER, found) == Identity(f"{ISSUER} 7", "ada@example.com", "Ada")
    assert claims_of(signed(claims(iss=ISSUER + "/")), keys, SETTINGS, "n")
    assert claims_of(signed(claims(aud=["holdfast", "x"], azp="holdfast")), keys, SETTINGS, "n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"aud": "another"}, {"aud": None}, {"aud": ["a", "b"]},
        {"aud": ["holdfast", "x"], "azp": "x"}, {"nonce": "another"}, {"nonce": None}, {"sub": None},
        {"exp": int(time.time()) - 120}, {"exp": None}, {"exp": "soon"}, {"at_hash": "AAAA"},
        {"iat": int(time.time()) + 6_000}, {"nbf": int(time.time()) + 6_000},
    ],
)  # fmt: skip
def test_a_token_for_somebody_else_is_not(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotVouchedFor, match="not valid"):
        claims_of(signed(claims(**wrong)), keys, SETTINGS, "n", "access")


def test_a_token_that_somebody_else_signed_is_not() -> None:
    good = signed(claims())
    public = json.dumps(KEY.as_dict(private=False))
    forged = [
        signed(claims(), OTHER),
        signed(claims(), OctKey.import_key(public), "HS256"),
        signed(claims(), OctKey.import_key("a secret of some length, shared"), "HS256"),
        unsigned(claims()),
        good[:-4] + "AAAA",
        good.rpartition(".")[0] + ".",
        "",
        "a.b.c",
        "é",
    ]
    for token in forged:
        with pytest.raises(NotVouchedFor):
            claims_of(token, keys, SETTINGS, "n")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email_verified": False}, "verified"),
        ({"email_verified": None}, "verified"),
        ({"email_verified": "false"}, "verified"),
        ({"email_verified": 1.5}, "verified"),
        ({"email": None}, "scope email"),
        ({"email": ["ada@example.com"]}, "scope email"),
        ({"email": "ada"}, "is none"),
        ({"email": "ada@example.com\ud800"}, "is none"),
        ({"sub": ""}, "who it is"),
        ({"sub": 7}, "who it is"),
    ],
)
def test_an_address_that_nobody_vouches_for_is_not(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(NotVouchedFor, match=said):
        identity_of(ISSUER, claims(**wrong))


class Faked:
    """A provider that answers as it is told, and remembers what it was asked."""

    def __init__(self, **instead: Any) -> None:
        self.instead, self.asked = instead, list[httpx2.Request]()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        path = request.url.path
        answer = self.instead[path] if path in self.instead else self.usual(path)
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    def usual(self, path: str) -> Any:
        description = {
            "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/authorize", "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys", "userinfo_endpoint": f"{ISSUER}/userinfo",
        }  # fmt: skip
        return {
            "/.well-known/openid-configuration": description,
            "/keys": keys(),
            "/token": {"access_token": "a", "token_type": "Bearer", "id_token": signed(claims())},
            "/userinfo": {"sub": "7", "email": "ada@example.com", "email_verified": True},
        }[path]

    def provider(self, settings: OidcSettings = SETTINGS) -> Provider:
        return Provider(settings, transport=httpx2.MockTransport(self))

    def form(self, path: str) -> dict[str, str]:
        [asked] = [one for one in self.asked if one.url.path == path]
        return {name: values[0] for name, values in parse_qs(asked.content.decode()).items()}


JOURNEY = replace(Journey.begun("/"), nonce="n")


def test_the_way_out_carries_state_nonce_and_a_challenge_and_the_way_back_its_answer() -> None:
    faked = Faked()
    provider = faked.provider()
    asked = parse_qs(urlsplit(provider.url(JOURNEY, CALLBACK)).query)
    assert (asked["state"], asked["nonce"], asked["redirect_uri"]) == ([JOURNEY.state], ["n"], [CALLBACK])
    assert asked["code_challenge_method"] == ["S256"]
    assert JOURNEY.verifier not in str(asked)
    assert provider.identity(JOURNEY, "code", CALLBACK).email == "ada@example.com"
    form = faked.form("/token")
    assert (form["code"], form["code_verifier"], form["redirect_uri"]) == ("code", JOURNEY.verifier, CALLBACK)
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    assert asked["code_challenge"] == [create_s256_code_challenge(JOURNEY.verifier)]
    assert [one.url.path for one in faked.asked].count("/keys") == 1, "what a provider says of itself is remembered"


def test_without_a_secret_there_is_the_challenge_alone() -> None:
    faked = Faked()
    faked.provider(replace(SETTINGS, client_secret="")).identity(JOURNEY, "code", CALLBACK)
    assert faked.form("/token")["client_id"] == "holdfast"
    assert "client_secret" not in faked.form("/token")


def test_the_address_may_come_beside_the_token_and_only_of_the_same_person() -> None:
    token = {"access_token": "a", "token_type": "Bearer", "id_token": signed(claims(email=None, email_verified=None))}
    provider = Faked(**{"/token": token}).provider()
    assert provider.identity(JOURNEY, "code", CALLBACK).email == "ada@example.com"
    somebody_else = {"sub": "8", "email": "eve@example.com", "email_verified": True}
    with pytest.raises(NotVouchedFor, match="somebody else"):
        Faked(**{"/token": token, "/userinfo": somebody_else}).provider().identity(JOURNEY, "code", CALLBACK)


@pytest.mark.parametrize(
    "instead",
    [
        {"/.well-known/openid-configuration": {"issuer": "https://evil.example", "jwks_uri": f"{ISSUER}/keys"}},
        {"/.well-known/openid-configuration": {}},
        {"/.well-known/openid-configuration": httpx2.Response(503)},
        {"/keys": httpx2.Response(200, text="<html>")},
        {"/keys": {"keys": [OTHER.as_dict(private=False)]}},
        {"/keys": {"keys": []}},
        {"/keys": []},
        {"/token": httpx2.Response(400, json={"error": "invalid_grant"})},
        {"/token": httpx2.Response(302, headers={"Location": "https://evil.example"})},
        {"/token": {"access_token": "a", "token_type": "Bearer"}},
        {"/token": []},
    ],
)
def test_a_provider_that_does_not_answer_as_it_should_lets_nobody_in(instead: dict[str, Any]) -> None:
    with pytest.raises(NotVouchedFor):
        Faked(**instead).provider().identity(JOURNEY, "code", CALLBACK)


def test_a_provider_that_is_not_there_lets_nobody_in() -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    with pytest.raises(NotVouchedFor, match="ConnectError"):
        Provider(SETTINGS, transport=httpx2.MockTransport(refuse)).url(JOURNEY, CALLBACK)


def test_keys_that_change_are_asked_for_again_but_not_for_every_token() -> None:
    now = 0.0
    new = RSAKey.generate_key(2048, {"kid": "two"})
    token = jwt.encode({"alg": "RS256", "kid": "two"}, claims(), new)
    faked = Faked(**{"/token": {"access_token": "a", "token_type": "Bearer", "id_token": token}})
    provider = Provider(SETTINGS, lambda: now, httpx2.MockTransport(faked))
    for _ in range(3):
        with pytest.raises(NotVouchedFor):
            provider.identity(JOURNEY, "code", CALLBACK)
    assert [one.url.path for one in faked.asked].count("/keys") == 1
    faked.instead["/keys"] = {"keys": [KEY.as_dict(private=False), new.as_dict(private=False)]}
    now = 61.0
    assert provider.identity(JOURNEY, "code", CALLBACK).subject == f"{ISSUER} 7"


USUAL = {"HOLDFAST_OIDC_ISSUER": ISSUER + "/", "HOLDFAST_OIDC_CLIENT_ID": "holdfast"}


def test_settings_come_from_the_environment_and_the_secret_is_not_shown(tmp_path: Any) -> None:
    assert oidc_settings({}) is None
    (tmp_path / "secret").write_text("hidden\n")
    found = oidc_settings(USUAL | {"HOLDFAST_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret")})
    assert found is not None
    assert (found.issuer, found.client_secret, found.role, found.name) == (ISSUER, "hidden", None, "id.example")
    assert "hidden" not in repr(found)
    newcomers = {"HOLDFAST_OIDC_ROLE": "viewer", "HOLDFAST_OIDC_DOMAINS": "@Acme.com, acme.de"}
    found = oidc_settings(USUAL | newcomers)
    assert found is not None
    addresses = ("a@acme.com", "a@ACME.de", "a@evilacme.com", "a@acme.com.evil", "a@acme.com@evil.example")
    assert [found.admits(one) for one in addresses] == ["viewer", "viewer", None, None, None]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"HOLDFAST_OIDC_ISSUER": "http://id.example"}, "https"),
        ({"HOLDFAST_OIDC_ISSUER": "id.example"}, "https"),
        ({"HOLDFAST_OIDC_CLIENT_ID": ""}, "CLIENT_ID"),
        ({"HOLDFAST_OIDC_ROLE": "owner", "HOLDFAST_OIDC_DOMAINS": "acme.com"}, "cannot be owner"),
        ({"HOLDFAST_OIDC_ROLE": "king", "HOLDFAST_OIDC_DOMAINS": "acme.com"}, "is no role"),
        ({"HOLDFAST_OIDC_ROLE": "viewer"}, "does not say whom"),
        ({"HOLDFAST_OIDC_CLIENT_SECRET_FILE": "/nowhere"}, "cannot read /nowhere"),
    ],
)
def test_settings_that_would_let_anybody_in_or_nobody_are_refused(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        oidc_settings(USUAL | wrong)
