"""The report as a workbook: a sheet for each section, with every number as a number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.report import shown
from holdfast.report.model import Column, Grid, Line, Money, Report, Section
from holdfast.report.workbook import Heading, Typed, Workbook

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

Rows = list[list[Any]]
COLOURS = {
    "New": "#2f62c7",
    "Reactivation": "#86aaf0",
    "Expansion": "#12908a",
    "Contraction": "#f2b169",
    "Churn": "#cf5a1b",
}
LINES = ("#2f62c8", "#d4790f")


def write_xlsx(report: Report, path: Path) -> None:
    """Write the workbook; folders on the way are made."""
    with Workbook(path) as book:
        if report.is_empty:
            steps = [list(step) for step in report.teaches]
            book.sheet("No data yet", [Heading("How to begin", wraps=True), Heading("Command")], steps)
            return
        _about(book, report)
        _figures(book, report)
        _restated(book, report)
        _changes(book, report)
        _sections(book, report)
        _triangle(book, report)
        _looks(book, report)
        if report.tenure:
            _tenure(book, report.tenure)
        _benchmarks(book, report)
        _definitions(book, report)


def _about(book: Workbook, report: Report) -> None:
    rows: Rows = [
        ["Company", report.company],
        ["Month", report.month],
        ["As of", Typed(report.today, "day")],
        ["Policy", report.policy],
        ["Currencies", ", ".join(report.currencies)],
        ["Amounts", "monthly recurring revenue without tax, in major units of their currency"],
        *(["Note", note] for note in report.notes),
    ]
    book.sheet("About", [Heading("Report"), Heading("Value", "month", wraps=True)], rows)


def _figures(book: Workbook, report: Report) -> None:
    """One row a figure: what it is, was, and where it is defined. Kinds differ by row, so each has its own format."""
    headings = [
        Heading("Currency"), Heading("Figure"), Heading("Month", "month"), Heading("Value", "mixed"),
        Heading("Month before", "mixed"), Heading("Why none"), Heading("Definition", "count"),
    ]  # fmt: skip
    several = len(report.money) > 1
    rows: Rows = [
        [
            money.currency, shown.label(figure, several=several), report.month, Typed(figure.value, figure.kind),
            Typed(figure.before, figure.kind), figure.missing, figure.definition.number,
        ]
        for money in report.money for figure in money.figures
    ]  # fmt: skip
    book.sheet("Figures", headings, rows, frozen=2)


def _restated(book: Workbook, report: Report) -> None:
    headings = [
        Heading("Figure"), Heading("Currency"), Heading("Shown on", "day"), Heading("As", "mixed"),
        Heading("Today", "mixed"), Heading("Why", wraps=True), Heading("Definition", "count"),
    ]  # fmt: skip
    rows: Rows = [
        [
            entry.label, entry.currency, entry.shown_on, Typed(entry.shown, entry.kind), Typed(entry.now, entry.kind),
            entry.reason, entry.definition.number if entry.definition else None,
        ]
        for entry in report.restated
    ]  # fmt: skip
    if rows:
        book.sheet("Restated", headings, rows)


# what changed


def _changes(book: Workbook, report: Report) -> None:
    columns = report.money[0].changes.grid.columns
    headings = [Heading("Currency"), Heading("Movement"), *(Heading(column.title, column.kind) for column in columns)]
    lines = [(money.currency, line) for money in report.money for line in money.changes.grid.lines]
    rows = [[currency, line.label, *_values(line, columns)] for currency, line in lines]
    book.sheet("What changed", headings, rows, frozen=2, bold=[n for n, (_, line) in enumerate(lines) if line.is_total])
    moved = [Heading("Currency"), Heading("Movement"), Heading("Account"), Heading("MRR", "moved")]
    book.sheet("Accounts that moved", moved, _movers(report), frozen=3)


def _movers(report: Report) -> Iterator[list[Any]]:
    for money in report.money:
        for moved in money.changes.moved:
            yield from ([money.currency, moved.title, mover.account, mover.amount] for mover in moved.movers)
            if moved.others:
                yield [money.currency, moved.title, f"({moved.others} others)", moved.others_amount]


def _values(line: Line, columns: tuple[Column, ...]) -> list[Any]:
    return [
        None if cell.kind == "text" else Typed(cell.value, cell.kind or column.kind)
        for cell, column in zip(line.cells, columns, strict=True)
    ]


# months


def _sections(book: Workbook, report: Report) -> None:
    for key, name in (("movements", "Movements"), ("churn", "Churn"), ("retention", "Retention")):
        sections = [(money, getattr(money, key)) for money in report.money]
        sheet = _months(book, name, sections)
        if key == "movements":
            _stacked(book, sheet, name, sections[0])
        else:
            _lines(book, sheet, name, sections[0])


def _months(book: Workbook, name: str, sections: list[tuple[Money, Section]]) -> Worksheet:
    """The months of every currency below each other, under the columns that any of them has."""
    titles = {_title(column): column for _, section in sections for column in section.grid.columns}
    headings = [
        Heading("Currency"), Heading("Month", "month"), Heading("Is over"),
        *(Heading(title, column.kind) for title, column in titles.items()),
    ]  # fmt: skip
    rows = [
        [money.currency, line.period, not line.is_open, *_placed(line, section.grid, list(titles))]
        for money, section in sections for line in section.grid.lines
    ]  # fmt: skip
    return book.sheet(name, headings, rows, frozen=2)


def _title(column: Column) -> str:
    return f"{column.group}: {column.title.lower()}" if column.group else column.title


def _placed(line: Line, grid: Grid, titles: list[str]) -> list[Any]:
    """The values of a row under the titles of the whole sheet."""
    own = dict(zip(map(_title, grid.columns), _values(line, grid.columns), strict=True))
    return [own.get(title) for title in titles]


# native charts, of the first currency


def _stacked(book: Workbook, sheet: Worksheet, name: str, first: tuple[Money, Section]) -> None:
    money, section = first
    chart = book.book.add_chart({"type": "column", "subtype": "stacked"})
    places = {column.title: place for place, column in enumerate(section.grid.columns, 3)}
    for title, colour in COLOURS.items():
        _series(chart, name, places[title], len(section.grid.lines), {"fill": {"color": colour}, "gap": 40})
    _place(sheet, chart, f"MRR gained and lost each month, in {money.currency}", "#,##0", len(places))


def _lines(book: Workbook, sheet: Worksheet, name: str, first: tuple[Money, Section]) -> None:
    _, section = first
    chart = book.book.add_chart({"type": "line"})
    rates = [place for place, column in enumerate(section.grid.columns, 3) if column.kind == "rate" and column.tone]
    rates += [place for place, column in enumerate(section.grid.columns, 3) if column.title == "NRR"]
    for place, colour in zip(rates, LINES, strict=False):
        _series(chart, name, place, len(section.grid.lines), {"line": {"color": colour, "width": 2}})
    _place(sheet, chart, section.plot.says, "0%", len(section.grid.columns))


def _series(chart: Any, name: str, column: int, rows: int, look: dict[str, Any]) -> None:
    chart.add_series(
        {
            "name": [name, 0, column],
            "categories": [name, 1, 1, rows, 1],
            "values": [name, 1, column, rows, column],
            **look,
        }
    )


def _place(sheet: Worksheet, chart: Any, title: str, digits: str, columns: int) -> None:
    quiet = {"color": "#5f6b7a", "size": 9}
    chart.set_title({"name": title, "name_font": {"size": 11, "bold": True, "color": "#1c2430"}, "overlay": False})
    chart.set_legend({"position": "top", "font": quiet})
    chart.set_x_axis(
        {
            "num_font": quiet,
            "num_format": "mmm yy",
            "label_position": "low",
            "line": {"color": "#c5ccd5"},
            "text_axis": True,
        }
    )
    chart.set_y_axis(
        {
            "num_font": quiet,
            "num_format": digits,
            "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": "#e9ecf0"}},
        }
    )
    chart.set_size({"width": 760, "height": 340})
    sheet.insert_chart(1, columns + 4, chart, {"description": title})


# cohorts


def _triangle(book: Workbook, report: Report) -> None:
    triangle = report.triangle
    if triangle is None:
        return
    ages = [Heading(f"After {age}", "rate") for age in triangle.ages]
    headings = [Heading("Cohort", "month"), Heading("Accounts", "count"), *ages]
    rows: Rows = []
    for row in (*triangle.rows, triangle.pooled):
        shares = {cell.age: cell.rate for cell in row.cells if cell.complete}
        rows.append([row.month or row.label, row.accounts, *(shares.get(age) for age in triangle.ages)])
    sheet = book.sheet("Cohorts", headings, rows, frozen=2, bold=[len(rows) - 1])
    sheet.conditional_format(
        1, 2, len(rows) - 1, len(triangle.ages) + 1,
        {"type": "2_color_scale", "min_color": "#eef3fc", "max_color": "#8cb0ee"},
    )  # fmt: skip


def _looks(book: Workbook, report: Report) -> None:
    headings = [
        Heading("Cohort", "month"),
        Heading("Why"),
        Heading("Reason", wraps=True),
        Heading("Largest accounts", wraps=True),
    ]
    rows: Rows = [[look.cohort, look.heading, look.reason, look.accounts] for look in report.looks]
    if rows:
        book.sheet("Cohorts to look at", headings, rows)


def _tenure(book: Workbook, section: Section) -> None:
    columns = section.grid.columns
    headings = [Heading("Subscription month", "count"), *(Heading(column.title, column.kind) for column in columns)]
    rows: Rows = [[int(line.label.split()[0]), *_values(line, columns)] for line in section.grid.lines]
    book.sheet("When accounts leave", headings, rows)


# what is outside of the company, and what words mean


def _benchmarks(book: Workbook, report: Report) -> None:
    told = [Heading(title, wraps=True) for title in ("What it says", "Definition", "Source")]
    rows: Rows = [
        [entry.title, entry.published, Typed(entry.value, entry.kind), entry.said, entry.definition, entry.source]
        for entry in report.benchmarks
    ]
    if rows:
        book.sheet("Benchmarks", [Heading("Figure"), Heading("Published"), Heading("Own", "mixed"), *told], rows)


def _definitions(book: Workbook, report: Report) -> None:
    headings = [
        Heading("Number", "count"), Heading("Figure"), Heading("Definition", wraps=True),
        Heading("Formula", wraps=True), Heading("Metric"),
    ]  # fmt: skip
    rows: Rows = [[told.number, told.title, told.text, told.formula, told.metric] for told in report.definitions]
    book.sheet("Definitions", headings, rows)
