"""Importing a file in the browser: looked at, corrected, run, and told row by row."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from holdfast.lake import Lake
from holdfast.privacy.files import erase_uploads
from holdfast.sources import drafts
from holdfast.web import importing
from tests.web.signed import csrf, signed_in

if TYPE_CHECKING:
    from httpx import Response
    from starlette.testclient import TestClient

pytestmark = pytest.mark.slow

CSV = b"customer,sub,begins,monthly\nA1,S1,2024-01-01,100\nA2,S2,2024-02-01,<script>alert(1)</script>\n"
MAPPING = {"map-subscription_id": "sub", "map-account_id": "customer", "map-valid_from": "begins", "map-mrr": "monthly"}


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports run here, before the answer."""

    def start(data: Path, draft: drafts.Draft, wanted: Any) -> None:
        importing.begin(draft, wanted)
        importing.main(data, draft.id)

    monkeypatch.setattr(importing, "start", start)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[TestClient]:
    with signed_in(tmp_path, "analyst") as opened:
        yield opened


def upload(browser: TestClient, name: str = "billing.csv", content: bytes = CSV) -> Response:
    return browser.post("/import", data=csrf(browser), files={"file": (name, content)})


def begin(browser: TestClient, at: str, **form: str) -> Response:
    return browser.post(at, data={**csrf(browser), "kind": "subscriptions", **MAPPING, **form})


def chosen(text: str, field: str) -> str:
    options = text.partition(f'name="map-{field}"')[2].partition("</select>")[0]
    found = re.search(r"<option selected>([^<]*)</option>", options)
    return html.unescape(found[1]) if found else ""


def test_a_file_is_looked_at_before_anything_is_stored(browser: TestClient, tmp_path: Path) -> None:
    shown = upload(browser, "subscriptions.csv", b"customer_id,start_date,subscription_id,mrr\nA1,2024-01-01,S1,10\n")
    assert shown.status_code == 200
    assert "2024-01-01" in shown.text
    assert '<option value="subscriptions" selected>' in shown.text
    assert (chosen(shown.text, "account_id"), chosen(shown.text, "valid_from")) == ("customer_id", "start_date")
    assert not (tmp_path / "lake").exists()
    [folder] = (tmp_path / drafts.FOLDER).iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in folder.iterdir()} == {0o600}


@pytest.mark.usefixtures("at_once")
def test_what_was_guessed_is_corrected_and_the_result_is_told(browser: TestClient, tmp_path: Path) -> None:
    at = str(upload(browser).url.path)
    result = begin(browser, at).text
    assert "billing.csv is imported" in result
    assert re.findall(r'<dd class="value">(\d+)</dd>', result) == ["2", "1", "0", "1", "0"]
    assert "<script>alert" not in result
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in result
    rows = Lake(tmp_path / "lake").standing("subscription_terms").to_pylist()
    assert [(row["account_id"], row["subscription_id"]) for row in rows] == [("A1", "S1")]
    link = re.search(r'href="(/sources/rejected/[^"]+)"', result)
    assert link
    assert "A2,S2,2024-02-01" in browser.get(link[1]).text
    draft = drafts.found(tmp_path, at.rpartition("/")[2])
    assert not draft.path.exists()
    version = Lake(tmp_path / "lake").version("subscription_terms")
    assert "billing.csv is imported" in begin(browser, at).text
    assert Lake(tmp_path / "lake").version("subscription_terms") == version


@pytest.mark.usefixtures("at_once")
def test_what_is_missing_is_said_and_what_was_chosen_stays(browser: TestClient, tmp_path: Path) -> None:
    at = str(upload(browser).url.path)
    answer = begin(browser, at, **{"map-mrr": "", "default-quantity": "3"})
    assert answer.status_code == 400
    assert "unit_amount (or mrr)" in answer.text
    assert chosen(answer.text, "account_id") == "customer"
    assert str(tmp_path) not in answer.text
    assert "is imported" in begin(browser, at).text


