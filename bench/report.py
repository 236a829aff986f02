"""The measurements as a table: on the terminal and in docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured by make bench: begin -->", "<!-- end -->"


@dataclass(frozen=True)
class Cost:
    """Seconds and peak memory of one task."""

    seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Line:
    """One metric on one company, both ways."""

    metric: str
    accounts: int
    cells: int
    holdfast: Cost
    sql: Cost

    @property
    def ratio(self) -> float:
        return self.sql.seconds / self.holdfast.seconds


@dataclass(frozen=True)
class Size:
    """One company, and what bringing its roll-ups up to date cost."""

    accounts: int
    spans: int
    refresh: Cost


def table(lines: list[Line]) -> str:
    """A Markdown table of the measurements."""
    head = "| metric | accounts | cells, all equal | Holdfast | plain SQL | ratio | Holdfast, peak | plain SQL, peak |"
    rows = [head, "|---|--:|--:|--:|--:|--:|--:|--:|"]
    return "\n".join([*rows, *map(_row, lines)])


def _row(line: Line) -> str:
    cells = [f"`{line.metric}`", f"{line.accounts:,}", f"{line.cells:,}"]
    cells += [f"{line.holdfast.seconds:.2f} s", f"{line.sql.seconds:.2f} s", f"{line.ratio:.1f}"]
    cells += [f"{line.holdfast.peak_mb:,.0f} MB", f"{line.sql.peak_mb:,.0f} MB"]
    return f"| {' | '.join(cells)} |"


def sizes_table(sizes: list[Size]) -> str:
    rows = ["| accounts | subscription spans | roll-ups made anew | peak |", "|--:|--:|--:|--:|"]
    rows += [
        f"| {size.accounts:,} | {size.spans:,} | {size.refresh.seconds:.1f} s | {size.refresh.peak_mb:,.0f} MB |"
        for size in sizes
    ]
    return "\n".join(rows)


def scaling(lines: list[Line]) -> str:
    """How much longer the largest company takes than the smallest, for each metric."""
    by_metric: dict[str, list[Line]] = {}
    for line in lines:
        by_metric.setdefault(line.metric, []).append(line)
    parts = []
    for metric, found in by_metric.items():
        small, large = min(found, key=lambda line: line.accounts), max(found, key=lambda line: line.accounts)
        if small is not large:
            accounts, seconds = large.accounts / small.accounts, large.holdfast.seconds / small.holdfast.seconds
            parts.append(f"`{metric}`: {seconds:.1f} times the time for {accounts:.0f} times the accounts")
    return "; ".join(parts)


def machine() -> str:
    """Processor, cores, memory and versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "ibis-framework", "pyarrow", "deltalake"))
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB; {platform.system()}, "
        f"Python {platform.python_version()}, {libraries}; {datetime.now(UTC):%Y-%m-%d}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write_page(lines: list[Line], sizes: list[Size], page: Path = PAGE) -> None:
    """Put the measurements into the page, between its two marks."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    parts = [BEGIN, f"Machine: {machine()}.", table(lines), scaling(lines), sizes_table(sizes), END]
    page.write_text(before + "\n\n".join(part for part in parts if part) + after, encoding="utf-8")
