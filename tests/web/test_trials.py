"""Trials: three rates of the same trials, and how far newcomers come."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from holdfast.workspace import Workspace
from tests.web.reading import Page

RANGE = {"from": "2026-01-01", "to": "2026-10-31", "as_of": "2026-11-10"}
OCTOBER = {"start": "2026-10-01", "end": "2026-10-31", "as_of": "2026-11-10"}
WAYS = ("by-start", "by-end", "by-new")


@pytest.fixture(scope="module")
def page(client: TestClient) -> Page:
    return Page(client.get("/trials", params=RANGE).text)


def test_three_definitions_stand_side_by_side(page: Page, workspace: Workspace) -> None:
    shown = page.tables["Three ways to count"][1:]
    assert len(shown) == len(WAYS)
    for way, row in zip(WAYS, shown, strict=True):
        (known,) = workspace.query("trial-conversion", set={"trial_conversion": way}, **OCTOBER).to_dicts()
        assert row[1:4] == [str(known[name]) for name in ("trials", "converted", "open")]
        assert row[4] == (f"{known['rate']:.1%}" if known["rate"] is not None else "–")


def test_the_definition_can_be_chosen(client: TestClient, workspace: Workspace) -> None:
    answer = client.get("/trials", params={**RANGE, "set": "trial_conversion=by-end"})
    (known,) = workspace.query("trial-conversion", set={"trial_conversion": "by-end"}, **OCTOBER).to_dicts()
    assert Page(answer.text).figures["Trials"] == str(known["trials"])
    assert "set=trial_conversion%3Dby-end" in answer.text.split("/charts/trial-conversion.json")[1][:200]


def test_the_split_by_card_reaches_the_chart(client: TestClient) -> None:
    text = client.get("/trials", params=RANGE).text
    assert any("by=card_required" in part[:200] for part in text.split("/charts/trial-conversion.json")[1:])


def test_the_checklist_is_the_companys(page: Page, workspace: Workspace) -> None:
    rows = workspace.query("onboarding", **OCTOBER).to_dicts()
    shown = page.tables["Onboarding checklist"][1:]
    assert [row[3] for row in shown] == [f"{row['done']} of {row['started']}" for row in rows]


def test_the_funnel_takes_the_steps_of_the_address(client: TestClient, workspace: Workspace) -> None:
    steps = 'Signed Up, "Board Created"'
    answer = client.get("/trials", params={**RANGE, "steps": steps})
    rows = workspace.query("funnel", steps=steps, **OCTOBER).to_dicts()
    shown = Page(answer.text).tables["Funnel"][1:]
    assert [(row[0], row[3]) for row in shown] == [(row["event"], f"{row['people']:,}") for row in rows]


def test_steps_that_cannot_be_read_are_told(client: TestClient) -> None:
    assert client.get("/trials", params={"steps": '"open'}).status_code == 400


def test_without_data_it_says_what_to_do(empty: TestClient) -> None:
    assert "No trials yet" in Page(empty.get("/trials").text).text
