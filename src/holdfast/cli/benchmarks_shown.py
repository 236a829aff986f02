"""Benchmarks in a terminal: lines up at 80 columns, and says in words what a colour would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from holdfast.benchmarks import Comparison, words
from holdfast.benchmarks.matching import between

WIDE = 110
"""From this width on, the source has a column of its own."""
ROOM = 18
"""Characters that a figure may take beside its title."""
ELSE = ", and it is for "
"""Divides what the company is from what a figure is for, in a reason."""


def show(found: list[Comparison], *, everything: bool) -> None:
    """Print the comparisons; with `everything`, each figure with all that is known of it."""
    console = Console(highlight=False)
    for block in _blocks(found, console.width, everything=everything):
        console.print(block)


def _blocks(found: list[Comparison], width: int, *, everything: bool) -> Iterator[RenderableType]:
    if not found:
        yield Text("No published figure is about this metric. A benchmarks.toml in the data folder can hold your own.")
        return
    if everything:
        yield from map(_whole, found)
        return
    reasons = {comparison.reason for comparison in found}
    if len(found) > 1 and len(reasons) == 1 and "" not in reasons:
        yield Text(f"Published figures only: {reasons.pop()}.", style="yellow")
        yield from _published(found)
    else:
        yield from _compared([comparison for comparison in found if not comparison.reason], width)
        yield from _not_compared(found)
    yield Text("--all shows each figure with its definition, source and how it is misread.", style="dim")


# beside the company's own


def _compared(compared: list[Comparison], width: int) -> Iterator[RenderableType]:
    if not compared:
        return
    yield Text("Published figures beside your own", style="bold")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("figure", ratio=1, overflow="fold")
    for name in ("published", "yours"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("yours is", no_wrap=width >= WIDE)
    if width >= WIDE:
        table.add_column("source", width=40, overflow="fold")
    for place, one in enumerate(compared):
        if place:
            table.add_row()
        table.add_row(*_row(one, width))
    yield table
    yield from (Text(f"{one.benchmark.title}, {note}", style="dim") for one in compared for note in one.notes)
    yield Text()


def _row(one: Comparison, width: int) -> list[RenderableType]:
    mark, value = one.benchmark, one.own_value or 0.0
    better = f"{mark.better} is better" if mark.better else ""
    cells: list[RenderableType] = [
        _lines(mark.title, _marked(one, mark.segment.text)),
        _lines(words.published(mark), mark.label),
        _lines(words.number(value, mark.unit), one.period.removeprefix("the ").replace(" to ", " to\n")),
        _lines(between(mark, value), better),
    ]
    return [*cells, _lines(words.source(mark), f"yours by policy {one.policy}")] if width >= WIDE else cells


def _lines(first: str, second: str) -> Text:
    """Two lines of a cell, the second one dim; text as it is, never as markup."""
    return Text.assemble(first, *([("\n" + second, "dim")] if second else []))


def _marked(one: Comparison, said: str) -> str:
    """With a mark for a user's own entry."""
    return "; ".join(part for part in ("own entry" if one.benchmark.own else "", said) if part)


# and the rest


def _not_compared(found: list[Comparison]) -> Iterator[RenderableType]:
    """Figures that stand alone, under the reason that they share; a series with one that is compared is left out."""
    reasons: dict[str, list[list[Comparison]]] = {}
    for series in _series(found):
        if all(one.reason for one in series):
            reasons.setdefault(shared_reason([one.reason for one in series]), []).append(series)
    if reasons:
        yield Text("Not compared, and why", style="bold")
    for reason, several in reasons.items():
        yield Text(reason[:1].upper() + reason[1:])
        grid = _grid()
        for series in several:
            several_of = f"for {len(series)} segments" if len(series) > 1 else ""
            kind = Text(series[0].benchmark.label, style="dim")
            grid.add_row(_lines(series[0].benchmark.title, _marked(series[0], several_of)), _from_to(series), kind)
        yield Padding(grid, (0, 0, 1, 2))


def _series(found: Iterable[Comparison]) -> list[list[Comparison]]:
    """The same figure for several segments, together."""
    series: dict[tuple[str, bool], list[Comparison]] = {}
    for one in found:
        series.setdefault((one.benchmark.title, one.benchmark.own), []).append(one)
    return list(series.values())


def shared_reason(reasons: list[str]) -> str:
    """One reason for the figures of a series.

    >>> shared_reason(["your ARPA is 83 USD, and it is for under 25 USD", "your ARPA is 83 USD, and it is for 500 USD"])
    'your ARPA is 83 USD, and it is for under 25 USD or 500 USD'
    """
    parted = [reason.partition(ELSE) for reason in reasons]
    if all(ends and ";" not in ends for _, _, ends in parted) and len({own for own, _, _ in parted}) == 1:
        return parted[0][0] + ELSE + words.listed(list(dict.fromkeys(ends for _, _, ends in parted)), "or")
    return reasons[0]


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=40)
    grid.add_column(justify="right", no_wrap=True, min_width=14)
    grid.add_column(min_width=16)
    return grid


def _from_to(series: list[Comparison]) -> str:
    """The figures of a series from its first segment to its last, where there is room for both."""
    first, last = (words.published(one.benchmark) for one in (series[0], series[-1]))
    if first == last:
        return first
    both = f"{first} … {last}"
    return both if len(both) <= ROOM else f"{first} …"


def _published(found: list[Comparison]) -> Iterator[RenderableType]:
    """Figures by segment, without a company to set them beside."""
    for series in _series(found):
        mark = series[0].benchmark
        yield Text.assemble(("\n" + mark.title, "bold"), (f"  period: {mark.period}", "dim"))
        grid = _grid()
        for one in series:
            told = one.benchmark
            grid.add_row(told.segment.text, words.published(told), Text(told.label, style="dim"))
        yield Padding(grid, (0, 0, 0, 2))
        sources = dict.fromkeys(words.source(one.benchmark) for one in series)
        yield from (Padding(Text(source, style="dim"), (0, 0, 0, 2)) for source in sources)
    yield Text()


def _whole(one: Comparison) -> RenderableType:
    """Everything that is known of a figure."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, said in _facts(one):
        if said:
            table.add_row(name, Text(said))
    return Group(
        Text.assemble((one.benchmark.title, "bold"), (_marked(one, "") and "  own entry", "dim")),
        Padding(table, (0, 0, 1, 2)),
    )


def _facts(one: Comparison) -> list[tuple[str, str]]:
    mark = one.benchmark
    better = f", {mark.better} is better" if mark.better else ""
    rules = f" (by the rules of {mark.policy})" if mark.policy else ""
    return [
        ("published", f"{words.published(mark)}, {words.label(mark)}{better}"),
        ("yours", "" if one.reason else one.sentence.removeprefix(f"{mark.title}: ").partition(" (")[0]),
        ("rests on", "" if one.reason else "; ".join((f"policy {one.policy}", *one.notes))),
        ("not compared", one.reason),
        ("metric", mark.metric or "none like it"),
        ("definition", mark.definition + rules),
        ("period", mark.period),
        ("segment", mark.segment.text),
        ("source", words.source(mark)),
        ("address", mark.source.url),
        ("note", mark.note),
        ("beware", mark.trap),
        ("id", mark.id),
    ]
