"""Every kind of chart and every registered metric builds, round-trips and renders; names in the data stay text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import altair as alt
import pyarrow as pa
import pytest

from holdfast.charts import Canvas, build, save
from holdfast.charts.examples import EXAMPLES, ExampleQuery, example, months
from holdfast.charts.save import svg
from holdfast.charts.theme import DARK, LIGHT, recolouring
from holdfast.errors import InputError, UnknownName

HOSTILE = """<img src=x onerror=alert(1)>"]'</script><script>alert(2)</script>${datum} \u2028"""


def rendered(chart: Any) -> str:
    with alt.data_transformers.enable("default", consolidate_datasets=False):
        spec = chart.to_dict()
        assert alt.Chart.from_dict(spec).to_dict() == spec
    drawn = svg(chart)
    assert drawn.startswith("<svg")
    return drawn


def _data(spec: dict[str, Any], layer: int) -> list[dict[str, Any]]:
    return spec["datasets"][spec["layer"][layer]["data"]["name"]]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("kind", EXAMPLES)
def test_each_kind_builds_and_renders(kind: str, mode: Any) -> None:
    metric, table, query = example(kind)
    assert metric.title in rendered(build(metric, table, query, Canvas(mode=mode)))


@pytest.mark.parametrize("kind", EXAMPLES)
def test_an_empty_table_says_so(kind: str) -> None:
    metric, table, query = example(kind)
    assert "Nothing to show" in rendered(build(metric, table.slice(0, 0), query))


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_column_without_values_says_so(kind: str) -> None:
    metric, table, query = example(kind)
    for name in (*metric.chart.y, "rate", "hazard"):
        if name in table.column_names:
            place = table.column_names.index(name)
            table = table.set_column(place, name, pa.nulls(table.num_rows, table.schema.field(name).type))
    assert "Nothing to show" in rendered(build(metric, table, query))


LONG = {"movements", "heatmap"}


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.slow if kind in LONG else ()) for kind in EXAMPLES]
)
def test_split_by_a_dimension_with_a_hostile_name_and_values(kind: str) -> None:
    metric, table, query = example(kind)
    name = "pl[an].x'\""
    table = pa.Table.from_pylist(
        [row | {name: group} for row in table.to_pylist() for group in (HOSTILE, None, "Gold")]
    )
    drawn = rendered(build(metric, table, replace(query, by=(name,))))
    assert "<img" not in drawn and "<script" not in drawn
    assert "Gold" in drawn and "(unknown)" in drawn


@pytest.mark.parametrize("kind", ["line", "bars", pytest.param("movements", marks=pytest.mark.slow)])
def test_more_groups_than_a_reader_can_follow_become_a_note(kind: str) -> None:
    metric, table, query = example(kind)
    table = pa.Table.from_pylist([row | {"plan": f"Plan {n}"} for row in table.to_pylist() for n in range(14)])
    assert "of 14; the" in rendered(build(metric, table, replace(query, by=("plan",))))


def test_many_cohorts_become_years_and_add_up() -> None:
    metric, table, query = example("stacked-area")
    spec = build(metric, table, query).to_dict()
    drawn = _data(spec, 0)
    assert {row["group"] for row in drawn} == {"Since 2023", "Since 2024", "Since 2025", "Since 2026"}
    assert sum(row["value"] for row in drawn) == pytest.approx(float(sum(table["mrr"].to_pylist())))


def test_each_currency_has_its_own_chart() -> None:
    metric, table, query = example("line")
    table = pa.Table.from_pylist([row | {"currency": code} for row in table.to_pylist() for code in ("EUR", "USD")])
    spec = build(metric, table, query).to_dict()
    assert [panel["title"]["subtitle"][0].split(",")[0] for panel in spec["vconcat"]] == ["EUR", "USD"]


def test_the_open_period_is_marked_by_more_than_colour() -> None:
    metric, table, query = example("line")
    assert "so far" in rendered(build(metric, table, query))
    assert "so far" not in rendered(build(metric, table, replace(query, today=date(2026, 11, 30))))


def test_incomplete_cells_are_dashed() -> None:
    metric, table, query = example("heatmap")
    assert "Dashed cells are not complete" in rendered(build(metric, table, query))


def test_the_peak_is_named() -> None:
    metric, table, query = example("hazard")
    assert "peak: month 3, 7.2%" in rendered(build(metric, table, query))


def test_net_of_the_movements_is_their_sum() -> None:
    metric, table, query = example("movements")
    spec = build(metric, table, query).to_dict()
    first, net = table.to_pylist()[0], _data(spec, 3)[0]["value"]
    assert net == pytest.approx(float(sum(first[name] for name in metric.chart.y)))


