"""Search finds accounts, metrics and pages, and shows what people typed as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from holdfast.web.finding import Known, accounts_like, directory

if TYPE_CHECKING:
    from starlette.testclient import TestClient

pytestmark = pytest.mark.slow


def test_accounts_are_found_by_name_and_by_id(client: TestClient) -> None:
    known = directory(client.app.state.company)  # type: ignore[attr-defined]
    assert len(known) > 10
    one = known[3]
    for typed in (one.id, one.name, one.name[:6].upper()):
        assert f'href="{one.url}"' in client.get("/search", params={"q": typed}).text
    listed = client.get("/search?part=1&q=acc").text
    assert listed.count('href="/accounts/') == 8


def test_metrics_and_pages_are_found(client: TestClient) -> None:
    listed = client.get("/search?part=1&q=quick").text
    assert 'href="/explain/quick-ratio"' in listed
    assert 'href="/settings"' in client.get("/search?part=1&q=sett").text
    assert 'role="option"' in listed
    assert "<html" not in listed


def test_what_is_typed_is_text(client: TestClient) -> None:
    for typed in ("<img src=x onerror=alert(1)>", "' OR 1=1 --", '"; DROP TABLE accounts', "%", "(" * 300):
        for part in ("", "&part=1"):
            answer = client.get(f"/search?{part}", params={"q": typed} | ({"part": "1"} if part else {}))
            assert answer.status_code == 200
            assert "<img" not in answer.text
    assert 'href="/accounts/' not in client.get("/search", params={"q": "' OR 1=1 --"}).text
    assert "Type the name" in client.get("/search").text


def test_ids_are_part_of_a_path_whatever_they_are() -> None:
    assert Known("a/../b?x=<", "Odd").url == "/accounts/a%2F..%2Fb%3Fx%3D%3C"


def test_the_best_come_first() -> None:
    known = [Known("1", "The Acme"), Known("2", "Acme"), Known("acme", "Zen"), Known("4", "Placme")]
    assert [one.id for one in accounts_like(known, "acme")] == ["2", "acme", "1", "4"]
