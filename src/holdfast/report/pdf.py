"""The report as a PDF: A4 pages set by Typst.

Everything that is shown goes to the template as JSON data, so nothing that a customer typed can be markup.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from holdfast.charts import words
from holdfast.errors import HoldfastError, MissingExtra
from holdfast.report import glyphs, shown
from holdfast.report.drawings import drawing
from holdfast.report.model import (
    Benchmark,
    Changes,
    Column,
    Definition,
    Figure,
    Grid,
    Look,
    Money,
    Moved,
    Report,
    Restated,
    Section,
    Triangle,
)

if TYPE_CHECKING:
    import typst

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
FONTS = Path(__file__).parent / "fonts"
ARCHIVED: Final = "a-2u"
"""PDF/A: every font inside, every character with its text; a missing glyph is an error and not a silent box."""
SIZES = {"movements": (740, 216), "churn": (280, 140), "retention": (280, 140), "tenure": (700, 98)}
"""Width and height of each chart's plot: so that its labels come out at seven points."""


LONG_WORD = re.compile(r"\S{29,}")


def write_pdf(report: Report, path: Path) -> tuple[str, ...]:
    """Write the document; folders on the way are made. What could not be shown is told."""
    document, warnings = pdf(report)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(document)
    return warnings


def pdf(report: Report) -> tuple[bytes, tuple[str, ...]]:
    """The document, and what is to be said of characters that no font here has."""
    pages, warnings = compiled(report, "pdf")
    return pages[0], warnings


def compiled(report: Report, kind: Literal["pdf", "png"]) -> tuple[list[bytes], tuple[str, ...]]:
    """The document in a format of Typst: one PDF, or a PNG for each page."""
    typst = _typst()
    compiler = typst.Compiler(font_paths=typst.Fonts(font_paths=[FONTS]))
    told, warnings = glyphs.showable(_page(report), lambda text: _can_show(compiler, text))
    told["warnings"] = list(warnings)
    made = compiler.compile(
        TEMPLATE.read_bytes(),
        format=kind,
        sys_inputs={"report": json.dumps(told, ensure_ascii=False)},
        timestamp=datetime.combine(report.today, time(), UTC),
        pdf_standards=ARCHIVED if kind == "pdf" else [],
        ppi=110,
    )
    return ([made] if isinstance(made, bytes) else made), warnings


def _typst() -> Any:
    try:
        import typst
    except ImportError as error:
        raise MissingExtra(
            "a PDF needs the package typst, which is not installed",
            hint="pip install 'holdfast[pdf]'; or choose another format: --format html, md or xlsx",
        ) from error
    return typst


PROBE = b'#set text(font: "Inter"); #sys.inputs.text'


def _can_show(compiler: typst.Compiler, text: str) -> bool:
    """Whether every character has a glyph in some font here: PDF/A allows no missing one, so Typst checks for it."""
    import typst

    try:
        compiler.compile(PROBE, format="pdf", sys_inputs={"text": text}, pdf_standards=ARCHIVED)
    except typst.TypstError as error:
        if "could not be displayed" in error.message:
            return False
        raise HoldfastError(f"the PDF cannot be made: {error.message}") from error
    return True


# what the template is given


def _page(report: Report) -> dict[str, Any]:
    return {
        "company": report.company,
        "title": "Revenue report" if report.is_empty else f"Revenue in {report.month:%B %Y}",
        "month": words.period(report.month, "month"),
        "so_far": report.month_is_open,
        "as_of": [report.today.year, report.today.month, report.today.day],
        "under": " · ".join([f"As of {shown.day(report.today)}", f"policy {report.policy}", *report.currencies[:1]]),
        "notes": list(report.notes),
        "teaches": [list(step) for step in report.teaches],
        "restated": _restated(report.restated),
        "money": [_money(part, several=len(report.money) > 1) for part in report.money],
        "triangle": _triangle(report.triangle),
        "looks": [_look(look) for look in report.looks],
        "looks_rule": report.looks_rule,
        "looks_notes": [definition.number for definition in report.looks_definitions],
        "tenure": _section(report.tenure) if report.tenure else None,
        "benchmarks": [_benchmark(entry) for entry in report.benchmarks if entry.compared],
        "not_compared": shown.not_compared(report.benchmarks),
        "headings": {"restated": shown.RESTATED, "benchmarks": shown.BENCHMARKS, "compared": shown.BENCHMARKS_SAID},
        "definitions": _columns([_definition(told) for told in report.definitions], 3),
    }


def _money(money: Money, *, several: bool) -> dict[str, Any]:
    return {
        "currency": money.currency,
        "several": several,
        "figures": [_figure(figure, money.currency, several=several) for figure in money.figures],
        "changes": _changes(money.changes),
        "movements": _section(money.movements),
        "churn": _section(money.churn),
        "retention": _section(money.retention),
    }


def _figure(figure: Figure, currency: str, *, several: bool) -> dict[str, Any]:
    before = figure.missing
    if figure.value is not None and figure.before is not None:
        before = f"{shown.figure(figure, figure.before, currency)} in {figure.before_label}"
    value = shown.figure(figure, figure.value, currency)
    return {
        "label": shown.label(figure, several=several),
        "value": value,
        "before": before,
        "note": figure.definition.number,
    }


