"""Secrets out of the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.environment import secret_text
from holdfast.errors import InputError
from holdfast.state import open_state


def test_a_secret_is_given_outright_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("abc\n")
    assert secret_text("X", "hint", {"X_FILE": str(file)}) == ("abc", "X_FILE")
    assert secret_text("X", "hint", {}) == ("", "X")


@pytest.mark.parametrize("given", [{"X": "secret", "X_FILE": "f"}, {"X_FILE": "/no/such"}, {"X_FILE": "/dev/null"}])
def test_what_cannot_be_used_is_told_without_the_secret(given: dict[str, str]) -> None:
    with pytest.raises(InputError) as told:
        secret_text("X", "hint", given)
    assert "secret" not in str(told.value)


def test_the_address_of_the_state_may_be_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "url"
    file.write_text("mysql://nowhere/x")
    monkeypatch.setenv("HOLDFAST_STATE_URL_FILE", str(file))
    with pytest.raises(InputError, match="SQLite or PostgreSQL"):
        open_state(tmp_path)
