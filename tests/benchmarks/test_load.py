"""The published figures are complete, and a user's own file is checked with errors that help."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from holdfast.benchmarks import OWN_FILE, Benchmark, load, words
from holdfast.errors import InputError
from holdfast.metrics import catalog
from holdfast.metrics.policy import PRESETS

PUBLISHED = load()
OWN = """
[[benchmark]]
id = "own-nrr"
title = "Our investors' companies"
metric = "nrr"
definition = "MRR now of the customers of a year ago / their MRR then"
period = "trailing-12-months"
unit = "rate"
values = { p25 = 0.95, median = 1.04, p75 = 1.12 }
label = "quartiles"
segment = { text = "B2B SaaS" }
source = { title = "Review", publisher = "Our investors", year = 2025 }
primary = true
"""
WANTED = {
    "bessemer-annual-customer-churn": "5 – 7 %",
    "kbcm-grr": "82 / 91 / 95 %",
    "chartmogul-nrr-arr-under-300k": "95 %",
    "chartmogul-nrr-arr-15m-30m": "110 %",
    "chartmogul-customer-churn-arpa-under-25": "6.1 %",
    "chartmogul-customer-churn-arpa-over-500": "2.2 %",
    "smb-monthly-customer-churn": "3 – 7 %",
    "trial-conversion-no-card": "15 – 25 %",
    "trial-conversion-card": "40 – 60 %",
    "profitwell-churn-under-3-years": "4 – 24 %",
    "profitwell-churn-over-10-years": "2 – 4 %",
    "mixpanel-8-week-retention-saas": "35 % and over",
    "mixpanel-8-week-retention-media-finance": "25 % and over",
    "reichheld-profit": "25 – 95 %",
    "hbr-acquisition-cost": "5 – 25 times",
    "invesp-focus-acquisition": "44 %",
    "invesp-focus-retention": "18 %",
}
UNLIKE = {
    "mixpanel-8-week-retention-saas": "usage retention",
    "profitwell-churn-under-3-years": "not known",
    "reichheld-profit": "profit",
    "bessemer-cac-payback": "ARPA of all",
}


def named(name: str) -> Benchmark:
    return next(benchmark for benchmark in PUBLISHED if benchmark.id == name)


@pytest.mark.parametrize("benchmark", PUBLISHED, ids=lambda benchmark: benchmark.id)
def test_each_figure_says_what_it_is(benchmark: Benchmark) -> None:
    told = (benchmark.definition, benchmark.period, benchmark.segment.text, benchmark.label, benchmark.trap)
    assert all(text.strip() for text in told)
    assert benchmark.source.title
    assert benchmark.source.publisher
    assert benchmark.metric is None or benchmark.metric in catalog.load()
    assert benchmark.policy is None or benchmark.policy in PRESETS
    assert benchmark.better or benchmark.why_not


@pytest.mark.parametrize("benchmark", PUBLISHED, ids=lambda benchmark: benchmark.id)
def test_a_missing_primary_source_is_said(benchmark: Benchmark) -> None:
    if not benchmark.primary:
        assert "primary source not found" in words.source(benchmark)
        assert any(word in benchmark.note for word in ("rimary source", "not seen", "seen only in quotations"))


@pytest.mark.parametrize(("name", "figure"), WANTED.items(), ids=WANTED)
def test_the_figures_worth_carrying_are_there(name: str, figure: str) -> None:
    assert words.published(named(name)) == figure


@pytest.mark.parametrize(("name", "why"), UNLIKE.items(), ids=UNLIKE)
def test_what_is_unlike_says_so(name: str, why: str) -> None:
    assert why in named(name).why_not


def test_own_entries_come_last_and_are_marked(tmp_path: Path) -> None:
    (tmp_path / OWN_FILE).write_text(OWN, encoding="utf-8")
    found = load(tmp_path)
    assert [benchmark.own for benchmark in found] == [False] * len(PUBLISHED) + [True]
    assert found[-1].id == "own-nrr"
    assert load(tmp_path / "nowhere") == PUBLISHED


def test_the_entry_that_the_documentation_shows_can_be_used(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "benchmarks-published.md"
    (shown,) = re.findall(r"```toml\n(\[\[benchmark\]\]\n.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / OWN_FILE).write_text(shown, encoding="utf-8")
    assert load(tmp_path)[-1].segment.arr is not None


ERRORS = {
    "not TOML": ("[[benchmark", ["not valid TOML"]),
    "another table": ("[benchmarks]\na = 1", ["benchmarks is not expected", "[[benchmark]]"]),
    "one table": ("[benchmark]\nid = 'a'", ["[[benchmark]]"]),
    "unknown key": (OWN + 'vlaues = "x"', ["entry 1 (own-nrr)", "unknown key 'vlaues'", "values"]),
    "unknown key inside": (OWN.replace("text =", 'size = "x", text ='), ["'segment.size'", "arpa", "company_age"]),
    "missing": (OWN.replace('title = "Our', 'note = "Our'), ["entry 1 (own-nrr)", "title is missing"]),
    "unknown metric": (OWN.replace('"nrr"', '"nnrr"'), ["unknown metric 'nnrr'", "did you mean 'nrr'"]),
    "unknown unit": (OWN.replace('"rate"', '"percent"'), ["unit", "'rate'"]),
    "unknown switch": (OWN + "switches = { nr = 'snapshot' }", ["unknown policy switch 'nr'"]),
    "unknown switch value": (OWN + "switches = { nrr = 'all' }", ["nrr='all'", "snapshot"]),
    "order": (OWN.replace("p25 = 0.95", "p25 = 1.95"), ["values", "must rise"]),
    "two shapes": (OWN.replace("p25 = 0.95", "value = 1.95"), ["values", "low and high"]),
    "not a number": (OWN.replace("1.04", '"104 %"'), ["values.median", "number"]),
    "empty band": (OWN.replace("{ text", "{ arr = {}, text"), ["segment.arr", "low, high or both"]),
    "period": (
        OWN.replace("trailing-12-months", "twelve months"),
        ["'twelve months'", "trailing-12-months", "why_not"],
    ),
    "no window": (OWN.replace('"nrr"', '"customer-churn"'), ["customer-churn looks back over no window"]),
    "no column": (OWN.replace('"nrr"', '"revenue-churn"'), ["no column 'rate'", "gross_rate"]),
    "half a ratio": (OWN + "figure = { over = ['start_mrr'] }", ["over and under go together"]),
    "no metric": (OWN.replace('metric = "nrr"', ""), ["without a metric, why_not"]),
    "twice": (OWN * 2, ["two entries have the id 'own-nrr'"]),
    "taken": (OWN.replace("own-nrr", "kbcm-grr"), ["'kbcm-grr' is taken"]),
    "address": (OWN.replace("year = 2025", "url = 'file:///x'"), ["source.url"]),
}


@pytest.mark.parametrize(("text", "said"), ERRORS.values(), ids=ERRORS)
def test_an_own_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: list[str]) -> None:
    (tmp_path / OWN_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    for part in (OWN_FILE, *said):
        assert part in str(caught.value)
