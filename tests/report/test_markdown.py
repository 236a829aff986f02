"""The Markdown lines up as text, and nothing a customer typed is markup in it."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from holdfast.report import build_report, shown
from holdfast.report.markdown import escaped, markdown
from holdfast.report.model import Report
from tests.report.companies import NAMES
from tests.report.made_up import MadeUpWorkspace


@pytest.fixture(scope="module")
def page(hostile: Report) -> str:
    return markdown(hostile)


def unescaped(text: str) -> str:
    return re.sub(r"\\([\\`*_\[\]<>|&~$#@:.])", r"\1", text)


def test_tables_line_up_as_text(page: str) -> None:
    for block in page.split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        assert len({cell_len(line) for line in lines}) <= 1, block
        bars = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
        assert len(bars) <= 1, block


def test_names_come_through_and_are_no_markup(page: str) -> None:
    text = unescaped(page)
    for name in NAMES:
        assert name.replace("\u202e", "").replace("  ", " ") in text, name
    bare = re.sub(r"(?<!\\)`[^`\n]*`", "", page)
    assert not re.search(r"(?<!\\)[<>]", bare.replace("\n> ", "\n"))
    assert not re.search(r"(?<!\\)\]\(", bare) and not re.search(r"(?<!\\)\$", bare)


def test_figures_are_the_model_s(hostile: Report, page: str) -> None:
    text = unescaped(page)
    for money in hostile.money:
        for figure in money.figures:
            assert f"| {shown.figure(figure, figure.value, money.currency)} |".replace("| ", "", 1) in text


def test_every_definition_is_a_footnote(hostile: Report, page: str) -> None:
    marked, told = set(re.findall(r"\[\^(\d+)\](?!:)", page)), set(re.findall(r"^\[\^(\d+)\]:", page, re.MULTILINE))
    assert told == {str(definition.number) for definition in hostile.definitions}
    assert marked == told - {str(d.number) for d in hostile.definitions if d.metric == "churn-by-tenure"}


def test_restated_and_published_figures_are_in_it(page: str) -> None:
    assert "a late \\| invoice" in page and "1 more published figure is not compared" in page


@pytest.mark.parametrize("text", ["a\nb", "a\u2028b", "https://evil.example", "www.evil.example", "@everyone", "a`b"])
def test_escaped_text_is_one_line_and_no_link(text: str) -> None:
    safe = escaped(text)
    assert "\n" not in safe and "\u2028" not in safe
    assert not re.search(r"(?<!\\)://|www\.|(?<!\\)[@`]", safe)


def test_an_empty_company_is_told_how_to_begin() -> None:
    assert "holdfast import subscriptions FILE.csv" in markdown(build_report(MadeUpWorkspace(new_a_month=0)))
