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
LEAST_FIRST, LEAST = 20, 8
"""Characters that the first column, and every other one, keeps in a narrow terminal."""


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

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_header=any(grid.columns))
    for place, title in enumerate(grid.columns):
        right = place in grid.right
        longest = max((len(row[place]) for row in grid.rows), default=0)
        whole = max(longest, max(map(len, title.split()), default=0) if right else len(title))
        least = whole if right else min(LEAST_FIRST if place == 0 else LEAST, whole)
        table.add_column(Styled(title), justify="right" if right else "left", overflow="fold", min_width=least)
    for number, row in enumerate(grid.rows):
        total = grid.last_is_total and number == len(grid.rows) - 1
        table.add_row(*map(Styled, row), style="bold" if total else "")
    return table


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
