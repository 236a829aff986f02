"""Every page is there, in every language, and says nothing that was not asked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files
from holdfast.web.words import LANGUAGES
from tests.web.signed import signed_in

if TYPE_CHECKING:
    from starlette.testclient import TestClient

PAGES = (
    "/", "/revenue", "/retention", "/accounts", "/usage", "/features", "/trials", "/payments", "/explain",
    "/search?q=mrr",
    "/sources", "/import", "/settings", "/settings/people", "/settings/keys", "/me", "/api/v1/docs",
)  # fmt: skip


SLOW = ("/revenue", "/usage", "/trials", "/payments", "/features")
"""Pages that ask much; `make conformance` opens them in a browser, too."""


@pytest.mark.parametrize("path", [pytest.param(one, marks=[pytest.mark.slow] * (one in SLOW)) for one in PAGES])
def test_every_page_is_there(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "<h1>" in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_in_the_readers_language(client: TestClient, language: str) -> None:
    answer = client.get("/", headers={"Accept-Language": language})
    assert '<html lang="' in answer.text


def test_an_error_is_told_with_what_to_do(client: TestClient) -> None:
    answer = client.get("/charts/no-such-metric.json")
    assert answer.status_code == 404
    assert "no-such-metric" in answer.text


@pytest.mark.slow
@pytest.mark.parametrize(("ended", "told"), [("2024-12-31", True), ("", False)])
def test_a_company_whose_facts_are_old_is_led_to_them(tmp_path: Path, ended: str, told: bool) -> None:
    today = datetime.now(UTC).date().isoformat()
    began = "2024-03-05" if told else today
    head = "account_id,subscription_id,plan,status,valid_from,valid_to,unit_price,quantity,interval,currency\n"
    file = tmp_path / "old.csv"
    file.write_text(f"{head}acme,s1,Team,active,{began},{ended},100,1,month,EUR\n")
    import_files(Lake(tmp_path / "lake"), Settings(), "subscriptions", [file])
    with signed_in(tmp_path) as browser:
        page = browser.get("/revenue").text
        assert ("The newest fact is of Dec 31, 2024" in page) == told
        assert ('href="/revenue?from=2024-01-01&amp;to=2024-12-31"' in page) == told
        assert "newest fact" not in browser.get("/revenue?from=2024-01-01&to=2024-12-31").text


@pytest.mark.slow
def test_the_overview_tells_of_the_range_that_is_looked_at(tmp_path: Path) -> None:
    head = "account_id,subscription_id,plan,status,valid_from,valid_to,unit_price,quantity,interval,currency\n"
    rows = (
        "acme,s1,Team,active,2024-03-05,,100,1,month,EUR\nbirch,s2,Team,active,2024-11-05,2025-02-01,50,1,month,EUR\n"
    )
    file = tmp_path / "old.csv"
    file.write_text(head + rows)
    import_files(Lake(tmp_path / "lake"), Settings(), "subscriptions", [file])
    with signed_in(tmp_path) as browser:
        then = browser.get("/?from=2024-01-01&to=2024-11-30").text
        within = browser.get("/?from=2024-01-01&to=2024-11-12").text
        now = browser.get("/").text
    assert "What changed in Nov 2024" in then
    assert "€150" in then
    assert "so far" not in then
    assert "What changed in Oct 2024" in within
    assert "so far" in now


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["to=9999-12-31", "to=0001-06-01", "from=1200-01-01", "as_of=9999-12-31"])
@pytest.mark.parametrize("path", ["/", "/revenue", "/usage", "/overview/published", "/explain/mrr"])
def test_days_out_of_reach_are_refused(client: TestClient, path: str, asked: str) -> None:
    answer = client.get(f"{path}?{asked}")
    assert answer.status_code == 400 or (path == "/overview/published" and asked.startswith("from"))
    assert answer.status_code == 200 or "is not in the years 1900 to 2200" in answer.text
