"""The command: what it prints, and how it exits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import holdfast
from holdfast.cli.main import app, in_front
from tests.checks.conftest import Checked, subscribe
from tests.fakes.stripe_server import FakeStripe

Run = Callable[..., Result]


@pytest.fixture
def run(books: Checked, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("HOLDFAST_STRIPE_KEY", books.stripe.key)
    monkeypatch.setenv("HOLDFAST_STRIPE_API_BASE", books.stripe.url)
    monkeypatch.setenv("COLUMNS", "80")

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, in_front(["check", "billing", *arguments, "--data", str(books.folder)]))

    return invoke


def test_agreement_is_one_sentence_and_status_0(run: Run) -> None:
    result = run()
    assert result.exit_code == 0, result.stderr
    assert "Everything agrees: 3 subscriptions, MRR 60.00 USD." in result.stdout


def test_differences_line_up_in_80_columns(run: Run, stripe: FakeStripe) -> None:
    stripe.change("sub_a", None, status="past_due")
    stripe.remove("sub_b")
    for number in range(3):
        subscribe(stripe, f"1NXBFiDZEXFpFPsUyVkOrqQ{number}", "2026-06-15")
    result = run("--limit", "2")
    assert result.exit_code == 1, result.stderr
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert "5 differences; the lake's MRR is off by −10.00 USD." in lines
    for title in ("Missing in the lake (3)", "Another status (1)", "What to do"):
        assert title in lines
    assert "and 1 more: --limit 3 shows them all" in lines
    [total] = [line.split() for line in lines if line.strip().startswith("all USD")]
    assert total == ["all", "USD", "5", "3", "70.00", "60.00", "−10.00"]


def test_json(run: Run, stripe: FakeStripe) -> None:
    stripe.remove("sub_b")
    subscribe(stripe, "new", "2026-06-15")
    result = run("--format", "json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["agrees"], told["differences"]) == (False, 2)
    assert told["list"][1] == {
        "subscription": "sub_b", "item": None, "account": "cus_b", "kinds": ["stale"],
        "reasons": ["gone from Stripe, and still counted today"], "currency": "USD",
        "mrr": {"source": None, "lake": 20.0}, "remedy": "sync --full",
    }  # fmt: skip
    assert len(json.loads(run("--format", "json", "--limit", "1").stdout)["list"]) == 1


def test_without_a_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOLDFAST_STRIPE_KEY")
    result = run()
    assert result.exit_code == 2
    assert "error: there is no key to Stripe" in result.stderr
    assert "HOLDFAST_STRIPE_KEY_FILE" in result.stderr


@pytest.mark.slow
def test_a_lake_of_files_alone(tmp_path: Path) -> None:
    (tmp_path / "subscriptions.csv").write_text(
        "subscription_id,account_id,plan,start,amount,currency,interval\ns1,a1,gold,2026-01-01,10,USD,month\n"
    )
    data = ["--data", str(tmp_path / "data")]
    imported = CliRunner().invoke(app, [*data, "import", "subscriptions", str(tmp_path / "subscriptions.csv")])
    assert imported.exit_code == 0, imported.stdout + imported.stderr
    result = CliRunner().invoke(app, [*data, "check", "billing"])
    assert result.exit_code == 2
    assert "comes from a system that can be asked" in result.stderr


@pytest.mark.slow
def test_files_beside_stripe_are_named(run: Run, books: Checked, tmp_path: Path) -> None:
    path = tmp_path / "subscriptions.csv"
    path.write_text(
        "subscription_id,account_id,plan,start,amount,currency,interval\ns1,a1,gold,2026-01-01,10,USD,month\n"
    )
    CliRunner().invoke(app, ["--data", str(books.folder), "import", "subscriptions", str(path)])
    with holdfast.open(books.folder) as workspace:
        assert len(set(workspace.lake.standing("subscription_terms")["source"].to_pylist())) == 2
    result = run()
    assert result.exit_code == 0
    assert "Not compared: 1 subscription from" in result.stdout