def _changes(changes: Changes) -> dict[str, Any]:
    return {
        "title": changes.title,
        "statement": changes.statement,
        "grid": _grid(changes.grid),
        "moved": [_moved(moved) for moved in changes.moved],
        "notes": [definition.number for definition in changes.definitions],
    }


def _moved(moved: Moved) -> dict[str, Any]:
    rest = [[shown.others(moved), shown.signed(moved.others_amount)]] if moved.others else []
    return {
        "title": moved.title,
        "tone": moved.tone,
        "amount": shown.signed(moved.amount),
        "movers": [[_breakable(mover.account), shown.signed(mover.amount)] for mover in moved.movers],
        "rest": rest,
    }


def _breakable(name: str) -> str:
    """A name with places where a long word may go on in the next line.

    >>> _breakable("Acme GmbH"), _breakable("x" * 40).count("\\u200b")
    ('Acme GmbH', 1)
    """
    return LONG_WORD.sub(lambda word: "\u200b".join(re.findall(".{1,24}", word[0])), name)


def _section(section: Section) -> dict[str, Any]:
    drawn = drawing(section.plot, *SIZES[section.key])
    return {
        "title": section.title,
        "statement": section.statement,
        "said": list(section.notes),
        "chart": drawn,
        "says": section.plot.says,
        "grid": _grid(section.grid),
        "notes": [definition.number for definition in section.definitions],
    }


def _grid(grid: Grid) -> dict[str, Any]:
    return {
        "first": grid.first,
        "columns": [column.title for column in grid.columns],
        "widths": _widths(grid),
        "briefs": [_brief(column) for column in grid.columns],
        "groups": [list(group) for group in shown.headings(grid.columns)],
        "lines": [
            {
                "label": f"{line.label.split()[0]} so far" if line.is_open else line.label,
                "open": line.is_open,
                "total": line.is_total,
                "cells": [
                    [shown.cell(cell, column), shown.tone(cell, column)]
                    for cell, column in zip(line.cells, grid.columns, strict=True)
                ],
            }
            for line in grid.lines
        ],
    }


def _widths(grid: Grid) -> list[int]:
    """The longest text of each column, heading included: columns share the room in these proportions."""
    cells = zip(*(line.cells for line in grid.lines), strict=True)
    return [
        max(len(_brief(column)), *(len(shown.cell(cell, column)) for cell in below)) + 2
        for column, below in zip(grid.columns, cells, strict=True)
    ]


def _brief(column: Column) -> str:
    """
    >>> _brief(Column("12 months before", "money", brief="Year before")), _brief(Column("NRR", "rate"))
    ('Year before', 'NRR')
    """
    brief = column.brief or column.title
    return brief[:1].upper() + brief[1:]


def _triangle(triangle: Triangle | None) -> dict[str, Any] | None:
    if triangle is None:
        return None
    step = shown.heat(triangle)
    return {
        "ages": list(triangle.ages),
        "note": triangle.definition.number,
        "rows": [
            {
                "label": row.label,
                "size": words.count(row.accounts),
                "cells": [
                    None
                    if cell.rate is None
                    else {"share": round(cell.rate * 100), "heat": step(cell.rate), "complete": cell.complete}
                    for cell in row.cells
                ],
            }
            for row in triangle.rows
        ],
        "all": {
            "size": words.count(triangle.pooled.accounts),
            "shares": [round(cell.rate * 100) for cell in triangle.pooled.cells if cell.rate is not None],
        },
    }


def _look(look: Look) -> dict[str, str]:
    carried = f" Most of it is paid by {look.accounts}." if look.accounts else ""
    return {"kind": look.kind, "heading": look.heading, "label": look.label, "reason": look.reason + carried}


def _restated(entries: tuple[Restated, ...]) -> list[dict[str, Any]]:
    return [
        {
            "label": entry.label,
            "note": entry.definition.number if entry.definition else None,
            "on": shown.day(entry.shown_on),
            "shown": shown.value(entry.shown, entry.kind, entry.currency),
            "now": shown.value(entry.now, entry.kind, entry.currency),
            "reason": entry.reason,
        }
        for entry in entries
    ]


def _benchmark(entry: Benchmark) -> dict[str, Any]:
    return {
        "title": entry.title,
        "published": entry.published,
        "own": entry.own,
        "said": entry.said,
        "definition": entry.definition,
        "source": entry.source,
    }


def _definition(told: Definition) -> dict[str, Any]:
    return {"number": told.number, "title": told.title, "text": told.text, "formula": told.formula}


def _columns(told: list[dict[str, Any]], columns: int) -> list[list[dict[str, Any]]]:
    """The definitions in their order, in columns of about the same length."""
    sizes = [sum(len(str(text)) for text in one.values()) + 40 for one in told]
    split: list[list[dict[str, Any]]] = [[] for _ in range(columns)]
    before = 0
    for one, size in zip(told, sizes, strict=True):
        split[min(columns - 1, int((before + size / 2) / max(1, sum(sizes)) * columns))].append(one)
        before += size
    return split
