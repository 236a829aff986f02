"""A page that takes long says how far it is, and is there in the end."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.exceptions import HTTPException

from holdfast.web import company, making
from holdfast.web.company import Company, Question
from holdfast.web.making import Making, Makings, patience, progress
from tests.web.signed import signed_in
from tests.web.test_remembered import imported

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.testclient import TestClient

HTML = {"Accept": "text/html,*/*;q=0.8"}


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Questions about churn are answered only when this is set."""
    go, put = threading.Event(), Question.put

    def waits(self: Question, workspace: Any) -> Any:
        if self.metric == "customer-churn":
            assert go.wait(60)
        return put(self, workspace)

    monkeypatch.setattr(Question, "put", waits)
    yield go
    go.set()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[TestClient]:
    imported(tmp_path, "acme,s1,Team,active,2026-01-05,100,1,month,EUR\n")
    with signed_in(tmp_path) as opened:
        opened.app.state.company.work(lambda workspace: workspace.refresh())  # type: ignore[attr-defined]
        opened.app.state.patience_seconds = 0.2  # type: ignore[attr-defined]
        yield opened


@pytest.mark.slow
def test_who_waits_sees_how_far_it_is(browser: TestClient, held: threading.Event) -> None:
    first = browser.get("/revenue", headers=HTML)
    assert first.status_code == 202
    assert "<h1>Revenue</h1>" in first.text
    assert "data-making" in first.text
    assert "Ada" in first.text
    later = browser.get("/revenue", headers={**HTML, "Prefer": "wait=2"})
    told = re.search(r"(\d+) of (\d+) questions are answered", later.text)
    assert told
    assert int(told[1]) < int(told[2])
    held.set()
    whole = browser.get("/revenue")  # no browser: it waits as long as it takes
    assert whole.status_code == 200
    assert "€100" in whole.text
    assert browser.get("/revenue", headers=HTML).text == whole.text


@pytest.mark.slow
def test_a_page_is_made_once_for_all_who_ask(browser: TestClient, held: threading.Event) -> None:
    for _ in range(3):
        assert browser.get("/revenue", headers=HTML).status_code == 202
    makings = browser.app.state.pages.makings  # type: ignore[attr-defined]
    assert len(makings._under_way) == 1
    held.set()
    assert "€100" in browser.get("/revenue").text


@pytest.mark.slow
def test_what_nobody_waits_for_any_more_is_not_computed(
    browser: TestClient, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, asked = Question.put, list[str]()
    monkeypatch.setattr(Question, "put", lambda self, workspace: asked.append(self.metric) or put(self, workspace))
    monkeypatch.setattr(making, "ABANDONED_SECONDS", 0.5)
    monkeypatch.setattr(Company, "_desk", lambda self, name: self._desks[0])
    assert browser.get("/revenue?grain=quarter", headers=HTML).status_code == 202  # and gone
    for _ in range(200):
        if "customer-churn" in asked:
            break
        time.sleep(0.05)
    before = len(asked)
    time.sleep(0.6)
    held.set()
    browser.app.state.company.work(lambda workspace: None)  # type: ignore[attr-defined]  # after all that stands before it
    assert len(asked) == before
    assert "€100" in browser.get("/revenue?grain=quarter").text
    assert len(asked) > before


@pytest.mark.slow
def test_whoever_followed_a_page_gets_it_however_old(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    browser.app.state.patience_seconds = 60.0  # type: ignore[attr-defined]
    states = iter(range(10**6))
    monkeypatch.setattr(Company, "stamp", lambda self: ("decided", next(states)))  # facts come in all the time
    followed = browser.get("/revenue", headers={**HTML, "Prefer": "wait=2"})
    assert followed.status_code == 200
    browser.app.state.patience_seconds = 0.0  # type: ignore[attr-defined]
    assert browser.get("/revenue", headers=HTML).text == followed.text
    assert browser.get("/revenue", headers=HTML).status_code == 202


@pytest.mark.slow
def test_the_overview_is_there_where_much_is_computed(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(company, "UNDER_WAY", 0)
    page = browser.get("/")
    assert page.status_code == 200
    assert "data-pending" in page.text
    assert browser.get("/overview/published").status_code == 429


@pytest.mark.slow
def test_an_answer_of_an_earlier_state_is_told_to_be_old(
    browser: TestClient, held: threading.Event, tmp_path: Path
) -> None:
    asked = browser.app.state.company  # type: ignore[attr-defined]
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(asked.ask, "customer-churn")
        time.sleep(0.5)
        imported(tmp_path, "birch,s2,Team,active,2026-02-05,50,1,month,EUR\n")
        second = threads.submit(asked.ask, "customer-churn")
        time.sleep(0.5)
        held.set()
        assert second.result(60).old
        assert first.result(60).result is second.result(60).result


@pytest.mark.slow
def test_what_goes_wrong_is_told(browser: TestClient) -> None:
    browser.app.state.patience_seconds = 60.0  # type: ignore[attr-defined]
    wrong = browser.get("/revenue?where=nowhere+%3D+1", headers=HTML)
    assert wrong.status_code == 404
    assert "nowhere" in wrong.text


def test_answers_are_counted_where_the_page_is_made() -> None:
    makings: Makings[int] = Makings()
    answers: list[Future[int]] = [Future(), Future()]
    asked = threading.Event()

    def make() -> int:
        for one in (*answers, answers[0]):
            progress().follow(one)
        asked.set()
        return sum(one.result() for one in answers)

    page = makings.begun("page", make)
    assert asked.wait(10)
    answers[1].set_result(2)
    assert (page.progress.answered, page.progress.asked) == (1, 2)
    assert page.within(0.01) is None
    answers[0].set_result(1)
    assert page.within(10) == 3
    assert page.progress.answered == 2
    assert progress().asked == 0
    makings.close()


def test_a_making_that_failed_says_so_and_is_begun_again() -> None:
    makings: Makings[int] = Makings()

    def fails() -> int:
        raise ZeroDivisionError

    for _ in range(2):
        failing: Making[int] = makings.begun("page", fails)
        with pytest.raises(ZeroDivisionError):
            failing.within(None)
    makings.close()


def test_too_many_pages_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MOST", 2)
    makings: Makings[int] = Makings()
    go = threading.Event()
    first, second = (makings.begun(number, lambda: int(go.wait(30))) for number in range(2))
    with pytest.raises(HTTPException, match="try again") as refused:
        makings.begun(2, lambda: 0)
    assert refused.value.status_code == 429
    assert makings.begun(1, lambda: 0) is second
    go.set()
    assert (first.within(30), second.within(30)) == (1, 1)
    makings.close()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"accept": "application/json"}, None),
        ({"accept": "text/html"}, 0.7),
        ({"accept": "text/html", "prefer": "wait=2"}, 2.0),
        ({"accept": "text/html", "prefer": "respond-async, wait=1"}, 1.0),
        ({"accept": "text/html", "prefer": "wait=9999"}, 2.0),
        ({"accept": "text/html", "prefer": "wait=0"}, 0.7),
        ({"accept": "text/html", "prefer": "await=2; wait=x"}, 0.7),
    ],
)
def test_how_long_is_waited(headers: dict[str, str], seconds: float | None) -> None:
    assert patience(_request(headers)) == seconds


def _request(headers: dict[str, str]) -> Request:
    from starlette.applications import Starlette
    from starlette.requests import Request

    app = Starlette()
    app.state.patience_seconds = 0.7
    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "app": app, "headers": given})
