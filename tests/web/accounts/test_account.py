"""The page of one account: how it stands, its charts, its story; those that are unknown or merged."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest

from holdfast.web.shown import Shown
from holdfast.web.words import words
from holdfast.workspace import Workspace
from holdfast.workspace.merging import merge, unmerge

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def largest(own: TestClient) -> dict[str, str]:
    rows = csv.DictReader(io.StringIO(own.get("/accounts.csv").text))
    return max(rows, key=lambda row: float(row["mrr"] or 0))


@pytest.fixture(scope="module")
def text(own: TestClient, largest: dict[str, str]) -> str:
    return own.get(f"/accounts/{largest['account']}").text


def test_it_says_how_the_account_stands(company: Path, text: str, largest: dict[str, str]) -> None:
    with Workspace(company) as workspace:
        shown = Shown(words("en"), largest["currency"], workspace.settings.zone)
    assert f"<h1>{largest['name']}</h1>" in text
    assert shown.money(float(largest["mrr"])) in text
    assert text.count("<h1") == 1


def test_its_charts_are_of_it_alone(text: str, largest: dict[str, str]) -> None:
    charts = re.findall(r'data-chart="([^"]*)"', text)
    assert [one.partition("?")[0] for one in charts] == ["/charts/mrr.json", "/charts/account-usage.json"]
    assert all(f"where=account+%3D+%27{largest['account']}%27" in one for one in charts)
    assert f"/explain/mrr?where=account+%3D+%27{largest['account']}%27" in text


def test_its_story_has_every_kind_and_one_at_a_time(own: TestClient, text: str, largest: dict[str, str]) -> None:
    assert "Became a customer" in text
    money = own.get(f"/accounts/{largest['account']}?kind=money").text
    assert "Became a customer" not in money
    assert money.count('class="entry money') >= 2
    first = own.get(f"/accounts/{largest['account']}?kind=contract&upto=1999-01-01").text
    assert "Nothing is known yet" in first


def test_what_is_nonsense_in_the_address_is_left_out(own: TestClient, text: str, largest: dict[str, str]) -> None:
    odd = own.get(f"/accounts/{largest['account']}?kind=nonsense&upto=nonsense")
    assert odd.status_code == 200
    assert odd.text.count('class="entry ') == text.count('class="entry ')


def test_an_unknown_account_is_told_what_to_do(own: TestClient) -> None:
    answer = own.get("/accounts/%3Cb%3Enobody")
    assert answer.status_code == 404
    assert "There is no such account" in answer.text
    assert "&lt;b&gt;nobody" in answer.text
    assert 'action="/accounts"' in answer.text


def test_a_merged_account_leads_to_the_one_it_is_counted_as(
    own: TestClient, company: Path, largest: dict[str, str]
) -> None:
    rows = list(csv.DictReader(io.StringIO(own.get("/accounts.csv").text)))
    other = next(row["account"] for row in rows if row["account"] != largest["account"] and row["status"] == "paying")
    with Workspace(company) as workspace:
        merge(workspace.lake, other, largest["account"])
        try:
            moved = own.get(f"/accounts/{other}", follow_redirects=False)
            counted = csv.DictReader(io.StringIO(own.get("/accounts.csv").text))
            listed = {row["account"]: row["mrr"] for row in counted}
        finally:
            unmerge(workspace.lake, other)
    assert (moved.status_code, moved.headers["location"]) == (303, f"/accounts/{largest['account']}")
    worth = {row["account"]: float(row["mrr"]) for row in rows if row["mrr"]}
    assert other not in listed
    assert float(listed[largest["account"]]) == pytest.approx(worth[largest["account"]] + worth[other])
