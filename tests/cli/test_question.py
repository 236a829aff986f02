"""The options of a question: each that a metric takes can be typed, in every command that asks one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from holdfast.cli import question as q
from holdfast.cli.main import app
from holdfast.metrics import catalog
from tests.usage import event, recorded

ASKING = ("query", "explain", "bridge", "diff")


def parameters(command: str) -> dict[str, Any]:
    """The options of a command, by their names."""
    found = get_command(app).commands[command].params  # type: ignore[attr-defined]
    return {name: one for one in found for name in one.opts}


@pytest.mark.parametrize("command", ASKING)
def test_every_option_of_a_metric_can_be_typed(command: str) -> None:
    known = parameters(command)
    for metric in catalog.load().values():
        for option in metric.options:
            typed = known["--" + option.name.replace("_", "-")]
            assert typed.type_descriptor.annotation is type(option.default), option
            assert not option.choices or set(typed.metavar.split("|")) == set(option.choices), option


def test_no_option_is_offered_that_no_metric_takes() -> None:
    assert set(q.OF_SOME) == {option.name for metric in catalog.load().values() for option in metric.options}


def test_period_is_the_grain_where_it_does_not_name_a_period() -> None:
    for command in ("query", "explain"):
        assert parameters(command)["--period"].opts == ["--grain", "--period"]
    for command in ("bridge", "diff"):
        assert parameters(command)["--period"].opts == ["--period"]
        assert "--from" not in parameters(command)


def test_a_command_gets_what_was_typed_and_nothing_else() -> None:
    told: list[Any] = []
    app = typer.Typer()

    @app.command()
    @q.asks("currency", grain=q.GRAIN_OR_PERIOD)
    def ask(metric: q.Metric, *, question: q.Question, loud: bool = False) -> None:
        """Ask."""
        told.append((metric, question, loud))

    typed = [
        "mrr",
        "--return",
        "on",
        "--set",
        "paused=count",
        "--loud",
        "--by",
        "plan",
        "--period",
        "week",
        "--min-events",
        "2",
    ]
    assert CliRunner().invoke(app, typed).exit_code == 0
    asked = {"return": "on", "set": {"paused": "count"}, "by": ["plan"], "grain": "week", "min_events": 2}
    assert told == [("mrr", asked, True)]
    assert CliRunner().invoke(app, ["mrr", "--currency", "EUR"]).exit_code == 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    days = {"A": (3, 7, 8), "B": (4,)}  # 7 January 2024 is a Sunday
    events = [
        event(10 * day + len(name), name, datetime(2024, 1, day, 12, tzinfo=UTC), user_id=f"u{day % 2}")
        for name, some in days.items()
        for day in some
    ]
    return recorded(tmp_path_factory.mktemp("asked"), events=events)


def run(folder: Path, *arguments: str) -> Any:
    return CliRunner().invoke(app, ["--data", str(folder), *arguments])


def test_the_answer_says_which_options_it_was_asked_with(folder: Path) -> None:
    typed = ("query", "funnel", "--steps", "A, B", "--window", "3", "--from", "2024-01-01", "--to", "2024-01-31")
    result = run(folder, *typed, "--format", "json")
    answer = json.loads(result.stdout)
    assert answer["options"] == {"steps": "A, B", "window": 3, "order": "sequential", "of": "users"}
    assert [row["people"] for row in answer["rows"]] == [2, 0]
    shown = run(folder, *typed)
    assert "policy holdfast, steps A, B, window 3" in " ".join(shown.stdout.split())
    assert "order" not in shown.stdout


def test_a_week_may_start_on_sunday_for_one_question(folder: Path) -> None:
    weeks = {}
    for day in ("monday", "sunday"):
        typed = ("active-users", "--grain", "week", "--from", "2024-01-07", "--to", "2024-01-07", "--week-start", day)
        row = json.loads(run(folder, "query", *typed, "--format", "json").stdout)["rows"][0]
        weeks[day] = (row["period"], row["active"])
    # from Monday the 1st: u1 on the 3rd and 7th, u0 on the 4th; from Sunday the 7th: u1, and u0 on the 8th
    assert weeks == {"monday": ("2024-01-01", 2), "sunday": ("2024-01-07", 2)}
    wrong = run(folder, "query", "active-users", "--week-start", "tuesday")
    assert wrong.exit_code == 2
    assert "a week starts on monday or sunday" in wrong.stderr


def test_a_funnel_without_steps_says_how_to_write_them(folder: Path) -> None:
    result = run(folder, "query", "funnel")
    assert result.exit_code == 2
    assert "the most frequent ones are: A, B" in result.stderr
    assert "--steps 'Signed up" in result.stderr
