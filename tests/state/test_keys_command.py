"""`holdfast keys`: made, listed, revoked, and said in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from holdfast.cli.main import app
from holdfast.state.keys import looks_like_key


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--data", str(data), "keys", *arguments])


def test_a_key_is_shown_once_and_alone_on_stdout(tmp_path: Path) -> None:
    made = run(tmp_path, "create", "--kind", "write", "--source", "web")
    assert made.exit_code == 0
    text = made.stdout.strip()
    assert looks_like_key(text)
    assert "shown this once" in made.stderr
    listed = run(tmp_path, "list")
    assert text not in listed.output
    assert all(word in listed.output for word in (text[:12], "web", "–"))


def test_revoking_is_said_and_seen(tmp_path: Path) -> None:
    text = run(tmp_path, "create", "--source", "web").stdout.strip()
    revoked = run(tmp_path, "revoke", text[:12])
    assert revoked.exit_code == 0
    assert f"The key {text[:12]} for web is refused since" in revoked.output
    [listed] = json.loads(run(tmp_path, "list", "--format", "json").stdout)
    assert (listed["key"], listed["source"], listed["last_used_at"]) == (text[:12], "web", None)
    assert listed["revoked_at"] > listed["created_at"]
    assert listed["revoked_at"][:16].replace("T", " ") in run(tmp_path, "list").output


def test_without_keys_it_says_how_to_make_one(tmp_path: Path) -> None:
    assert "holdfast keys create --source web" in run(tmp_path, "list").output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "--source", "My App"), "cannot be the name of a source"),
        (("create",), "a key that writes has a source"),
        (("create", "--source", "web", "--name", "x"), "a key that writes has a source"),
        (("create", "--kind", "read"), "a key that reads has a name"),
        (("create", "--kind", "read", "--source", "web", "--name", "x"), "a key that reads has a name"),
        (("create", "--kind", "read", "--role", "owner", "--name", "x"), "owner"),
        (("revoke", "hfw_notthere"), "holdfast keys list"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run(tmp_path, *arguments)
    assert result.exit_code == 2
    assert said in result.output


def test_a_key_that_reads_has_a_role_and_a_name(tmp_path: Path) -> None:
    made = run(tmp_path, "create", "--kind", "read", "--role", "analyst", "--name", "Looker [b]x")
    text = made.stdout.strip()
    assert looks_like_key(text, "read")
    assert "Key to read as analyst" in made.stderr
    [listed] = json.loads(run(tmp_path, "list", "--format", "json").stdout)
    assert (listed["kind"], listed["role"], listed["name"], listed["source"]) == (
        "read", "analyst", "Looker [b]x", None,
    )  # fmt: skip
    shown = run(tmp_path, "list").output
    assert "Looker [b]x" in shown
    assert "read: analyst" in shown
