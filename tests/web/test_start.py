"""The first steps: what is shown where there is nothing yet, and which steps are done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files
from holdfast.state import Keys, open_state
from holdfast.web.first_steps import FIGURES, Steps, steps_of
from tests.web.signed import csrf, signed_in

if TYPE_CHECKING:
    from starlette.testclient import TestClient


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[TestClient]:
    with signed_in(tmp_path) as opened:
        yield opened


def test_pages_of_figures_teach_where_there_are_none(browser: TestClient) -> None:
    there = {getattr(route, "path", "") for route in browser.app.routes}  # type: ignore[attr-defined]
    for path in there.intersection(FIGURES):
        answer = browser.get(path)
        assert (answer.status_code, "First steps" in answer.text) == (200, True), path
    assert "First steps" not in browser.get("/sources").text


def test_the_snippet_has_a_key_that_works(browser: TestClient, tmp_path: Path) -> None:
    assert 'writeKey: "hfw_…"' in browser.get("/start").text
    text = browser.post("/start/key", data=csrf(browser)).text
    found = re.search(r"hfw_[A-Za-z0-9]{43}", text)
    assert found
    assert "http://testserver" in text
    with open_state(tmp_path) as state:
        assert Keys(state).find("write", found[0])
    assert found[0] not in browser.get("/start").text


def test_a_key_is_made_by_forms_of_ours_alone(browser: TestClient) -> None:
    assert browser.post("/start/key").status_code == 403


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_only_an_owner_makes_keys(tmp_path: Path, role: str) -> None:
    with signed_in(tmp_path, role) as browser:
        text = browser.get("/").text
        assert ('action="/start/key"' in text, 'action="/import"' in text) == (False, role == "analyst")
        assert browser.post("/start/key", data=csrf(browser)).status_code == 403


def test_steps_are_done_when_their_facts_are_there(tmp_path: Path) -> None:
    with open_state(tmp_path) as state:
        assert steps_of(tmp_path, state) == Steps()
        file = tmp_path / "a.csv"
        file.write_text("account_id\nA1\n")
        import_files(Lake(tmp_path / "lake"), Settings(), "accounts", [file])
        Keys(state).create("write", "web")
        assert steps_of(tmp_path, state) == Steps(key=True, imported=True)


def test_the_simulated_company_is_known_as_such(client: TestClient, data: Path) -> None:
    assert "done" in client.get("/start").text
    with open_state(data) as state:
        assert steps_of(data, state).simulated
