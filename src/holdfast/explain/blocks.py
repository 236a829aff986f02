"""What is told about a number, as a list of blocks: shown by a terminal, a notebook or a page in the same order."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PLAIN_WIDTH = 120
LEAST = 8
"""Characters that a column of text keeps in a narrow terminal."""
GAP, RULE = 2, 1
"""Columns of the terminal between two cells, and what the table itself adds to each."""


@dataclass(frozen=True)
class Heading:
    text: str
    level: Literal[1, 2] = 2


@dataclass(frozen=True)
class Text:
    text: str
    quiet: bool = False


@dataclass(frozen=True)
class Grid:
    """Rows in columns; `right` are the places of columns of numbers, `last_is_total` sets the last row apart."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    last_is_total: bool = False
    caption: str = ""


@dataclass(frozen=True)
class Code:
    text: str


Block = Heading | Text | Grid | Code


# terminal


def show(blocks: Sequence[Block], console: Console) -> None:
    """Print the blocks; whatever customers typed is printed as it is."""
    for block in blocks:
        for part in _rich(block, console.width):
            console.print(part, soft_wrap=isinstance(block, Code), markup=False, highlight=False)


def _rich(block: Block, width: int) -> Iterator[RenderableType]:
    from rich.text import Text as Styled

    if isinstance(block, Heading):
        yield Styled(block.text if block.level == 1 else f"\n{block.text}", style="bold")
    elif isinstance(block, Text):
        yield Styled(block.text, style="dim" if block.quiet else "")
    elif isinstance(block, Code):
        yield Styled(block.text)
    else:
        if block.caption:
            yield Styled(block.caption, style="dim")
        yield _rich_grid(block, width)


def _rich_grid(grid: Grid, width: int) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text as Styled

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, GAP, 0, 0), show_header=any(grid.columns))
    widths = column_widths(grid, width)
    for place, (title, wide) in enumerate(zip(grid.columns, widths, strict=True)):
        justify: Literal["left", "right"] = "right" if place in grid.right else "left"
        table.add_column(Styled(title), justify=justify, overflow="fold", width=wide)
    for number, row in enumerate(grid.rows):
        total = grid.last_is_total and number == len(grid.rows) - 1
        table.add_row(*map(Styled, row), style="bold" if total else "")
    return table


def column_widths(grid: Grid, width: int) -> list[int]:
    """How wide each column is: numbers whole, and text as wide as there is room for, the widest giving way first.

    >>> column_widths(Grid(("account", "why", "mrr"), (("Acme", "a long story " * 5, "1,000.00"),), frozenset({2})), 40)
    [7, 17, 8]
    """
    cells = [max([1, *(len(row[place]) for row in grid.rows)]) for place in range(len(grid.columns))]
    widths = [max(cell, len(title)) for cell, title in zip(cells, grid.columns, strict=True)]
    least = [
        max(cells[place], _longest_word(title)) if place in grid.right else min(LEAST, widths[place])
        for place, title in enumerate(grid.columns)
    ]
    while sum(widths) + (GAP + RULE) * len(widths) - 1 > width:
        shrinking = [place for place in range(len(widths)) if widths[place] > least[place]]
        if not shrinking:
            break
        # the titles of numbers break before texts do
        widths[max(shrinking, key=lambda place: (place in grid.right, widths[place]))] -= 1
    return widths


def _longest_word(text: str) -> int:
    return max(map(len, text.split()), default=1)


def as_text(blocks: Sequence[Block], width: int = PLAIN_WIDTH) -> str:
    """The blocks as plain text.

    >>> print(as_text([Heading("MRR", 1), Text("What all subscriptions are worth a month.")]))
    MRR
    What all subscriptions are worth a month.
    """
    from rich.console import Console

    buffer = io.StringIO()
    show(blocks, Console(file=buffer, width=width, color_system=None))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())


# HTML


def as_html(blocks: Sequence[Block]) -> str:
    """The blocks as HTML for a notebook or a page; everything is escaped.

    >>> as_html([Text("<b>")])
    '<p>&lt;b&gt;</p>'
    """
    return "\n".join(_html(block) for block in blocks)


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level + 2}>{escape(block.text)}</h{block.level + 2}>"
    if isinstance(block, Text):
        body = escape(block.text)
        return f"<p><small>{body}</small></p>" if block.quiet else f"<p>{body}</p>"
    if isinstance(block, Code):
        return f"<details><summary>SQL</summary><pre>{escape(block.text)}</pre></details>"
    return _html_grid(block)


def _html_grid(grid: Grid) -> str:
    align = [
        ' style="text-align:right"' if place in grid.right else ' style="text-align:left"'
        for place in range(len(grid.columns))
    ]
    head = "".join(f"<th{how}>{escape(title)}</th>" for how, title in zip(align, grid.columns, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{how}>{escape(cell)}</td>" for how, cell in zip(align, row, strict=True)) + "</tr>"
        for row in grid.rows
    )
    caption = f"<caption>{escape(grid.caption)}</caption>" if grid.caption else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
