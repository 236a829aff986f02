"""Explain: every number's definition, its accounts, its rules, and its way to another number."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from holdfast.metrics import catalog
from holdfast.state import Invitations, Sessions
from holdfast.web.app import create_app
from holdfast.web.company import Question
from holdfast.web.explaining import period_column

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

PERIOD = "2026-09-01"


class Links(HTMLParser):
    """The addresses and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")


def later(client: TestClient, path: str) -> str:
    """A part of a page when it is ready."""
    for _ in range(20):
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        if "data-pending" not in answer.text:
            return answer.text
        time.sleep(0.1)
    raise AssertionError(f"{path} never was ready")


def asked(client: TestClient, metric: str, **question: Any) -> Any:
    return client.app.state.company.answers([Question(metric, question)])[0]  # type: ignore[attr-defined]


def test_every_metric_is_listed_in_a_group(client: TestClient) -> None:
    page = client.get("/explain").text
    for metric in catalog.load():
        assert f'href="/explain/{metric}"' in page
    assert catalog.OTHERS not in catalog.grouped()
    assert [one.name for found in catalog.grouped().values() for one in found] == list(catalog.load())


def test_the_list_is_searched_without_script(client: TestClient) -> None:
    found = Links(client.get("/explain?q=quick").text).links
    assert "/explain/quick-ratio" in found
    assert "/explain/mrr" not in found
    assert "No metric says that" in client.get("/explain?q=zzzz").text


def test_a_number_is_explained_with_its_rows_rules_and_sql(client: TestClient) -> None:
    page = client.get("/explain/mrr?from=2026-06-01&to=2026-09-30").text
    company = client.app.state.company  # type: ignore[attr-defined]
    result = company.evidenced(Question("mrr", {"start": "2026-06-01", "end": "2026-09-30"}))
    assert f"{result.evidence['rows_counted']} subscription rows were counted" in page
    for left in result.evidence["left_out"]:
        assert left["reason"] in page
    for row in result.to_dicts():
        assert f"{row['mrr']:,.0f}" in page
    assert "SELECT" in page
    assert "data-copy" in page
    assert "week_factor" in page
    links = Links(page).links
    assert "/explain/mrr?from=2026-06-01&to=2026-09-30&period=2026-09-01" in links
    assert "/files/mrr.parquet?from=2026-06-01&to=2026-09-30" in links


def test_the_view_reaches_the_question(client: TestClient) -> None:
    plan = asked(client, "mrr", by=("plan",)).rows[0]["plan"]
    page = client.get("/explain/mrr", params={"where": f"plan = '{plan}'", "set": "paused=count"}).text
    assert f"plan = &#39;{plan}&#39;" in page
    assert "paused=count" in page
    assert "set=paused%3Dcount" in page


def test_a_period_shows_the_accounts_that_add_up(client: TestClient) -> None:
    behind = later(client, f"/explain/mrr/part/accounts?period={PERIOD}")
    rows = [row for row in asked(client, "mrr", start=PERIOD, end="2026-09-30", by=("account",)).rows if row["mrr"]]
    named = {link for link in Links(behind).links if link.startswith("/accounts/")}
    assert named == {f"/accounts/{row['account']}" for row in rows}
    for row in rows:
        assert f"{row['mrr']:,.0f}" in behind
    assert "MRR, or why it is left out" in behind


def test_a_page_is_sent_before_what_takes_long_is_ready(client: TestClient) -> None:
    page = client.get(f"/explain/active-users?period={PERIOD}").text
    assert "Sep 2026" in page
    assert 'id="accounts"' in page
    mattered = later(client, f"/explain/active-users/part/switches?period={PERIOD}")
    assert "No rule mattered" in mattered or "Another number with" in mattered


def test_a_bridge_leads_from_one_number_to_the_other(client: TestClient) -> None:
    part = later(client, f"/explain/customer-churn/part/bridge?to_policy=maxio&period={PERIOD}")
    assert "from holdfast to maxio" in part
    drawn = client.get(f"/explain/customer-churn/bridge.json?to_policy=maxio&period={PERIOD}&mode=dark").json()
    assert drawn["$schema"].endswith(".json")
    assert 'data-chart="/explain/customer-churn/bridge.json?' in part


def test_what_changed_since_is_told(client: TestClient) -> None:
    part = later(client, f"/explain/mrr/part/diff?since=2026-10-15&period={PERIOD}")
    assert "as known on" in part


@pytest.mark.parametrize(
    "address",
    [
        "/explain/mrr/part/bridge?to_policy=nobody",
        "/explain/mrr/part/bridge?to_policy=stripe&column=nothing",
        "/explain/mrr/part/diff?since=yesterday",
    ],
)
def test_a_part_that_cannot_be_says_why(client: TestClient, address: str) -> None:
    assert 'role="alert"' in later(client, address)


def test_a_metric_that_needs_more_says_what(client: TestClient) -> None:
    answer = client.get("/explain/funnel")
    assert answer.status_code == 400
    assert 'name="steps"' in answer.text
    assert "funnel needs the events" in answer.text


def test_options_are_controls_and_reach_the_question(client: TestClient) -> None:
    page = client.get("/explain/nrr?window=3").text
    assert 'name="window" min="1" max="600" value="3"' in page
    assert "window=3" in next(link for link in Links(page).links if "period=" in link)
    assert client.get("/explain/nrr?window=²").status_code == 400


def test_nonsense_is_refused_and_escaped(client: TestClient) -> None:
    assert client.get("/explain/no-such").status_code == 404
    assert client.get("/explain/mrr?period=soon").status_code == 400
    hostile = client.get("/explain", params={"q": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in hostile
    assert Links(hostile).tags.count("script") == 1


@pytest.mark.parametrize(
    ("metric", "column"),
    [("mrr", "period"), ("cohort-retention", "cohort"), ("renewals", "renewal_day"), ("churn-quality", "")],
)
def test_the_cells_that_lead_on_name_a_period(client: TestClient, metric: str, column: str) -> None:
    assert period_column(catalog.find(metric), asked(client, metric)) == column


def test_a_company_without_data_is_explained_too(tmp_path: Path) -> None:
    app = create_app(tmp_path)
    with TestClient(app) as opened:
        links = Invitations(app.state.state)
        owner = links.accept(links.welcome() or "", "no password", name="Ada", email="ada@example.com")
        opened.cookies.set("holdfast", Sessions(app.state.state).start(owner.id))
        page = opened.get("/explain/mrr-movements")
        assert page.status_code == 200
        assert "0 subscription rows were counted, 0 left out" in page.text
        assert opened.get("/explain").status_code == 200
        assert opened.get("/api/v1/accounts").json()["accounts"] == []
        assert opened.get("/api/v1/tables/events").json()["rows"] == []
        assert "Nothing is called that" in opened.get("/search?part=1&q=acme").text
        assert "No account has a part" in later(opened, f"/explain/mrr/part/accounts?period={PERIOD}")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", ("Konten, die nach dem Zähler", "wen die Kundenabwanderung zählt", "ausgelassen", "vom ")),
        ("ko", ("고객 이탈", "제외")),
        ("th", ("การเลิกใช้", "ไม่นับ")),
    ],
)
def test_all_that_is_told_is_in_the_readers_language(client: TestClient, language: str, said: tuple[str, ...]) -> None:
    page = client.get("/explain/customer-churn", headers={"Accept-Language": language}).text
    for words in said:
        assert words in page
    for english in (
        "Left out because",
        "whom customer churn counts",
        "customers at the close",
        "paused (policy",
        " of 20",
    ):
        assert english not in page
