"""The command: what it prints, where, and how it exits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner, Result

from holdfast.cli import sync_command
from holdfast.cli.sync_command import sync
from tests.fakes.stripe_server import KEY, FakeStripe, customer, item, price, subscription

SECRET = KEY.removeprefix("rk_test_")


@pytest.fixture
def run(tmp_path: Path, stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setenv("HOLDFAST_STRIPE_KEY", stripe.key)
    monkeypatch.setenv("HOLDFAST_STRIPE_API_BASE", stripe.url)
    monkeypatch.setenv("COLUMNS", "80")
    app = typer.Typer()

    @app.callback()
    def root(context: typer.Context) -> None:
        context.obj = SimpleNamespace(data=tmp_path / "data")

    app.add_typer(sync)

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(app, ["sync", "stripe", *arguments])
        assert SECRET not in result.output + result.stderr
        return result

    return invoke


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the roll-ups, which the first test makes."""
    monkeypatch.setattr(sync_command, "_refresh", lambda messages, data: None)


@pytest.fixture(autouse=True)
def company(stripe: FakeStripe) -> None:
    ten = price("price_ten", 1000)
    one = item("si_a", ten, 1, "2026-06-01", ("2026-06-01", "2026-07-01"))
    stripe.add(ten, customer("cus_a", name="[bold]Acme"), subscription("sub_a", "cus_a", [one], "2026-06-01"))


def test_a_table_that_lines_up_then_nothing_new(run: object) -> None:
    first = run()  # type: ignore[operator]
    assert first.exit_code == 0, first.stderr
    lines = [line for line in first.stdout.splitlines() if line.strip()]
    assert lines[0].split() == ["Stripe", "read", "new", "changed", "duplicate", "rejected"]
    assert ["total", "3", "3", "0", "0", "0"] in [line.split() for line in lines]
    table = lines[: next(place for place, line in enumerate(lines) if line.split()[:1] == ["total"]) + 1]
    assert len({len(line.rstrip()) for line in table if "─" not in line}) == 1
    assert "Unknown history: 1 subscription, 1 span." in first.stdout
    again = run()  # type: ignore[operator]
    assert "Nothing changed in Stripe since the last run." in again.stdout


@pytest.mark.usefixtures("quick")
def test_json(run: object, stripe: FakeStripe) -> None:
    stripe.forbid("charges")
    printed = json.loads(run("--format", "json", "--full", "--since", "2026-06-01").stdout)  # type: ignore[operator]
    assert printed["mode"] == "everything"
    assert printed["kinds"]["subscriptions"] == {"read": 1, "new": 1, "changed": 0, "duplicate": 0, "rejected": 0}
    assert printed["unknown_history"] == {"subscriptions": 1, "spans": 1}
    assert printed["notes"] == ["the key may not read charges: attempts to pay are not known"]


def test_an_error_is_a_sentence(run: object, stripe: FakeStripe) -> None:
    stripe.forbid("subscriptions")
    refused = run()  # type: ignore[operator]
    assert refused.exit_code == 2
    assert "error: the key may not read subscriptions" in refused.stderr


@pytest.mark.usefixtures("quick")
def test_a_secret_key_is_warned_of(run: object, stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch) -> None:
    stripe.key = KEY.replace("rk_", "sk_")
    monkeypatch.setenv("HOLDFAST_STRIPE_KEY", stripe.key)
    assert "a restricted key that reads is enough" in run().stderr  # type: ignore[operator]
