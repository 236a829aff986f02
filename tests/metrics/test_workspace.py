"""Questions that cannot be asked, settings, evidence, and names that try to be code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import holdfast
from holdfast.errors import HoldfastError, InputError, LakeError, MissingRate, UnknownName
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files
from holdfast.workspace import Workspace

TERMS = (
    "subscription_id,account_id,valid_from,valid_to,unit_amount,currency,status,plan_id\n"
    "s1,a1,2024-01-05,,10,USD,active,gold\n"
    "s2,a2,2024-02-05,2024-03-10,20,USD,active,gold\n"
    "s3,a3,2024-01-05,,5,EUR,active,\n"
    "s4,a3,2024-01-05,,7,EUR,trialing,\n"
    "s5,a1,2024-01-05,,0,USD,active,\n"
    "s6,a2,2024-04-01,2024-04-01,9,USD,active,gold\n"
    "s7,a2,2099-01-01,,9,USD,active,gold\n"
)
HOSTILE = {
    'a"b': "' OR '1'='1",
    "'; DROP TABLE accounts; --": "{{7*7}}",
    "{{7*7}}": "$.*",
    "../../etc/passwd": "<script>alert(1)</script>",
    "a.b": "__proto__",
    "ü" * 100: "é" * 100,
    "read_text": "read_text('/etc/passwd')",
}


def store(folder: Path, kind: str, text: str, settings: Settings | None = None) -> Path:
    path = folder.parent / f"{kind}.csv"
    path.write_text(text, encoding="utf-8")
    report = import_files(Lake(folder / "lake"), settings or Settings(), kind, [path])
    assert not report.rejected, report.rejects
    return folder


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company") / "data"
    store(folder, "subscriptions", TERMS)
    names = ["account_id", "country", *HOSTILE]
    values = [["a1", "DE", *HOSTILE.values()], ["a2", "FR", *(["other"] * len(HOSTILE))]]
    return store(folder, "accounts", "".join(",".join(map(quoted, line)) + "\n" for line in [names, *values]))


@pytest.fixture(scope="module")
def workspace(folder: Path) -> Iterator[Workspace]:
    with holdfast.open(folder) as workspace:
        yield workspace


RANGE = {"start": "2024-01-01", "end": "2024-04-30"}


@pytest.mark.parametrize(
    ("metric", "asked", "error", "message"),
    [
        ("mmr", {}, UnknownName, r"unknown metric 'mmr'; there are: mrr, .*\n.*did you mean 'mrr'"),
        ("mrr", {"grain": "fortnight"}, InputError, "fortnight.*day, week, month, quarter, year"),
        ("cohort-retention", {"grain": "year", "start": "soon"}, InputError, "'soon' is not a date; write it as 2026"),
        ("mrr", {"start": "2024-02-30"}, InputError, "--from '2024-02-30' is not a date"),
        ("mrr", {"end": "tomorrow"}, InputError, "--to 'tomorrow' is not a date"),
        ("mrr", {"start": "2024-05-01"}, InputError, "ends .2024-04-30. before it begins .2024-05-01"),
        ("mrr", {"as_of": "yesterday"}, InputError, "--as-of 'yesterday' is neither a date nor an instant"),
        ("mrr", {"by": "contry"}, UnknownName, "unknown dimension 'contry'; there are(.|\n)*did you mean 'country'"),
        ("mrr", {"by": ["country", "country"]}, InputError, "--by names a dimension twice"),
        ("mrr", {"by": ["country", "account.country"]}, InputError, "twice"),
        ("cac", {"by": "country"}, InputError, "country.*currency"),
        ("mrr", {"where": "country"}, InputError, "cannot use the condition 'country'"),
        ("mrr", {"where": "country = "}, InputError, "cannot use the condition"),
        ("mrr", {"where": "nowhere = 'x'"}, UnknownName, "unknown dimension 'nowhere'"),
        ("mrr", {"where": "cohort = 'spring'"}, InputError, "not a cohort: 'spring'"),
        ("mrr", {"currency": "dollars"}, InputError, "--currency 'dollars' is not a currency"),
        ("mrr", {"currency": "EUR"}, MissingRate, "no exchange rate from USD to EUR for 2024(.|\n)*import fx-rates"),
        ("mrr", {"policy": "strip"}, UnknownName, "unknown policy 'strip'.*stripe"),
        ("mrr", {"set": {"paused": "maybe"}}, InputError, "paused='maybe' is not allowed; it takes zero, count"),
        ("mrr", {"set": {"pause": "zero"}}, UnknownName, "unknown policy switch 'pause'(.|\n)*paused"),
        ("mrr", {"window": 3}, InputError, "mrr takes no option 'window'"),
        ("nrr", {"window": 0}, InputError, "window=0 is not allowed; it takes a whole number from 1 to 600"),
        ("nrr", {"window": 601}, InputError, "window=601"),
        ("mrr", {"grain": "day", "start": "1999-01-01"}, InputError, r"days from .* are more than 5,000(.|\n)*coarser"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked(
    workspace: Workspace, metric: str, asked: dict[str, Any], error: type[HoldfastError], message: str
) -> None:
    with pytest.raises(error, match=message):
        workspace.query(metric, **{**RANGE, **asked})


@pytest.mark.parametrize(
    "condition",
    [
        "country in (select account_id from accounts)",
        "country = (select 'DE')",
        "exists (select 1)",
        "country = 'DE' union select 1",
        "country = 'DE'; drop table accounts",
        "country = read_text('/etc/passwd')",
        "read_text('/etc/passwd') = 'x'",
        "lower(country) = 'de'",
        "country like '%'",
        "country = country",
        "'DE' = 'DE'",
        "1 = 1",
        "country = 'DE' or 1 = 1",
        "not (select true)",
        "country = getenv('HOME')",
        "country = 'a' || 'b'",
        "country = current_user",
        "case when country = 'DE' then true end",
        "country = 'DE' -- comment\n or read_csv('/etc/passwd') = 1",
        "(country = 'DE') = true",
        "country in (country)",
        "country is not distinct from 'DE'",
        "country = ?",
        "country = $1",
        "country = [1]",
        "country between 'A' and 'B'",
        "",
        "(" * 2000,
    ],
)
def test_a_condition_holds_nothing_but_dimensions_and_values(workspace: Workspace, condition: str) -> None:
    with pytest.raises((InputError, UnknownName)):
        workspace.query("mrr", where=condition, **RANGE)


def mrr_of(workspace: Workspace, **asked: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = workspace.query("mrr", start="2024-02-01", end="2024-02-29", **asked).to_dicts()
    return rows


def test_hostile_names_and_values_are_only_text(workspace: Workspace) -> None:
    names = list(HOSTILE)
    (row,) = mrr_of(workspace, by=names, where=[f"{quoted(name)} <> 'other'" for name in names])
    assert {name: row[name] for name in names} == HOSTILE
    assert (row["mrr"], row["accounts"], row["currency"]) == (10.0, 1, "USD")
    text = HOSTILE['a"b'].replace("'", "''")
    assert {row["mrr"] for row in mrr_of(workspace, where=f"{quoted(names[0])} = '{text}'")} == {10.0}
    assert {row["mrr"] for row in mrr_of(workspace, where="\"a.b\" = 'x'' OR ''1''=''1'")} <= {0.0}
    assert workspace.table("accounts").count().to_pyarrow().as_py() == 3


def test_conditions_as_people_write_them(workspace: Workspace) -> None:
    def total(*conditions: str) -> dict[str, float]:
        return {row["currency"]: row["mrr"] for row in mrr_of(workspace, where=conditions) if row["mrr"]}

    everything = {"USD": 30.0, "EUR": 5.0}
    assert total() == everything
    assert total("country = 'DE'") == {"USD": 10.0}
    assert total("country != 'DE'") == {"USD": 20.0}, "who has no country is not counted"
    assert total("not country = 'DE'") == {"USD": 20.0, "EUR": 5.0}
    assert total("country is null") == {"EUR": 5.0}
    assert total("country in ('DE', 'FR') and plan = 'gold'") == {"USD": 30.0}
    assert total("country = 'FR' or currency = 'EUR'") == {"USD": 20.0, "EUR": 5.0}
    assert total("COUNTRY = 'DE'", "cohort = '2024-01'") == {"USD": 10.0}


def test_evidence_accounts_for_every_row(workspace: Workspace) -> None:
    result = workspace.query("mrr", start="2024-01-01", end="2024-12-31", as_of=None)
    evidence = result.evidence
    reasons = {entry["reason"]: entry["rows"] for entry in evidence["left_out"]}
    standing = workspace.table("subscription_terms").count().to_pyarrow().as_py()
    assert evidence["rows_counted"] + evidence["rows_left_out"] == standing == 7
    assert sum(reasons.values()) == evidence["rows_left_out"] == 4
    assert reasons == {"begins after the as-of day": 1, "trial": 1, "price of zero": 1, "empty span": 1}
    assert evidence["open_periods"] == []


def test_open_periods_are_named(workspace: Workspace) -> None:
    today = workspace.today
    result = workspace.query("mrr", start=today, end=today)
    assert result.evidence["open_periods"] == [today.replace(day=1).isoformat()]
    assert any("Open periods" in note for note in result.evidence["notes"])


def test_the_default_range_is_twelve_periods_back(workspace: Workspace) -> None:
    periods = sorted({row["period"] for row in workspace.query("mrr").to_dicts()})
    assert len(periods) == 13
    assert periods[-1] == workspace.today.replace(day=1).isoformat()


def test_an_answer_in_every_form(workspace: Workspace) -> None:
    result = workspace.query("mrr", by=["../../etc/passwd"], start="2024-02-01", end="2024-02-29")
    assert result.to_arrow().schema.field("mrr").type == pa.decimal128(38, 6)
    frame = result.to_pandas()
    assert list(frame.columns) == ["period", "../../etc/passwd", "currency", "mrr", "accounts"]
    assert frame["mrr"].dtype == "float64" and frame["mrr"].sum() == 35.0
    shown = result._repr_html_()
    assert "<script>" not in shown and "&lt;script&gt;" in shown
    assert "Monthly recurring revenue" in shown
    assert result.chart().to_dict()["$schema"].startswith("https://vega")
    assert int(result.table.mrr_micros.sum().to_pyarrow().as_py()) == 35_000_000
    assert "SELECT" in result.sql


@pytest.mark.parametrize("metric", ["mrr", "nrr", "arpa", "quick-ratio", "cohort-retention", "ltv"])
def test_json_has_no_nan(workspace: Workspace, metric: str) -> None:
    answer = workspace.query(metric, start="2023-11-01", end="2024-04-30").to_json()
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert list(answer) == [
        *("metric", "unit", "policy", "grain", "currency", "options", "columns", "rows", "evidence"),
    ]


def test_weeks_begin_on_the_day_that_is_set(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for day in ("monday", "Sunday"):
        monkeypatch.setenv("HOLDFAST_WEEK_START", day)
        with holdfast.open(folder) as workspace:
            result = workspace.query("mrr", start="2024-02-29", end="2024-02-29", grain="week")
            found.append(result.arrow["period"][0].as_py())
    assert found == [date(2024, 2, 26), date(2024, 2, 25)]


def test_an_unusable_setting_says_where_it_comes_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_TIMEZONE", "Europe/Berln")
    with pytest.raises(InputError, match=r"unknown time zone 'Europe/Berln'(.|\n)*holdfast.toml"):
        holdfast.open(folder)


def test_settings_and_a_policy_of_ones_own(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "holdfast.toml").write_text(
        'timezone = "America/New_York"\npolicy = "ours"\n[policies.ours]\nbase = "maxio"\nweek_factor = "4"\n'
    )
    lines = "subscription_id,account_id,start,price,interval,status\ns,a,2024-03-01T03:00:00Z,10,week,paused\n"
    store(folder, "subscriptions", lines, Settings.load(folder))
    with holdfast.open(folder) as workspace:
        result = workspace.query("mrr", start="2024-02-28", end="2024-03-01", grain="day")
        assert result.query.policy.name == "ours"
        assert [row["mrr"] for row in result.to_dicts()] == [0.0, 40.0, 40.0], "10 p.m. of 29 February in New York"
        own = workspace.query("mrr", start="2024-03-01", end="2024-03-01", grain="day", policy="holdfast")
        assert sum(row["mrr"] for row in own.to_dicts()) == 0


def test_another_time_zone_is_refused_until_days_are_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    lines = "subscription_id,account_id,start,price\ns,a,2024-03-01T03:00:00Z,10\n"
    store(folder, "subscriptions", lines)
    asked = {"start": "2024-02-29", "end": "2024-03-01", "grain": "day"}
    with holdfast.open(folder) as workspace:
        assert [row["mrr"] for row in workspace.query("mrr", **asked).to_dicts()] == [0.0, 10.0]
    monkeypatch.setenv("HOLDFAST_TIMEZONE", "America/New_York")
    with holdfast.open(folder) as workspace, pytest.raises(LakeError, match=r"UTC(.|\n)*rebuild-days"):
        workspace.query("mrr", **asked)
    Lake(folder / "lake").rebuild_days("America/New_York")
    with holdfast.open(folder) as workspace:
        assert [row["mrr"] for row in workspace.query("mrr", **asked).to_dicts()] == [10.0, 10.0]


@pytest.mark.parametrize("metric", ["mrr", "customer-churn", "cohort-retention", "ltv", "cohort-divergence"])
def test_an_empty_folder_answers(tmp_path: Path, metric: str) -> None:
    with holdfast.open(tmp_path) as workspace:
        assert workspace.is_empty()
        result = workspace.query(metric)
        assert set(result.evidence["left_out"]) == set()
        assert all(not row.get("mrr") and not row.get("accounts") for row in result.to_dicts())
        assert result.chart() is not None
