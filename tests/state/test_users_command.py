"""`holdfast users`: listed, invited, helped back in, refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from holdfast.cli.main import app
from holdfast.state import Invitations, People, open_state


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--data", str(data), "users", *arguments])


@pytest.fixture
def folder(tmp_path: Path, empty: Path) -> Path:
    (tmp_path / empty.name).write_bytes(empty.read_bytes())
    return tmp_path


def with_owner(data: Path) -> None:
    with open_state(data) as state:
        links = Invitations(state)
        links.accept(links.welcome() or "", "hash", name="Ada", email="ada@example.com")


def test_without_people_it_says_how_the_first_one_comes_in(folder: Path) -> None:
    assert "holdfast serve" in run(folder, "list").output


def test_an_invitation_is_a_link_alone_on_stdout(folder: Path) -> None:
    made = run(folder, "invite", "Bob@example.com", "--role", "analyst", "--url", "https://numbers.example.com/")
    assert made.exit_code == 0
    link = made.stdout.strip()
    assert link.startswith("https://numbers.example.com/invite/")
    assert "Invited: bob@example.com as analyst, until" in run(folder, "list").output
    with open_state(folder) as state:
        found = Invitations(state).find(link.rpartition("/")[2])
    assert found is not None
    assert (found.email, found.role, found.invited_by) == ("bob@example.com", "analyst", "console")


def test_people_are_listed_disabled_enabled_and_helped_back_in(folder: Path) -> None:
    with_owner(folder)
    with open_state(folder) as state:
        People(state).add("bob@example.com", "Bob [b]", "viewer")
    assert "Bob [b]" in run(folder, "list").output
    assert "holdfast users enable bob@example.com" in run(folder, "disable", "BOB@example.com").output
    listed = {one["email"]: one for one in json.loads(run(folder, "list", "--format", "json").stdout)}
    assert listed["bob@example.com"]["disabled_at"]
    assert "may sign in again, as viewer" in run(folder, "enable", "bob@example.com").output
    link = run(folder, "reset", "ada@example.com").stdout.strip()
    with open_state(folder) as state:
        found = Invitations(state).find(link.rpartition("/")[2])
    assert found is not None
    assert found.purpose == "reset"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("invite", "bob"), "no e-mail address"),
        (("invite", "ada@example.com"), "already"),
        (("reset", "nobody@example.com"), "holdfast users list"),
        (("disable", "nobody@example.com"), "holdfast users list"),
        (("disable", "ada@example.com"), "only owner"),
    ],
)
def test_what_cannot_be_done_is_said(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    with_owner(folder)
    result = run(folder, *arguments)
    assert result.exit_code == 2
    assert said in result.output
