"""The reference pages say what the code says, and name every metric, policy, setting, table and command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from holdfast.calculators import CALCULATORS
from holdfast.cli.main import app
from holdfast.facts import TABLES
from holdfast.metrics import catalog
from holdfast.metrics.policy import PRESETS, SWITCHES
from holdfast.metrics.registry import Metric
from holdfast.settings import Settings
from tools import gen_docs

METRICS = catalog.load()


def commands(command: Any, path: str = "holdfast") -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        if not below.hidden:
            yield from commands(below, f"{path} {name}")


COMMANDS = dict(commands(typer.main.get_command(app)))


def page(name: str) -> str:
    return (gen_docs.FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", gen_docs.PAGES)
def test_page_is_what_the_code_says(name: str) -> None:
    assert page(name) == gen_docs.text_of(name), "run `make docs` and commit the page"


def test_no_page_is_left_of_something_gone() -> None:
    assert {path.name for path in gen_docs.FOLDER.iterdir()} == set(gen_docs.PAGES)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_metric_is_documented(metric: Metric) -> None:
    assert f"\n## {metric.name}\n" in page("metrics.md")
    texts = [metric.title, metric.unit, metric.definition, metric.formula, metric.chart.title]
    texts += [column.meaning for column in metric.columns] + [option.meaning for option in metric.options]
    assert all(text.strip() for text in texts)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_metric_names_what_exists(metric: Metric) -> None:
    assert set(metric.heeds) <= set(SWITCHES)
    assert set(metric.sources) <= set(TABLES)


@pytest.mark.parametrize("name", [*SWITCHES, *PRESETS])
def test_policy_is_documented(name: str) -> None:
    assert f"`{name}`" in page("policies.md")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_setting_is_documented(name: str) -> None:
    assert f"`HOLDFAST_{name.upper()}`" in page("settings.md")
    assert Settings.model_fields[name].description


@pytest.mark.parametrize("name", TABLES)
def test_table_is_documented(name: str) -> None:
    assert f"\n## {name}\n" in page("tables.md")
    assert TABLES[name].meaning.strip()
    assert all(column.meaning.strip() for column in TABLES[name].columns)


@pytest.mark.parametrize("name", CALCULATORS)
def test_calculator_is_documented(name: str) -> None:
    assert f"\n## {name}\n" in page("calculators.md")
    assert f"\n$ {CALCULATORS[name].command}\n" in page("calculators.md")


@pytest.mark.parametrize(("path", "command"), COMMANDS.items(), ids=COMMANDS)
def test_command_is_documented(path: str, command: Any) -> None:
    assert f"# `{path}`" in page("cli.md")
    assert command.help, f"`{path} --help` says nothing"
    silent = [parameter.name for parameter in command.params if not getattr(parameter, "help", None)]
    assert not silent, f"`{path} --help` does not explain {silent}"
