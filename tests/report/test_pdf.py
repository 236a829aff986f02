"""The PDF holds the figures of the model and every name as text; what no font can show is told."""

from __future__ import annotations

import builtins
import io
from datetime import date
from typing import Any

import pypdf
import pytest

from holdfast.charts import words
from holdfast.errors import MissingExtra
from holdfast.report import build_report, pdf, shown
from holdfast.report.glyphs import showable, writing
from holdfast.report.model import Report
from tests.report.companies import COMPANY, NAMES
from tests.report.made_up import MadeUpWorkspace

pytestmark = pytest.mark.slow

HAVE_NO_FONT = ("한국어 회사", "บริษัท ไทย")


@pytest.fixture(scope="module")
def made(hostile: Report) -> tuple[bytes, tuple[str, ...]]:
    return pdf.pdf(hostile)


@pytest.fixture(scope="module")
def document(made: tuple[bytes, tuple[str, ...]]) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(made[0]))


@pytest.fixture(scope="module")
def text(document: pypdf.PdfReader) -> str:
    return "\n".join(page.extract_text() for page in document.pages)


def plain(text: str) -> str:
    """Without what lines and columns do to spaces."""
    return "".join(text.replace("\u200b", "").split())


def test_headline_figures_are_the_model_s(hostile: Report, text: str) -> None:
    for money in hostile.money:
        for figure in money.figures:
            assert shown.figure(figure, figure.value, money.currency) in text


def test_every_month_s_cells_are_the_model_s(hostile: Report, text: str) -> None:
    found = plain(text)
    for money in hostile.money:
        for section in (money.movements, money.churn, money.retention):
            for line in section.grid.lines:
                cells = [
                    shown.cell(cell, column) for cell, column in zip(line.cells, section.grid.columns, strict=True)
                ]
                assert plain(line.label + "".join(cells)) in found


def test_names_come_through_as_text(text: str) -> None:
    found = plain(text)
    for name in NAMES:
        if name not in HAVE_NO_FONT:
            assert plain(name.replace("\u202e", "")) in found, name
    assert plain(COMPANY) in found


def test_a_name_that_no_font_shows_is_a_box_and_is_told(made: tuple[bytes, tuple[str, ...]], text: str) -> None:
    said = " ".join(made[1])
    for name in HAVE_NO_FONT:
        assert plain(name) in plain(text) or writing(name[0]) in said
    assert said in " ".join(text.split())


def test_every_definition_is_a_footnote_with_a_link(hostile: Report, document: pypdf.PdfReader, text: str) -> None:
    for told in hostile.definitions:
        assert plain(f"{told.number}{told.title}{told.text}{told.formula}") in plain(text)
    links = [note for page in document.pages for note in page.get("/Annots") or []]
    assert len(links) >= len(hostile.definitions) - 1


def test_benchmarks_and_restated_figures_are_in_it(text: str) -> None:
    found = plain(text)
    assert plain("Quick ratio 4 and over 3.2") in found
    assert plain("1 more published figure is not compared") in found
    assert plain("3 July 2024 $1,234 $1,300 a late | invoice") in found or plain("$1,235") in found


def test_the_same_report_is_the_same_file(hostile: Report, made: tuple[bytes, tuple[str, ...]]) -> None:
    assert pdf.pdf(hostile) == made


def test_a_board_page_is_short() -> None:
    report = build_report(MadeUpWorkspace())
    pages, warnings = pdf.compiled(report, "png")
    assert len(pages) <= 3 and not warnings


def test_an_empty_company_is_told_how_to_begin() -> None:
    empty = build_report(MadeUpWorkspace(new_a_month=0))
    text = pypdf.PdfReader(io.BytesIO(pdf.pdf(empty)[0])).pages[0].extract_text()
    assert "There is no data yet" in text and "holdfast import subscriptions FILE.csv" in text


def test_a_young_company_s_report_has_gaps_and_says_so() -> None:
    young = build_report(MadeUpWorkspace(today=date(2024, 4, 12), new_a_month=3))
    text = pypdf.PdfReader(io.BytesIO(pdf.pdf(young)[0])).pages[0].extract_text()
    assert plain("needs revenue from 12 months before") in plain(text)


def test_without_typst_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, hostile: Report) -> None:
    real = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name == "typst":
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"pip install 'holdfast\[pdf\]'"):
        pdf.pdf(hostile)


def test_only_what_cannot_be_shown_is_replaced() -> None:
    def latin(text: str) -> bool:
        return all(ord(letter) < 0x250 for letter in text)

    told, warnings = showable({"names": ["Zoë 한국", "a\x07b", "plain"]}, latin)
    assert told == {"names": ["Zoë □□", "a b", "plain"]}
    assert warnings == ("No font on this computer has Hangul: a □ stands for each such character.",)
    assert showable(["Zoë"], latin) == (["Zoë"], ())


def test_money_is_written_as_everywhere(hostile: Report, text: str) -> None:
    closing = hostile.money[0].figures[0].value
    assert words.short_money(closing, "USD") in text


def test_several_currencies_have_a_page_each(hostile: Report, document: pypdf.PdfReader) -> None:
    assert len(hostile.money) == 2
    heads = [page.extract_text() for page in document.pages]
    assert sum("In EUR" in head for head in heads) == 1 and "In USD" in heads[0]
