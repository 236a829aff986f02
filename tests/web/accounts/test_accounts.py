"""The list of accounts: it shows what the metrics say, and is searched, filtered, put in order and exported."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus
from zipfile import ZipFile

import pytest

from holdfast.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

pytestmark = pytest.mark.slow

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def rows(own: TestClient) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(own.get("/accounts.csv").text)))


def names(text: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'class="who-cell"><a href="[^"]*">([^<]*)</a>', text)]


def token(text: str) -> str:
    return re.findall(r'name="csrf" value="([^"]*)"', text)[0]


def test_the_list_says_what_the_metrics_say(company: Path, rows: list[dict[str, str]]) -> None:
    with Workspace(company) as workspace:
        day = workspace.today
        worth = workspace.query("mrr", by="account", start=day, end=day, grain="day").arrow.to_pylist()
        silence = {row["account"]: row for row in workspace.query("silence").arrow.to_pylist()}
        renewals = workspace.query("renewals", end=day.replace(year=day.year + 2)).arrow.to_pylist()
    assert {row["account"]: float(row["mrr"]) for row in rows if row["mrr"]} == {
        row["account"]: float(row["mrr"]) for row in worth if row["mrr"]
    }
    assert {row["account"] for row in rows} - set(silence) == {"a/b?#"}
    for row in rows:
        if row["account"] not in silence:
            continue
        assert row["last_use"] == str(silence[row["account"]]["last_day"] or "")
        if row["status"] in ("paying", "trial", "free"):
            assert row["status"] == silence[row["account"]]["status"]
    first: dict[str, str] = {}
    for due in sorted(renewals, key=lambda row: row["renewal_day"]):
        first.setdefault(due["account"], str(due["renewal_day"]))
    assert {row["account"]: row["renewal"] for row in rows if row["renewal"]} == first


def test_the_page_has_the_largest_first_and_links_to_each(own: TestClient, rows: list[dict[str, str]]) -> None:
    text = own.get("/accounts").text
    largest = sorted(rows, key=lambda row: -float(row["mrr"] or 0))
    assert names(text)[:3] == [row["name"] for row in largest[:3]]
    assert f'href="/accounts/{largest[0]["account"]}"' in text
    assert 'aria-sort="descending"' in text


def test_it_is_put_in_order_by_links(own: TestClient, rows: list[dict[str, str]]) -> None:
    assert names(own.get("/accounts?order=name").text) == sorted((row["name"] for row in rows), key=str.lower)
    country = own.get("/accounts?order=-country&column=country").text
    found = re.findall(r'class="own">([^<]*)<', country)
    assert found == sorted(found, reverse=True)


def test_search_filter_and_status_come_together(own: TestClient, rows: list[dict[str, str]]) -> None:
    wanted = {row["name"] for row in rows if row["country"] == "US" and row["status"] == "paying"}
    text = own.get("/accounts", params={"where": "country = 'US'", "status": "paying"}).text
    assert set(names(text)) == wanted
    one = rows[5]
    assert names(own.get("/accounts", params={"q": one["account"].upper()}).text) == [one["name"]]
    assert one["name"] in names(own.get("/accounts", params={"q": one["name"][:5].lower()}).text)


def test_a_condition_that_was_chosen_becomes_one_of_the_address(own: TestClient) -> None:
    asked = {"field": "country", "test": "is", "value": "o'DE", "where": "plan = 'team'"}
    answer = own.get("/accounts", params=asked, follow_redirects=False)
    assert answer.status_code == 303
    assert unquote_plus(answer.headers["location"]) == "/accounts?where=plan = 'team'&where=country = 'o''DE'"
    assert "No account meets this" in own.get(answer.headers["location"]).text


@pytest.mark.parametrize("where", ["read_text('/etc/passwd') = 'x'", "1; drop table accounts", "nothing_known = 1"])
def test_what_is_no_condition_is_refused(own: TestClient, where: str) -> None:
    assert own.get("/accounts", params={"where": where}).status_code in (400, 404)


@pytest.mark.parametrize("query", ["page=999999", "page=-1", "page=²", "order=", "status=x", "column=%00", "order=no"])
def test_an_odd_address_still_shows_a_list(own: TestClient, query: str) -> None:
    assert own.get(f"/accounts?{query}").status_code == 200


def test_hostile_text_is_text(own: TestClient) -> None:
    text = own.get("/accounts?q=%3Cscript&column=country").text
    assert HOSTILE not in text
    assert html.escape(HOSTILE) in text
    assert 'href="/accounts/a%2Fb%3F%23"' in text
    assert "'=cmd()" in own.get("/accounts.csv?column=country").text
    page = own.get("/accounts/a%2Fb%3F%23").text
    assert HOSTILE not in page
    assert html.escape(HOSTILE) in page


def test_the_workbook_has_what_is_listed(own: TestClient) -> None:
    content = own.get("/accounts.xlsx?q=script&column=country").content
    with ZipFile(io.BytesIO(content)) as book:
        shared = book.read("xl/sharedStrings.xml").decode()
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
    assert "alert(1)" in shared
    assert "'=cmd()" in shared


def test_a_segment_is_saved_used_renamed_and_deleted(own: TestClient) -> None:
    text = own.get("/accounts", params={"where": "country = 'US'"}).text
    found = set(names(text))
    asked = {"csrf": token(text), "name": "Americans"}
    saved = own.post("/segments", params={"where": "country = 'US'"}, data=asked, follow_redirects=False)
    assert saved.status_code == 303
    assert saved.headers["location"] == "/accounts?segment=Americans"
    assert set(names(own.get("/accounts?segment=Americans").text)) == found
    again = own.post("/segments", params={"where": "country = 'DE'"}, data=asked, follow_redirects=False)
    assert again.status_code == 400
    renamed = own.post(
        "/segments/rename",
        data={"csrf": asked["csrf"], "segment": "Americans", "name": "US & co"},
        follow_redirects=False,
    )
    assert renamed.headers["location"] == "/accounts?segment=US+%26+co"
    assert set(names(own.get(renamed.headers["location"]).text)) == found
    own.post("/segments/delete", data={"csrf": asked["csrf"], "segment": "US & co"})
    assert own.get("/accounts?segment=US+%26+co").status_code == 404


def test_a_segment_needs_our_form_and_a_condition_that_can_be_asked(own: TestClient) -> None:
    text = own.get("/accounts", params={"where": "country = 'US'"}).text
    assert own.post("/segments", params={"where": "country = 'US'"}, data={"name": "x"}).status_code == 403
    bad = own.post("/segments", params={"where": "no_such = 1"}, data={"csrf": token(text), "name": "x"})
    assert bad.status_code == 404
    assert own.post("/segments", data={"csrf": token(text), "name": "x"}).status_code == 400


def test_without_accounts_the_list_says_where_accounts_come_from(nobody: TestClient) -> None:
    text = nobody.get("/accounts").text
    assert "No accounts yet" in text
    assert 'href="/sources"' in text