@pytest.mark.usefixtures("at_once")
def test_an_import_that_cannot_run_can_be_put_right(browser: TestClient) -> None:
    at = str(upload(browser, content=CSV.replace(b"2024-01-01", b"01/02/2024").replace(b"2024-02-01", b"02/03/2024")))
    at = str(upload(browser, content=b"customer,sub,begins,monthly\nA1,S1,01/02/2024,100\n").url.path)
    assert "01/02/2024" in begin(browser, at).text
    assert "is imported" in begin(browser, at, dates="day-first").text


def test_the_kind_can_be_chosen(browser: TestClient) -> None:
    at = str(upload(browser).url.path)
    assert '<option value="payments" selected>' in browser.get(f"{at}?kind=payments").text


@pytest.mark.slow
def test_the_import_runs_beside_the_server(browser: TestClient) -> None:
    at = str(upload(browser).url.path)
    assert 'http-equiv="refresh"' in begin(browser, at).text
    until = time.monotonic() + 60
    while time.monotonic() < until and "data-over" not in browser.get(f"{at}/progress").text:
        time.sleep(0.2)
    assert "is imported" in browser.get(at).text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("a.json", b'[{"a": 1}]', "is one JSON list"), ("a.csv", b"", "is empty"), ("a.parquet", b"PAR1xx", "Parquet")],
)
def test_what_is_no_file_of_rows_is_said(
    browser: TestClient, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    answer = upload(browser, name, content)
    assert answer.status_code == 400
    assert said in answer.text
    assert str(tmp_path) not in answer.text
    assert list((tmp_path / drafts.FOLDER).iterdir()) == []


def test_no_more_is_taken_than_is_allowed(browser: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "LARGEST", 1_000)
    assert upload(browser, content=b"x" * 200_000).status_code == 413
    fields = [b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n', csrf(browser)["csrf"].encode()]
    file = b'\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + b"x" * 200_000
    chunked = iter([b"".join(fields), file, b"\r\n--b--\r\n"])
    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert browser.post("/import", content=chunked, headers=headers).status_code == 413
    assert browser.post("/import", data=csrf(browser)).status_code == 400
    assert not (tmp_path / drafts.FOLDER).exists()


def test_hostile_names_lead_nowhere(browser: TestClient, tmp_path: Path) -> None:
    at = str(upload(browser, "../../<b>x.csv").url.path)
    assert drafts.found(tmp_path, at.rpartition("/")[2]).path.parent.parent == tmp_path / drafts.FOLDER
    assert "<b>x" not in browser.get(at).text
    for other in ("none", "..", "%2e%2e%2fstate", "0" * 32):
        assert browser.get(f"/import/{other}").status_code in (404, 200)
        assert browser.get(f"/import/{other}/progress").status_code == 404


def test_a_file_is_removed_on_request_and_after_a_day(browser: TestClient, tmp_path: Path) -> None:
    at = str(upload(browser).url.path)
    browser.post(f"{at}/remove", data=csrf(browser))
    upload(browser)
    assert len(list((tmp_path / drafts.FOLDER).iterdir())) == 1
    drafts.sweep(tmp_path, time.time() + drafts.KEPT_SECONDS + 1)
    assert list((tmp_path / drafts.FOLDER).iterdir()) == []


def test_others_cannot_import(tmp_path: Path) -> None:
    with signed_in(tmp_path, "success") as other:
        assert other.get("/import").status_code == 403
        assert upload(other).status_code == 403


def test_forms_of_others_are_refused(browser: TestClient) -> None:
    at = str(upload(browser).url.path)
    assert browser.post("/import", files={"file": ("a.csv", CSV)}).status_code == 403
    assert browser.post(at, data={"kind": "subscriptions"}).status_code == 403


def test_uploads_do_not_outlive_an_erasure(browser: TestClient, tmp_path: Path) -> None:
    upload(browser)
    assert erase_uploads(tmp_path).files_deleted == 2
    assert list((tmp_path / drafts.FOLDER).iterdir()) == []
    assert erase_uploads(tmp_path / "none").files_deleted == 0
