"""The company's settings in the browser, and the file that they are written to."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.lake import Lake
from holdfast.settings import FILE_NAME, Settings
from holdfast.sources import import_files
from holdfast.web.settings_file import rewritten, written
from tests.web.signed import csrf, signed_in

if TYPE_CHECKING:
    from httpx import Response
    from starlette.testclient import TestClient

FILE = """\
# What we decided in 2024.
company = "Acme"  # with a comment that goes when it changes
onboarding = [
  "Invited",
  "Imported",  # the second
]

[features]
Exports = ["Exported"]

[policies.board]  # ours
base = "stripe"
paused = "count"
"""


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / FILE_NAME).write_text(FILE)
    with signed_in(tmp_path) as opened:
        yield opened


def mark(browser: TestClient) -> str:
    found = re.search(r'name="mark" value="(\w+)"', browser.get("/settings").text)
    assert found
    return found[1]


def save(browser: TestClient, **form: str) -> Response:
    return browser.post("/settings", data={**csrf(browser), "mark": mark(browser), **form})


def stored(data: Path) -> dict[str, object]:
    return tomllib.loads((data / FILE_NAME).read_text())


# the file


def test_what_is_not_changed_stays_as_it_was_written() -> None:
    text = rewritten(FILE, {"company": "Acme Ltd", "margin": 0.8, "onboarding": None})
    assert text.startswith('# What we decided in 2024.\ncompany = "Acme Ltd"\nmargin = 0.8\n')
    assert text.endswith(FILE.partition("[features]")[2])
    expected = {**tomllib.loads(FILE), "company": "Acme Ltd", "margin": 0.8}
    del expected["onboarding"]
    assert tomllib.loads(text) == expected


def test_a_table_becomes_lines_where_it_changes() -> None:
    text = rewritten(FILE, {"features": {"A b": ["x", 'y"'], "c": ["z"]}})
    assert tomllib.loads(text)["features"] == {"A b": ["x", 'y"'], "c": ["z"]}
    assert "[policies.board]  # ours" in text


def test_a_file_without_an_end_of_line_or_without_anything() -> None:
    assert rewritten('company = "A"', {"founded": 2019}) == 'company = "A"\nfounded = 2019\n'
    assert rewritten("", {"founded": 2019}) == "founded = 2019\n"
    assert rewritten("founded = 2019\n", {"founded": None}) == ""


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.one_of(
    WORDS, st.integers(-9, 9), st.booleans(), st.floats(0, 1), st.lists(WORDS, max_size=2),
    st.dictionaries(WORDS, st.lists(WORDS, max_size=2), min_size=1, max_size=2),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(WORDS, VALUES, max_size=3),
    st.dictionaries(WORDS, st.one_of(VALUES, st.none()), max_size=3),
    st.sampled_from(["", "# about this\n"]),
)
def test_any_values_are_read_back(before: dict[str, object], change: dict[str, object], comment: str) -> None:
    text = rewritten(comment + written(before), change)
    assert tomllib.loads(text) == {name: one for name, one in {**before, **change}.items() if one is not None}


# the page


def test_settings_are_shown_and_saved(browser: TestClient, tmp_path: Path) -> None:
    page = browser.get("/settings").text
    assert 'value="Acme"' in page
    assert "paused = count" in page
    answer = save(
        browser, company="Acme & Co", currency="eur", week_start="sunday", policy="board", margin="82.5",
        founded="2019", customer_type="smb", key_event="Report Viewed", onboarding="Invited\nPaid\n",
        ignored_events="", keep_events_days="400",
        **{"feature-0": "Exports", "events-0": "Exported\nSaved", "feature-1": "", "events-1": "x"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert "The settings are saved" in answer.text
    now = Settings.load(tmp_path)
    assert (now.company, now.currency, now.margin, now.founded) == ("Acme & Co", "EUR", 0.825, 2019)
    assert (now.onboarding, now.features) == (["Invited", "Paid"], {"Exports": ["Exported", "Saved"]})
    assert (now.policy, now.keep_events_days, now.customer_type) == ("board", 400, "smb")
    assert "timezone" not in stored(tmp_path)
    assert "ignored_events" not in stored(tmp_path)


def test_own_policies_are_changed_added_and_removed(browser: TestClient, tmp_path: Path) -> None:
    row = {"policy-0": "board", "base-0": "stripe", "rules-0": "paused = count"}
    more = {"policy-1": "investors", "base-1": "board", "rules-1": "churn_date = cancellation\nzero_price=stay\n"}
    assert "The settings are saved" in save(browser, **row, **more).text
    now = Settings.load(tmp_path)
    assert now.policies["board"] == {"base": "stripe", "paused": "count"}
    assert now.policies["investors"] == {"base": "board", "churn_date": "cancellation", "zero_price": "stay"}
    assert 'value="investors"' in browser.get("/settings").text
    save(browser, **{"policy-0": "", "policy-1": "", "policy-2": ""})
    assert Settings.load(tmp_path).policies == {}


def test_what_cannot_be_used_is_shown_again(browser: TestClient) -> None:
    sent = {"company": "Birch & Co", "margin": "much", "onboarding": "First\nSecond", "founded": "2001"}
    rows = {"policy-0": "investors", "base-0": "maxio", "rules-0": "paused", "feature-0": "Maps", "events-0": "Opened"}
    page = save(browser, **sent, **rows).text
    for text in (
        "Birch &amp; Co",
        'value="much"',
        "First\nSecond",
        'value="2001"',
        'value="investors"',
        'value="Maps"',
    ):
        assert text in page, text
    assert re.search(r'<option value="maxio" selected>', page)


def test_a_policy_without_rules_is_kept(browser: TestClient, tmp_path: Path) -> None:
    save(browser, **{"policy-0": "ours", "base-0": "", "rules-0": ""})
    assert Settings.load(tmp_path).policies == {"ours": {"base": "holdfast"}}


def test_the_same_again_changes_nothing(browser: TestClient, tmp_path: Path) -> None:
    own = {"policy-0": "board", "base-0": "stripe", "rules-0": "paused = count", "policy-1": ""}
    save(browser, company="Acme", currency="USD", margin="100", timezone="UTC", founded="", **own)
    assert (tmp_path / FILE_NAME).read_text() == FILE


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"timezone": "Mars/Base"}, "unknown time zone"),
        ({"currency": "euro"}, "three-letter"),
        ({"margin": "0"}, "margin"),
        ({"margin": "much"}, "not a number of percent"),
        ({"founded": "soon"}, "not a whole number"),
        ({"policy": "none-such"}, "none-such"),
        ({"policy-0": "board", "rules-0": "paused"}, "is no rule"),
        ({"policy-0": "board", "rules-0": "pausing = count"}, "pausing"),
        ({"policy-0": "board", "rules-0": "paused = maybe"}, "maybe"),
        ({"policy-0": "board", "base-0": "none-such"}, "none-such"),
        ({"policy-0": "board", "base-0": "board"}, "circle"),
        ({"policy-0": "board", "base-0": "stripe", "policy-1": "board", "base-1": "maxio"}, "two of that name"),
        ({"policy-0": "stripe", "base-0": "holdfast"}, "comes along"),
        ({"feature-0": "A", "events-0": "x", "feature-1": "A", "events-1": "y"}, "two of that name"),
        ({"company": "<script>alert(1)</script>", "margin": "-1"}, "margin"),
    ],
)
def test_what_cannot_be_used_is_said_and_not_written(
    browser: TestClient, tmp_path: Path, form: dict[str, str], said: str
) -> None:
    answer = save(browser, **form)
    assert answer.status_code in (400, 404)
    assert said in answer.text
    assert "<script>alert" not in answer.text
    assert (tmp_path / FILE_NAME).read_text() == FILE


def test_what_the_environment_decides_cannot_be_changed(
    browser: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_CURRENCY", "GBP")
    page = browser.get("/settings").text
    assert "HOLDFAST_CURRENCY" in page
    assert re.search(r'id="currency"[^>]*value="GBP"[^>]*disabled', page)
    assert save(browser, currency="EUR", company="Other").status_code == 200
    assert stored(tmp_path)["company"] == "Other"
    assert "currency" not in stored(tmp_path)


def test_two_who_change_at_once_do_not_undo_each_other(browser: TestClient, tmp_path: Path) -> None:
    seen = mark(browser)
    save(browser, company="First")
    answer = browser.post("/settings", data={**csrf(browser), "mark": seen, "company": "Second"})
    assert answer.status_code == 409
    assert Settings.load(tmp_path).company == "First"


def test_another_time_zone_makes_days_anew(browser: TestClient, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("account_id,created_at\nA1,2024-03-31T23:30:00Z\n")
    import_files(Lake(tmp_path / "lake"), Settings.load(tmp_path), "accounts", [file])
    assert save(browser, timezone="Asia/Seoul").status_code == 200
    lake = Lake(tmp_path / "lake")
    assert lake.zone == "Asia/Seoul"
    assert lake.standing("accounts")["created_day"].to_pylist() == [date(2024, 4, 1)]


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_settings_are_for_owners(tmp_path: Path, role: str) -> None:
    with signed_in(tmp_path, role) as other:
        assert other.get("/settings").status_code == 403
        assert other.post("/settings", data=csrf(other)).status_code == 403
