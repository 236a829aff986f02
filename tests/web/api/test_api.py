"""The API answers what the workspace answers, in the shapes that its description promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from holdfast.facts import FACT_TABLES
from holdfast.metrics import catalog
from holdfast.web.api import models
from holdfast.web.company import Question

if TYPE_CHECKING:
    from starlette.testclient import TestClient

pytestmark = pytest.mark.slow

SHAPES: dict[str, type[models.BaseModel]] = {
    "/metrics": models.MetricList,
    "/metrics/mrr?by=plan": models.MetricAnswer,
    "/metrics/renewals": models.MetricAnswer,
    "/metrics/mrr/explain": models.ExplanationAnswer,
    "/metrics/quick-ratio/explain?limit=3": models.ExplanationAnswer,
    "/metrics/active-users/explain?period=2026-09&limit=3": models.ExplanationAnswer,
    "/metrics/customer-churn/bridge?to_policy=maxio&period=2026-09": models.BridgeAnswer,
    "/metrics/mrr/diff?since=2026-10-15&period=2026-09": models.DiffAnswer,
    "/policies": models.PolicyList,
    "/accounts?limit=5": models.AccountList,
    "/tables": models.TableList,
    "/tables/subscription_terms?limit=5": models.TableRows,
    "/sources?count=true": models.SourceList,
    "/sources/rejected": models.RejectedList,
    "/events/tail": models.SeenList,
}


@pytest.mark.parametrize("address", SHAPES)
def test_every_answer_has_the_shape_that_is_described(client: TestClient, address: str) -> None:
    answer = client.get(f"/api/v1{address}")
    assert answer.status_code == 200, answer.text
    SHAPES[address].model_validate_json(answer.content)


def test_every_operation_is_described_with_its_shape(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    paths = {path: one["get"] for path, one in described["paths"].items() if path.startswith("/api/v1/")}
    assert len(paths) == 12
    for path, one in paths.items():
        shape = one["responses"]["200"]["content"]["application/json"]["schema"]
        assert "$ref" in shape, path
        assert one["description"], path
    names = {given["name"] for given in paths["/api/v1/metrics/{metric}"]["parameters"]}
    options = {option.name for metric in catalog.load().values() for option in metric.options}
    assert {"from", "to", "grain", "by", "where", "set", "as_of", "metric", *options} <= names


def test_the_same_figures_as_the_workspace(client: TestClient) -> None:
    asked = {"start": "2026-05-01", "end": "2026-09-30", "by": ("plan",), "set": {"paused": "count"}}
    result = client.app.state.company.evidenced(Question("mrr", asked))  # type: ignore[attr-defined]
    told = client.get("/api/v1/metrics/mrr?from=2026-05-01&to=2026-09-30&by=plan&set=paused%3Dcount").json()
    assert told == {**result.to_json(), "sql": result.sql}


def test_the_parts_of_a_bridge_add_up(client: TestClient) -> None:
    told = client.get("/api/v1/metrics/customer-churn/bridge?to_policy=maxio&period=2026-09").json()
    for walk in told["bridges"]:
        parts = sum(step["part"] for step in walk["steps"])
        assert walk["end"] - walk["start"] == pytest.approx(parts)


def test_accounts_and_tables_are_paged(client: TestClient) -> None:
    whole = client.get("/api/v1/accounts?limit=1000").json()
    part = client.get("/api/v1/accounts?limit=2&offset=3").json()
    assert part["accounts"] == whole["accounts"][3:5]
    assert part["total"] == len(whole["accounts"])
    paid = sum(amount for one in whole["accounts"] for amount in one["mrr"].values())
    today = client.app.state.company.today.isoformat()  # type: ignore[attr-defined]
    mrr = client.app.state.company.ask("mrr", start=today, end=today, grain="day").rows  # type: ignore[attr-defined]
    assert paid == pytest.approx(float(sum(row["mrr"] for row in mrr)))
    rows = client.get("/api/v1/tables/plans?limit=1000").json()["rows"]
    assert client.get("/api/v1/tables/plans?limit=1&offset=1").json()["rows"] == rows[1:2]
    assert {one["table"] for one in client.get("/api/v1/tables").json()["tables"]} == {t.name for t in FACT_TABLES}


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/metrics/nothing", 404, "not_found"),
        ("/metrics/mrr?windw=3", 400, "invalid"),
        ("/metrics/mrr?window=3", 400, "invalid"),
        ("/metrics/nrr?window=0", 400, "invalid"),
        ("/metrics/mrr?set=paused", 400, "invalid"),
        ("/metrics/mrr?segment=nobody", 404, "not_found"),
        ("/metrics/mrr/bridge", 422, "invalid"),
        ("/metrics/mrr/bridge?to_policy=nobody", 404, "not_found"),
        ("/metrics/mrr/explain?period=soon", 400, "invalid"),
        ("/metrics/mrr/diff?since=2026-01-01&age=3", 400, "invalid"),
        ("/tables/mrr_spans", 404, "not_found"),
        ("/tables/..%2F..%2Fetc", 404, "not_found"),
        ("/tables/plans?limit=0", 422, "invalid"),
        ("/events/tail?after=x", 400, "invalid"),
        ("/nothing", 404, "not_found"),
    ],
)
def test_errors_have_one_shape(client: TestClient, address: str, status: int, code: str) -> None:
    answer = client.get(f"/api/v1{address}")
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert set(answer.json()) == {"code", "message", "hint"}


def test_the_reference_shows_every_operation(client: TestClient) -> None:
    page = client.get("/api/v1/docs").text
    for path in client.get("/api/v1/openapi.json").json()["paths"]:
        assert path in page
    assert "Authorization: Bearer $HOLDFAST_KEY" in page
    assert "<style" not in page


def test_nobody_reads_without_signing_in(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    session = client.cookies.get("holdfast")
    client.cookies.clear()
    try:
        for path in [*paths, "/api/v1/openapi.json", "/api/v1/docs"]:
            answer = client.get(path.replace("{metric}", "mrr").replace("{name}", "plans"))
            assert answer.status_code == 401, path
            assert set(answer.json()) == {"code", "message", "hint"}
        for path in ("/explain", "/explain/mrr", "/explain/mrr/part/accounts", "/files/mrr.csv", "/search?q=a"):
            assert client.get(path, follow_redirects=False).status_code == 303
    finally:
        client.cookies.set("holdfast", session or "")
