"""The parts of a report: from answers to a statement, a chart and a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from holdfast.charts import words
from holdfast.facts.days import add_months
from holdfast.report.ask import records
from holdfast.report.changes import Movers, changes
from holdfast.report.model import Cell, Column, Definition, Figure, Grid, Line, Money, Plot, Section
from holdfast.report.plots import compare

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult

Rows = list[dict[str, Any]]
Definitions = Mapping[str, Definition]
TOO_YOUNG = "needs revenue from 12 months before"
NO_START = "nobody to lose at the start"
FEW = 30
"""Below so many accounts at risk a peak may be chance."""


def money(
    currency: str,
    month: date,
    movements: MetricResult,
    churn: Mapping[str, MetricResult],
    movers: Mapping[str, Movers],
    definitions: Definitions,
) -> Money:
    """All that is in one currency: figures, what changed, movements, churn and retention."""
    alone = "currency" not in movements.arrow.column_names or len(movements.arrow["currency"].unique()) < 2
    rows = {name: records(result, currency) for name, result in {**churn, "mrr-movements": movements}.items()}
    return Money(
        currency,
        _figures(month, rows, definitions),
        changes(currency, month, rows["mrr-movements"], movers, definitions["mrr-movements"]),
        _movements(currency, month, movements, rows["mrr-movements"], definitions),
        _churn(currency, month, rows, churn["customer-churn"].query, definitions, alone=alone),
        _retention(currency, month, rows, churn["nrr"].query, definitions),
    )


def _at(rows: Rows, month: date) -> dict[str, Any]:
    return next((row for row in rows if row["period"] == month), {})


def _figures(month: date, rows: Mapping[str, Rows], definitions: Definitions) -> tuple[Figure, ...]:
    before = add_months(month, -1)
    label = words.period(before, "month")
    moved, people = _at(rows["mrr-movements"], month), _at(rows["customer-retention"], month)

    def rate(label_: str, metric: str, column: str, missing: str) -> Figure:
        now, then = (_at(rows[metric], when).get(column) for when in (month, before))
        return Figure(label_, now, "rate", definitions[metric], then, label, missing if now is None else "")

    counts = definitions["customer-retention"]
    return (
        Figure("MRR", moved.get("closing"), "money", definitions["mrr-movements"], moved.get("opening"), label),
        Figure("Customers", people.get("end_accounts"), "count", counts, people.get("start_accounts"), label),
        rate("Customer churn", "customer-churn", "rate", NO_START),
        rate("Revenue churn", "revenue-churn", "gross_rate", NO_START),
        rate("NRR, 12 months", "nrr", "rate", TOO_YOUNG),
        rate("GRR, 12 months", "grr", "rate", TOO_YOUNG),
    )


# what moved revenue

_MOVED = (
    ("opening", "Opening", "money", "", "Open"),
    ("new", "New", "moved", "gain", "New"),
    ("reactivation", "Reactivation", "moved", "gain", "Back"),
    ("expansion", "Expansion", "moved", "gain", "Expand"),
    ("contraction", "Contraction", "moved", "loss", "Shrink"),
    ("churn", "Churn", "moved", "loss", "Churn"),
    ("fx", "Exchange rates", "moved", "", "FX"),
    ("closing", "Closing", "money", "", "Close"),
)


def _movements(currency: str, month: date, result: MetricResult, rows: Rows, definitions: Definitions) -> Section:
    meanings = {column.name: column.meaning for column in result.metric.columns}
    shown = [part for part in _MOVED if part[0] != "fx" or any(row.get("fx") for row in rows)]
    columns = tuple(
        Column(title, kind, meanings.get(name, ""), tone, brief=brief)  # type: ignore[arg-type]
        for name, title, kind, tone, brief in shown
    )
    lines = tuple(_line(row, tuple(_moved(row, name, currency) for name, *_ in shown), result.query) for row in rows)
    return Section(
        "movements",
        "What moved MRR",
        _movement_statement(currency, month, rows),
        Grid("Month", columns, lines),
        Plot(
            result.metric,
            _only(result, currency),
            result.query,
            f"MRR gained and lost each month and the net, in {currency}",
        ),
        (definitions["mrr-movements"],),
    )


def _only(result: MetricResult, currency: str) -> Any:
    table = result.arrow
    if "currency" not in table.column_names:
        return table
    import pyarrow.compute as pc

    return table.filter(pc.equal(table["currency"], currency))


def _moved(row: dict[str, Any], name: str, currency: str) -> Cell:
    if name == "expansion" and row.get("cross_sell"):
        up, cross = (words.money(row.get(part), currency) for part in ("upsell", "cross_sell"))
        return Cell(row[name], f"up-sell {up}, cross-sell {cross}")
    people = {"new": "new_accounts", "churn": "churned_accounts", "contraction": "contracted_accounts"}.get(name)
    if people and row.get(people):
        return Cell(row[name], f"{words.count(row[people])} accounts")
    return Cell(row.get(name))


def _line(row: dict[str, Any], cells: tuple[Cell, ...], query: Any) -> Line:
    return Line(
        words.period(row["period"], "month"),
        cells,
        words.is_open(row["period"], "month", query.today),
        period=row["period"],
    )


def _movement_statement(currency: str, month: date, rows: Rows) -> str:
    """How far MRR went over all the months up to the one that is meant, and by what."""
    rows = [row for row in rows if row["period"] <= month]
    if not rows:
        return ""
    opening, closing = (words.short_money(value, currency) for value in (rows[0]["opening"], rows[-1]["closing"]))
    total = {name: sum(row[name] or 0 for row in rows) for name in ("new", "reactivation", "expansion")}
    lost = {name: sum(row[name] or 0 for row in rows) for name in ("churn", "contraction")}
    gains = zip(("new accounts", "accounts that came back", "expansion"), total.values(), strict=True)
    told = [
        _largest(dict(gains), currency, "Most of the gain came from"),
        _largest(lost, currency, "most of the loss from"),
    ]
    began = f"In {len(rows)} months MRR went from {opening} to {closing}."
    said = "; ".join(part for part in told if part)
    return f"{began} {said[:1].upper()}{said[1:]}." if said else began


def _largest(parts: dict[str, Any], currency: str, said: str) -> str:
    name = max(parts, key=lambda part: abs(parts[part] or 0))
    value = parts[name]
    return f"{said} {name} ({words.short_money(value, currency, signed=True)})" if value else ""


# churn of customers beside churn of revenue


def _churn(
    currency: str, month: date, rows: Mapping[str, Rows], query: Any, definitions: Definitions, *, alone: bool
) -> Section:
    people, revenue = rows["customer-churn"], {row["period"]: row for row in rows["revenue-churn"]}
    columns = (
        Column("At start", "count", "customers at the close of the day before", group="Customers", brief="at start"),
        Column("Lost", "count", "accounts that the policy counts as lost", group="Customers", brief="lost"),
        Column("Churn", "rate", definitions["customer-churn"].text, "loss", "Customers", "churn"),
        Column("At start", "money", "MRR of the customers at the start", group="Revenue", brief="at start"),
        Column("Lost", "money", "MRR lost by churn and contraction", group="Revenue", brief="lost"),
        Column("Gross churn", "rate", "lost / start", "loss", "Revenue", "gross"),
        Column(
            "Net churn",
            "rate",
            "(lost - gained) / start: below 0 where customers added more than was lost",
            "",
            "Revenue",
            "net",
        ),
    )
    lines = tuple(_line(row, _churn_cells(row, revenue.get(row["period"], {})), query) for row in people)
    plotted, table = compare(
        "churn",
        "Share of customers and of revenue lost each month",
        {
            "customers": people,
            "revenue": [{"period": r["period"], "rate": r["gross_rate"]} for r in rows["revenue-churn"]],
        },
    )
    return Section(
        "churn",
        "Churn of customers beside churn of revenue",
        _churn_statement(
            _at(people, month).get("rate"), _at(rows["revenue-churn"], month).get("gross_rate"), month, alone=alone
        ),
        Grid("Month", columns, lines),
        Plot(plotted, table, query, f"Share of customers and of revenue lost each month; amounts in {currency}"),
        (definitions["customer-churn"], definitions["revenue-churn"]),
    )


def _churn_cells(people: dict[str, Any], revenue: dict[str, Any]) -> tuple[Cell, ...]:
    named = [people.get(name) for name in ("start_accounts", "churned_accounts", "rate")]
    named += [revenue.get(name) for name in ("start_mrr", "lost", "gross_rate", "net_rate")]
    return tuple(Cell(value) for value in named)


def _churn_statement(customers: float | None, revenue: float | None, month: date, *, alone: bool) -> str:
    if customers is None or revenue is None:
        return ""
    left = f"{words.percent(customers)} of customers left in {words.period(month, 'month')}"
    size = f"{left}, and {words.percent(revenue)} of revenue was lost, downgrades included."
    if not alone:
        return f"{size} Customers are counted over all currencies."
    if revenue < customers * 0.9:
        return f"{size} Those who left paid less than most."
    return f"{size} The loss was among those who pay more than most." if revenue > customers * 1.1 else size


# net and gross revenue retention


def _retention(currency: str, month: date, rows: Mapping[str, Rows], query: Any, definitions: Definitions) -> Section:
    gross = {row["period"]: row for row in rows["grr"]}
    columns = (
        Column("12 months before", "money", "MRR of the customers then", brief="Year before"),
        Column("Kept, growth left out", "money", "each account counted at most at what it paid then", brief="Kept"),
        Column("GRR", "rate", definitions["grr"].text, "loss"),
        Column("Now, with growth", "money", "what the customers of then pay now", brief="With growth"),
        Column("NRR", "rate", definitions["nrr"].text),
    )
    lines = tuple(_line(row, _retained(row, gross.get(row["period"], {})), query) for row in rows["nrr"])
    plotted, table = compare(
        "retention", "Revenue kept from the customers of 12 months before", {"nrr": rows["nrr"], "grr": rows["grr"]}
    )
    return Section(
        "retention",
        "Revenue kept over 12 months",
        _retention_statement(_at(rows["nrr"], month).get("rate"), _at(rows["grr"], month).get("rate")),
        Grid("Month", columns, lines),
        Plot(plotted, table, query, f"Net and gross revenue retention over 12 months; amounts in {currency}"),
        (definitions["nrr"], definitions["grr"]),
    )


def _retained(net: dict[str, Any], gross: dict[str, Any]) -> tuple[Cell, ...]:
    values = (net["start_mrr"], gross.get("end_mrr"), gross.get("rate"), net["end_mrr"], net["rate"])
    return tuple(Cell(value) for value in values)


def _retention_statement(net: float | None, gross: float | None) -> str:
    if net is None or gross is None:
        return "There is no revenue of 12 months before to compare with."
    kept = f"Of the revenue of 12 months before, {words.percent(gross)} is still there"
    with_growth = f"{kept}; with the growth of those who stayed it is {words.percent(net)}"
    return f"{with_growth}, more than was lost." if net >= 1 else f"{with_growth}, less than was lost."


# churn by subscription month


def tenure(result: MetricResult, definition: Definition) -> Section | None:
    """Where in their life accounts leave; null where no month is over yet."""
    from holdfast.charts.hazard import peak_of

    rows = [row for row in records(result) if row["hazard"] is not None]
    peak = peak_of(rows)
    if peak is None:
        return None
    columns = (
        Column("At risk", "count", "customers that entered the month, where it is fully over"),
        Column("Left", "count", "those that left by its end"),
        Column("Share", "rate", definition.text, "loss"),
        Column("Lowest", "rate", "lower end of the 95% interval"),
        Column("Highest", "rate", "upper end of the 95% interval"),
    )
    names = ("at_risk", "churned", "hazard", "low", "high")
    lines = tuple(
        Line(f"{row['age']}" + (" (peak)" if row is peak else ""), tuple(Cell(row[name]) for name in names))
        for row in rows
    )
    plot = Plot(result.metric, result.arrow, result.query, "Share of accounts that leave in each subscription month")
    title = "When in their life accounts leave"
    return Section("tenure", title, _peak(peak), Grid("Month", columns, lines), plot, (definition,), _few(peak))


def _peak(peak: dict[str, Any]) -> str:
    rate, low, high = (words.percent(peak[name]) for name in ("hazard", "low", "high"))
    said = f"The largest share leaves in subscription month {peak['age']}: {rate} of those who reach it"
    return f"{said} (95% interval {low} to {high})."


def _few(peak: dict[str, Any]) -> tuple[str, ...]:
    if peak["at_risk"] >= FEW:
        return ()
    return (f"Only {words.count(peak['at_risk'])} accounts reached that month: the peak may be chance.",)


def shortened(section: Section, most: int) -> Section:
    """The section with the last `most` rows of its table."""
    return replace(section, grid=replace(section.grid, lines=section.grid.lines[-most:]))
