"""The page about sources: what arrived, what became of it, what is here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from holdfast.collector.events.status import by_minute
from holdfast.collector.message import Message
from holdfast.collector.segment import SEGMENT
from holdfast.collector.serving import collecting
from holdfast.collector.signature import Secrets
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files
from holdfast.sources.held import held
from holdfast.sources.kept_aside import kept_files
from tests.web.signed import signed_in

if TYPE_CHECKING:
    from starlette.testclient import TestClient

HOSTILE = "<script>alert(1)</script>"
EVENTS = [
    {"type": "track", "event": HOSTILE, "userId": "u1", "messageId": "m1", "context": {"groupId": "a/b"}},
    {"type": "track", "event": "Opened", "userId": "u1", "messageId": "m2"},
    {"type": "track", "event": "Opened", "userId": "u1", "messageId": "m2"},
    {"type": "track", "event": "Closed", "userId": "u2", "messageId": "m2"},
    {"type": "track", "userId": "u3", "messageId": "m4"},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("sources") / "data"
    data.mkdir()
    body = json.dumps({"batch": EVENTS}).encode()
    with collecting(data, Secrets(()), lambda touched: None) as collector:
        asyncio.run(collector.inbox.put(Message(SEGMENT, body, {"source": "web", "endpoint": "batch"})))
        assert collector.applier is not None
        collector.applier.apply_all()
    file = data / "people.csv"
    file.write_text("account_id,name\nA1,Acme\n,=1+1\n")
    import_files(Lake(data / "lake"), Settings(), "accounts", [file])
    return data


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[TestClient]:
    with signed_in(folder) as opened:
        yield opened


def cells(text: str, first: str) -> list[str]:
    """The cells of the row of a table that begins with a text, without their markup."""
    row = text.partition(f'<th scope="row">{first}</th>')[2].partition("</tr>")[0]
    return [part.partition("</td>")[0].rpartition(">")[2].strip() or part for part in row.split("<td")[1:]]


def test_the_counts_of_a_source_are_shown_and_add_up(browser: TestClient) -> None:
    text = browser.get("/sources").text
    assert cells(text, "web")[3:8] == ["5", "2", "1", "1", "1"]
    assert "Everything that was received is accounted for" in text
    assert "a track event needs its name" in text
    assert "came before with other content" in text


def test_what_arrives_is_escaped_and_leads_to_its_account(browser: TestClient) -> None:
    for path in ("/sources", "/sources/arriving"):
        text = browser.get(path).text
        assert HOSTILE not in text
        assert "&lt;script&gt;" in text
        assert 'href="/accounts/a%2Fb"' in text


def test_the_part_that_changes_is_no_page(browser: TestClient) -> None:
    assert "<html" not in browser.get("/sources/arriving").text


def test_events_are_counted_by_the_minute(folder: Path) -> None:
    assert sum(by_minute(folder, datetime.now(UTC))["web"]) == 5
    assert by_minute(folder / "none", datetime.now(UTC)) == {}


def test_what_is_here_is_as_the_lake_has_it(browser: TestClient, folder: Path) -> None:
    text, lake = browser.get("/sources").text, Lake(folder / "lake")
    found = {one.table: one for one in held(lake)}
    assert found["events"].rows == lake.standing("events").num_rows == 2
    assert found["accounts"].rows == lake.standing("accounts").num_rows
    assert cells(text, "events")[0].endswith("2")
    assert found["events"].latest_day == max(lake.standing("events")["occurred_day"].to_pylist())


def test_rows_that_did_not_go_in_can_be_had(browser: TestClient, folder: Path) -> None:
    [file] = kept_files(folder)
    assert "account_id is missing" in browser.get("/sources").text
    lines = browser.get(f"/sources/rejected/{file.id}.csv").text.splitlines()
    assert lines == ["account_id,name,rejected because,line", ",'=1+1,account_id is missing,3"]
    for name in ("none", "..%2Fstate", "%2Fetc%2Fpasswd"):
        assert browser.get(f"/sources/rejected/{name}.csv").status_code == 404


def test_a_viewer_cannot_take_rows_away(folder: Path, tmp_path: Path) -> None:
    with signed_in(tmp_path, "viewer") as viewer:
        assert viewer.get("/sources").status_code == 200
        assert viewer.get("/sources/rejected/x.csv").status_code == 403
        assert "No events arrived yet" in viewer.get("/sources").text