@pytest.mark.parametrize("suffix", [".svg", ".png", ".html"])
def test_files(tmp_path: Path, suffix: str) -> None:
    path = save(build(*example("line")), tmp_path / f"chart{suffix}")
    assert path.stat().st_size > 2_000


def test_html_page_loads_and_runs_nothing_else(tmp_path: Path) -> None:
    metric, table, query = example("line")
    table = pa.Table.from_pylist([row | {"plan": HOSTILE} for row in table.to_pylist()])
    page = save(build(metric, table, replace(query, by=("plan",))), tmp_path / "chart.html").read_text("utf-8")
    assert "default-src 'none'" in page and "unsafe-eval" not in page.split("<style>")[0]
    assert "<img src=x" not in page
    data = page.split('id="chart-data">')[1].split("</script>")[0]
    assert json.loads(data)["spec"]["title"]["text"] == metric.title


def test_unknown_endings_and_kinds_are_refused_with_the_list(tmp_path: Path) -> None:
    chart = build(*example("line"))
    with pytest.raises(InputError, match=r"\.svg, \.png, \.html"):
        save(chart, tmp_path / "chart.gif")
    metric, table, query = example("line")
    with pytest.raises(UnknownName, match="heatmap"):
        build(replace(metric, chart=replace(metric.chart, kind="pie")), table, query)


def test_the_two_palettes_can_be_exchanged() -> None:
    colours = recolouring()
    assert len(colours) == len(
        [c for value in vars(LIGHT).values() for c in ([value] if isinstance(value, str) else value)]
    )
    assert colours[LIGHT.ink] == DARK.ink


def _made_up(metric: Any) -> tuple[pa.Table, ExampleQuery]:
    """A table with the metric's declared columns and invented values."""
    columns = {column.name: column.kind for column in metric.columns}
    rows = [
        {name: _value(kind, name, n, m, month) for name, kind in columns.items()}
        for n, month in enumerate(months(6))
        for m in range(2)
    ]
    return pa.Table.from_pylist(rows), ExampleQuery(grain=metric.grain)


def _value(kind: str, name: str, n: int, m: int, month: date) -> Any:
    if kind in ("period", "day"):
        return month
    if kind == "cohort":
        return months()[m]
    return {
        "currency": "USD",
        "money": 1000.0 + 10 * n,
        "count": n + 1 if name == "age" else 10 + n,
        "rate": 0.9 - 0.01 * n,
        "number": 1.5,
        "flag": n % 2 == 0,
        "label": f"group {m}",
        "dimension": f"group {m}",
    }[kind]


def _metric_names() -> list[str]:
    from holdfast.metrics import catalog

    return sorted(catalog.load())


def _some_first() -> list[Any]:
    """`make test` draws each kind of chart once; the other metrics are drawn with the slow tests."""
    from holdfast.metrics import catalog

    metrics: dict[str, Any] = catalog.load()
    kinds: set[str] = set()
    found = []
    for name in _metric_names():
        first = metrics[name].chart.kind not in kinds
        kinds.add(metrics[name].chart.kind)
        found.append(pytest.param(name, marks=() if first else (pytest.mark.slow,)))
    return found


@pytest.mark.parametrize("name", _some_first())
def test_every_metric_is_drawn(name: str) -> None:
    from holdfast.metrics.registry import METRICS

    metric = METRICS[name]
    table, query = _made_up(metric)
    drawn = rendered(build(metric, table, query))
    assert "Nothing to show" not in drawn


def test_a_line_of_the_open_period_alone_has_no_layer_without_values() -> None:
    metric, table, query = example("line")
    drawn = build(metric, table.slice(table.num_rows - 1), query).to_dict()
    assert "!datum.open" not in json.dumps(drawn)
    assert "datum.open || datum.joint" in json.dumps(drawn)
    assert "<svg" in rendered(build(metric, table.slice(table.num_rows - 1), query))


@pytest.mark.parametrize("kind", ["line", "bars"])
def test_zeros_lie_at_the_foot(kind: str) -> None:
    metric, table, query = example(kind)
    for name in metric.chart.y:
        place, field = table.column_names.index(name), table.schema.field(name)
        table = table.set_column(place, field, pa.array([0] * table.num_rows, field.type))
    drawn = json.dumps(build(metric, table, query).to_dict())
    assert re.search(r'"domain": \[0, (0\.1|10)\]', drawn)
    assert "<svg" in rendered(build(metric, table, query))
