"""Every page is there, in every language, and says nothing that was not asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from holdfast.web.words import LANGUAGES

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
