"""The list of accounts: it shows what the metrics say, and is searched, filtered, put in order and exported."""

from __future__ import annotations

import csv
import html
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_plus
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient

from holdfast.sources.record import record_facts
from holdfast.state import Invitations, Sessions
from holdfast.web.app import create_app
from holdfast.workspace import Workspace

HOSTILE = "<script>alert(1)</script>"


def signed_in(folder: Path) -> Iterator[TestClient]:
    app = create_app(folder)
    with TestClient(app, follow_redirects=False) as opened:
        links = Invitations(app.state.state)
        owner = links.accept(links.welcome() or "", "no password", name="Eve", email="eve@example.com")
        opened.cookies.set("holdfast", Sessions(app.state.state).start(owner.id))
        yield opened


@pytest.fixture(scope="module")
def own(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A company of its own, with an account whose name and attributes are hostile."""
    folder = tmp_path_factory.mktemp("accounts") / "data"
    shutil.copytree(data, folder, ignore=shutil.ignore_patterns("*.db*", "*.sqlite*", "_scratch", "state*"))
    with Workspace(folder) as workspace:
        account = {"account_id": "a/b?#", "name": HOSTILE}
        record_facts(workspace.lake, "accounts", [account], "test", None)
        value = {"account_id": "a/b?#", "name": "country", "text": "=cmd()"}
        record_facts(workspace.lake, "account_attributes", [value], "test", None)
    yield from signed_in(folder)


@pytest.fixture(scope="module")
def rows(client: TestClient) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get("/accounts.csv").text)))


def names(text: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'class="who-cell"><a href="[^"]*">([^<]*)</a>', text)]


def token(text: str) -> str:
    return re.findall(r'name="csrf" value="([^"]*)"', text)[0]


def test_the_list_says_what_the_metrics_say(data: Path, rows: list[dict[str, str]]) -> None:
    with Workspace(data) as workspace:
        day = workspace.today
        worth = workspace.query("mrr", by="account", start=day, end=day, grain="day").arrow.to_pylist()
        silence = {row["account"]: row for row in workspace.query("silence").arrow.to_pylist()}
        renewals = workspace.query("renewals", end=day.replace(year=day.year + 2)).arrow.to_pylist()
    assert {row["account"]: float(row["mrr"]) for row in rows if row["mrr"]} == {
        row["account"]: float(row["mrr"]) for row in worth if row["mrr"]
    }
    for row in rows:
        assert row["last_use"] == str(silence[row["account"]]["last_day"] or "")
        if row["status"] in ("paying", "trial", "free"):
            assert row["status"] == silence[row["account"]]["status"]
    first: dict[str, str] = {}
    for due in sorted(renewals, key=lambda row: row["renewal_day"]):
        first.setdefault(due["account"], str(due["renewal_day"]))
    assert {row["account"]: row["renewal"] for row in rows if row["renewal"]} == first


def test_the_page_has_the_largest_first_and_links_to_each(client: TestClient, rows: list[dict[str, str]]) -> None:
    text = client.get("/accounts").text
    largest = sorted(rows, key=lambda row: -float(row["mrr"] or 0))
    assert names(text)[:3] == [row["name"] for row in largest[:3]]
    assert f'href="/accounts/{largest[0]["account"]}"' in text
    assert 'aria-sort="descending"' in text


def test_it_is_put_in_order_by_links(client: TestClient, rows: list[dict[str, str]]) -> None:
    assert names(client.get("/accounts?order=name").text) == sorted((row["name"] for row in rows), key=str.lower)
    country = client.get("/accounts?order=-country&column=country").text
    found = re.findall(r'class="own">([^<]*)<', country)
    assert found == sorted(found, reverse=True)


def test_search_filter_and_status_come_together(client: TestClient, rows: list[dict[str, str]]) -> None:
    wanted = {row["name"] for row in rows if row["country"] == "US" and row["status"] == "paying"}
    text = client.get("/accounts", params={"where": "country = 'US'", "status": "paying"}).text
    assert set(names(text)) == wanted
    one = rows[5]
    assert names(client.get("/accounts", params={"q": one["account"].upper()}).text) == [one["name"]]
    assert one["name"] in names(client.get("/accounts", params={"q": one["name"][:5].lower()}).text)


def test_a_condition_that_was_chosen_becomes_one_of_the_address(client: TestClient) -> None:
    asked = {"field": "country", "test": "is", "value": "o'DE", "where": "plan = 'team'"}
    answer = client.get("/accounts", params=asked, follow_redirects=False)
    assert answer.status_code == 303
    assert unquote_plus(answer.headers["location"]) == "/accounts?where=plan = 'team'&where=country = 'o''DE'"
    assert "No account meets this" in client.get(answer.headers["location"]).text


@pytest.mark.parametrize("where", ["read_text('/etc/passwd') = 'x'", "1; drop table accounts", "nothing_known = 1"])
def test_what_is_no_condition_is_refused(client: TestClient, where: str) -> None:
    assert client.get("/accounts", params={"where": where}).status_code in (400, 404)


@pytest.mark.parametrize("query", ["page=999999", "page=-1", "page=²", "order=", "status=x", "column=%00", "order=no"])
def test_an_odd_address_still_shows_a_list(client: TestClient, query: str) -> None:
    assert client.get(f"/accounts?{query}").status_code == 200


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
    saved = own.post("/segments", params={"where": "country = 'US'"}, data=asked)
    assert saved.status_code == 303
    assert saved.headers["location"] == "/accounts?segment=Americans"
    assert set(names(own.get("/accounts?segment=Americans").text)) == found
    again = own.post("/segments", params={"where": "country = 'DE'"}, data=asked)
    assert again.status_code == 400
    renamed = own.post("/segments/rename", data={"csrf": asked["csrf"], "segment": "Americans", "name": "US & co"})
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


def test_without_data_the_list_says_where_accounts_come_from(tmp_path: Path) -> None:
    for opened in signed_in(tmp_path / "data"):
        text = opened.get("/accounts").text
        assert "No accounts yet" in text
        assert 'href="/sources"' in text
