"""Only what Stripe signed, with a secret of ours, in the last five minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.collector.signature import SECRET, SECRET_FILE, BadSignature, Secrets, find_secrets
from holdfast.errors import InputError
from tests.collector.conftest import signed

BODY = b'{"id": "evt_1"}'
OLD, NEW, OTHER = "whsec_theoldsecret", "whsec_thenewsecret", "whsec_somebodyelses"
NOW = 1_780_000_000


def check(secrets: Secrets, header: str, body: bytes = BODY) -> None:
    secrets.check(body, header, lambda: NOW)


def header(secret: str = OLD, when: int = NOW, body: bytes = BODY) -> str:
    return signed(body, secret, when)["stripe-signature"]


@pytest.mark.parametrize("when", [NOW, NOW - 299, NOW + 299])
def test_a_good_signature(when: int) -> None:
    check(Secrets((OLD,)), header(when=when))


def test_both_secrets_are_good_while_one_replaces_the_other() -> None:
    both = Secrets((NEW, OLD))
    check(both, header(OLD))
    check(both, header(NEW))
    check(Secrets((NEW,)), f"{header(OLD)},{header(NEW).split(',')[1]}")


@pytest.mark.parametrize(
    "bad",
    [
        "", "t=1", "v1=00", "nonsense", "t=,v1=", "t=99999999999999999999,v1=00", f"t={NOW}", f"t={NOW},v1=",
        f"t={NOW},v0={header().split('v1=')[1]}", header(OTHER), header(when=NOW - 301), header(when=NOW + 301),
        header(body=b'{"id":"evt_1"}'), header()[:-1] + "g",
    ],
)  # fmt: skip
def test_anything_else_is_bad(bad: str) -> None:
    with pytest.raises(BadSignature):
        check(Secrets((OLD, NEW)), bad)


def test_a_body_that_is_no_text_is_bad() -> None:
    with pytest.raises(BadSignature):
        check(Secrets((OLD,)), header(), b"\xff\xfe")


def test_secrets_come_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{NEW}\n{OLD}\n")
    assert find_secrets({}) == Secrets(())
    assert find_secrets({SECRET: f" {OLD}, {NEW}"}) == Secrets((OLD, NEW))
    assert find_secrets({SECRET_FILE: str(file)}) == Secrets((NEW, OLD))
    assert OLD not in repr(find_secrets({SECRET: OLD}))


@pytest.mark.parametrize(
    "given", [{SECRET: "rk_live_1234567890"}, {SECRET: OLD, SECRET_FILE: "x"}, {SECRET_FILE: "/nowhere"}]
)
def test_what_is_no_secret_is_refused_without_being_repeated(given: dict[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        find_secrets(given)
    assert "rk_live_1234567890" not in str(caught.value)
    assert OLD not in str(caught.value)
