"""Trials: three rates of the same trials, and how far newcomers come."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from holdfast.workspace import Workspace
from tests.web.partly import without
from tests.web.reading import Page
from tests.web.signed import signed_in

if TYPE_CHECKING:
    from starlette.testclient import TestClient

pytestmark = pytest.mark.slow

STEPS = "Signed Up, Board Created"
OCTOBER = {"start": "2026-10-01", "end": "2026-10-31", "as_of": "2026-11-10"}
ASKED = {
    "from": "2026-01-01",
    "to": "2026-10-31",
    "as_of": "2026-11-10",
    "steps": STEPS,
    "set": "trial_conversion=by-end",
}
WAYS = ("by-start", "by-end", "by-new")


@pytest.fixture(scope="module")
def text(client: TestClient) -> str:
    return client.get("/trials", params=ASKED).text


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


@pytest.fixture(scope="module")
def known(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """October by each definition."""
    return {
        way: workspace.query("trial-conversion", set={"trial_conversion": way}, **OCTOBER).to_dicts()[0] for way in WAYS
    }


def test_three_definitions_stand_side_by_side(page: Page, known: dict[str, dict[str, Any]]) -> None:
    shown = page.tables["Three ways to count"][1:]
    for row, one in zip(shown, known.values(), strict=True):
        assert row[1:4] == [str(one[name]) for name in ("trials", "converted", "open")]
        assert row[4] == (f"{one['rate']:.1%}" if one["rate"] is not None else "–")


def test_the_definition_that_is_chosen_holds_for_figures_and_charts(
    text: str, page: Page, known: dict[str, dict[str, Any]]
) -> None:
    assert page.figures["Trials"] == str(known["by-end"]["trials"])
    charts = text.split("/charts/trial-conversion.json")[1:]
    assert all("set=trial_conversion%3Dby-end" in part[:200] for part in charts)
    assert any("by=card_required" in part[:200] for part in charts)


def test_checklist_and_funnel_take_the_steps_of_the_address(page: Page, workspace: Workspace) -> None:
    rows = workspace.query("onboarding", steps=STEPS, **OCTOBER).to_dicts()
    assert [row[3] for row in page.tables["Onboarding checklist"][1:]] == [
        f"{row['done']} of {row['started']}" for row in rows
    ]
    rows = workspace.query("funnel", steps=STEPS, **OCTOBER).to_dicts()
    assert [(row[0], row[3]) for row in page.tables["Funnel"][1:]] == [(r["event"], f"{r['people']:,}") for r in rows]


def test_steps_that_cannot_be_read_are_told(client: TestClient) -> None:
    assert client.get("/trials", params={"steps": '"open'}).status_code == 400


@pytest.mark.slow
def test_without_trials_the_first_days_are_shown_alone_by_the_companys_steps(data: Path, tmp_path: Path) -> None:
    with signed_in(without(data, tmp_path / "data", "trials")) as browser:
        page = Page(browser.get("/trials").text)
    assert "No trials yet" in page.text
    assert [row[0] for row in page.tables["Onboarding checklist"][1:]][:2] == ["Signed Up", "Board Created"]
