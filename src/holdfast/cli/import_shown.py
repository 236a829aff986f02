"""What the import of a folder of tables shows: which tables were read as what, and which are not there."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.sources.warehouse import FolderReport

WIDTH = 100


def show_tables(out: Console, report: FolderReport) -> None:
    """The tables with their rows, then what was ignored and what is missing."""
    name = max(len("table"), *(len(use.name) for use in report.tables))
    rows = max(len("rows"), *(len(f"{use.rows:,}") for use in report.tables))
    out.print(f"  {'table':<{name}}  {'rows':>{rows}}  read as", style="bold", markup=False)
    for use in report.tables:
        out.print(f"  {use.name:<{name}}  {use.rows:>{rows},}  {use.read_as}", markup=False, soft_wrap=True)
        for reason, count in use.left_out.items():
            line = f"  {'':<{name}}  {count:>{rows},}  left out: {reason}"
            out.print(line, style="dim", markup=False, soft_wrap=True)
    for what, gone in report.missing.items():
        out.print(f"  not there: {what}, so {gone}", markup=False, soft_wrap=True)
    if report.ignored:
        _show_ignored(out, report.ignored)


def _show_ignored(out: Console, names: list[str]) -> None:
    text = f"  not used: {', '.join(names)}"
    width = min(out.width, WIDTH)
    lines = fill(text, width, subsequent_indent=" " * 12, break_long_words=False, break_on_hyphens=False)
    out.print(lines, style="dim", markup=False, soft_wrap=True)
