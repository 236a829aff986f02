"""Whole imports: a file, what became of its rows, and what stands afterwards."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.errors import InputError, LakeError, UnknownName, UnusableFile
from holdfast.facts.money import MICROS
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files

if TYPE_CHECKING:
    from tests.sources.conftest import Company

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
HEADER = "subscription_id,account_id,valid_from,valid_to,unit_amount,quantity,interval,currency,status\n"


def counts(report: Any) -> tuple[int, int, int, int, int]:
    return report.received, report.accepted, report.rejected, report.duplicate, report.conflict


def reasons(report: Any) -> dict[int, str]:
    return {one.line: one.reason for one in report.rejects}


def test_a_subscription_becomes_a_span_and_an_account(company: Company) -> None:
    report = company.load("subscriptions", HEADER + "s1,a1,2024-01-31,,100,2,annual,eur,\n")
    assert counts(report) == (1, 1, 0, 0, 0)
    assert report.touched == {"subscription_terms", "accounts"}
    (row,) = company.lake.standing("subscription_terms").to_pylist()
    assert row["row_key"] == "file|s1|s1|2024-01-31"
    assert (row["item_id"], row["valid_from_at"], row["valid_from_day"]) == ("s1", None, date(2024, 1, 31))
    assert (row["billing_interval"], row["interval_count"], row["currency"], row["status"]) == (
        "year",
        1,
        "EUR",
        "active",
    )
    assert (row["gross_micros"], row["forever_micros"], row["net_micros"]) == (200 * MICROS,) * 3
    assert (row["unit_amount"], row["quantity"], row["metered"]) == ("100", "2", False)
    assert company.rows("accounts", "account_id", "name", "created_day", "source") == [
        ("a1", None, date(2024, 1, 31), "implied")
    ]


def test_the_same_file_again_changes_nothing(company: Company) -> None:
    text = HEADER + "s1,a1,2024-01-31,,100,2,annual,eur,\ns2,a2,2024-01-31,,5,,,,\nbad\n"
    company.load("subscriptions", text)
    versions = {name: company.lake.version(name) for name in ("accounts", "subscription_terms")}
    kept = sorted((company.folder / "data" / "rejects").iterdir())
    report = company.load("subscriptions", text)
    assert counts(report) == (3, 0, 1, 2, 0)
    assert report.touched == set()
    assert {name: company.lake.version(name) for name in versions} == versions
    assert sorted((company.folder / "data" / "rejects").iterdir()) == kept


def test_one_key_twice_in_a_file(company: Company) -> None:
    report = company.load(
        "subscriptions",
        HEADER + "s1,a1,2024-01-01,,100,1,,,\ns1,a1,2024-01-01,,100.00,1,,,\ns1,a1,2024-01-01,,90,1,,,\n",
    )
    assert counts(report) == (3, 1, 0, 1, 1)
    assert (report.conflicts[0].line, report.conflicts[0].reason) == (4, "the same key as line 2, with other content")
    assert company.rows("subscription_terms", "unit_amount") == [("100",)]
    again = company.load("subscriptions", HEADER + "s1,a1,2024-01-01,,90,1,,,\n")
    assert counts(again) == (1, 1, 0, 0, 0), "a later file replaces"
    assert company.rows("subscription_terms", "unit_amount") == [("90",)]
    assert company.lake.read("subscription_terms").num_rows == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",a1,2024-01-01,,1,1,month,USD,active", "subscription_id is missing"),
        ("s1,,2024-01-01,,1,1,month,USD,active", "account_id is missing"),
        ("s1,NULL,2024-01-01,,1,1,month,USD,active", "'NULL' is not an id"),
        ("s1,a1,,,1,1,month,USD,active", "valid_from is missing"),
        ("s1,a1,2024-01-01,2023-12-31,1,1,month,USD,active", "valid_to 2023-12-31 lies before valid_from 2024-01-01"),
        ("s1,a1,2024-01-01,,,1,month,USD,active", "unit_amount is missing"),
        ("s1,a1,2024-01-01,,-1,1,month,USD,active", "unit_amount: '-1' is less than 0"),
        ("s1,a1,2024-01-01,,1,-1,month,USD,active", "quantity: '-1' is less than 0"),
        ("s1,a1,2024-01-01,,1,1,sometimes,USD,active", "'sometimes' is not an interval"),
        ("s1,a1,2024-01-01,,1,1,month,dollars,active", "'dollars' is not a currency"),
        ("s1,a1,2024-01-01,,1,1,month,USD,odd", "'odd' is not a status; there are: active, past_due"),
        ("s1,a1,2024-01-01,,1,1,month,USD,canceled", "neither valid_to nor cancelled_at"),
        ("s1,a1,2024-01-01,,NaN,1,month,USD,active", "not a number: 'NaN'"),
        ("s1,a1,2024-01-01,,1e999,1,month,USD,active", "too large"),
        ("s1,a1,2024-01-01,,9999999999,9999,month,USD,active", "more than 10,000,000,000"),
        ("s1,a1,1704067200,,1,1,month,USD,active", "Unix time"),
        ("s1,a1,2024-01-01,,=1+1,1,month,USD,active", "not a number"),
        ("s1,a1,2024-01-01,,1,1,month,USD", "8 cells, and the header has 9"),
        ("s1,a1,2024-01-01,,€5,1,month,USD,active", "unit_amount is in EUR, and the row in USD"),
    ],
)
def test_a_row_that_breaks_a_rule_is_kept_aside(company: Company, row: str, reason: str) -> None:
    report = company.load("subscriptions", HEADER + row + "\nok,a1,2024-01-01,,1,1,month,USD,active\n")
    assert counts(report) == (2, 1, 1, 0, 0)
    assert reason in reasons(report)[2]
    kept = report.kept_in
    assert kept is not None
    assert json.loads(kept.read_text())["line"] == 2
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_an_empty_span_and_a_cancelled_one(company: Company) -> None:
    text = (
        "subscription_id,account_id,valid_from,valid_to,unit_amount,status,cancelled_at,cancel_reason\n"
        "s1,a1,2024-01-01,2024-01-01,10,expired,,\n"
        "s2,a1,2024-04-15,,10,cancelled,2024-06-08,too expensive\n"
        "s3,a1,2024-04-15,2024-05-01,10,active,2024-06-08,\n"
    )
    assert counts(company.load("subscriptions", text)) == (3, 3, 0, 0, 0)
    assert company.rows("subscription_terms", "subscription_id", "status", "access_ends_day", "cancel_reason") == [
        ("s1", "active", None, None),
        ("s2", "active", date(2024, 6, 15), "too expensive"),
        ("s3", "active", None, None),
    ]


def test_discounts(company: Company) -> None:
    text = (
        "subscription_id,account_id,valid_from,unit_amount,discount_percent,discount_amount,discount_duration\n"
        "s1,a,2024-01-01,120,10,,forever\ns2,a,2024-01-01,120,10%,5,once\ns3,a,2024-01-01,120,,,\ns4,a,2024-01-01,1,101,,\n"
        "s5,a,2024-01-01,1,,,sometimes\ns6,a,2024-01-01,5,,20,\n"
    )
    report = company.load("subscriptions", text)
    assert counts(report) == (6, 4, 2, 0, 0)
    assert company.rows("subscription_terms", "subscription_id", "gross_micros", "forever_micros", "net_micros") == [
        ("s1", 120 * MICROS, 108 * MICROS, 108 * MICROS),
        ("s2", 120 * MICROS, 120 * MICROS, 103 * MICROS),
        ("s3", 120 * MICROS, 120 * MICROS, 120 * MICROS),
        ("s6", 5 * MICROS, 5 * MICROS, 0),
    ]


def test_minor_units_know_the_currency(company: Company) -> None:
    text = HEADER + "s1,a,2024-01-01,,5000,1,,USD,\ns2,a,2024-01-01,,5000,1,,JPY,\ns3,a,2024-01-01,,5000,1,,KWD,\n"
    company.load("subscriptions", text, minor_units=True)
    assert company.rows("subscription_terms", "currency", "unit_amount", "net_micros") == [
        ("JPY", "5000", 5000 * MICROS),
        ("KWD", "5", 5 * MICROS),
        ("USD", "50", 50 * MICROS),
    ]


def test_a_given_mrr_is_taken_as_it_is(company: Company) -> None:
    text = (
        "subscription_id,account_id,start_date,mrr_amount,price,is_trial\n"
        "s1,a,2024-01-01,80,100,FALSE\ns2,a,2024-01-01,,100,TRUE\ns3,a,2024-01-01,,,FALSE\n"
    )
    report = company.load("subscriptions", text)
    assert counts(report) == (3, 2, 1, 0, 0)
    assert company.rows("subscription_terms", "subscription_id", "given_mrr_micros", "net_micros", "status") == [
        ("s1", 80 * MICROS, 100 * MICROS, "active"),
        ("s2", None, 100 * MICROS, "trialing"),
    ]
    assert any("is_trial" in note for note in report.notes)


def test_keys_escape_their_separator(company: Company) -> None:
    company.load("subscriptions", HEADER + "a|b,c,2024-01-01T09:00:00+01:00,,1,,,,\n", source="x|y")
    assert company.rows("subscription_terms", "row_key") == [("x\\|y|a\\|b|a\\|b|2024-01-01T08:00:00Z",)]


ACCOUNTS = "account_id,name,created_at,country,seats\na1,One,2023-05-01,DE,5\na2,Two,,,x\n"
TERMS = HEADER + "s1,a1,2024-03-01,,10,,,,\ns2,a1,2024-01-01,,10,,,,\ns3,a3,2024-02-01T00:00:00Z,,10,,,,\n"
MORE_TERMS = HEADER + "s4,a3,2023-02-01,,10,,,,\ns5,a2,2020-02-01,,10,,,,\n"


def test_the_order_of_files_cannot_matter(new_company: Callable[[], Company]) -> None:
    files = [("accounts", ACCOUNTS), ("subscriptions", TERMS), ("subscriptions", MORE_TERMS)]
    results = []
    for order in ((0, 1, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        company = new_company()
        for number in order:
            company.load(*files[number])
        names = ("accounts", "account_attributes", "subscription_terms")
        tables = [
            company.lake.standing(name).drop_columns(["recorded_at"]).sort_by("row_key").to_pylist() for name in names
        ]
        results.append(tables)
    assert all(result == results[0] for result in results)
    assert [row["created_day"] for row in results[0][0]] == [date(2023, 5, 1), None, date(2023, 2, 1)]


def test_attributes_are_patched_and_cleared(company: Company) -> None:
    company.load("accounts", ACCOUNTS)
    assert company.rows("account_attributes", "account_id", "name", "text", "number") == [
        ("a1", "country", "DE", None),
        ("a1", "seats", "5", 5.0),
        ("a2", "seats", "x", None),
    ]
    report = company.load("accounts", "account_id,country\na1,\na2,\n")
    assert counts(report) == (2, 1, 0, 1, 0)
    assert company.rows("account_attributes", "account_id", "name", "text")[0] == ("a1", "country", None)
    assert company.rows("accounts", "account_id", "name", "created_day")[0] == ("a1", "One", date(2023, 5, 1))
    assert counts(company.load("accounts", ACCOUNTS)) == (2, 1, 0, 1, 0)


def test_as_known_on_a_date(company: Company) -> None:
    january, march = datetime(2024, 1, 31, tzinfo=UTC), datetime(2024, 3, 31, tzinfo=UTC)
    company.load("subscriptions", HEADER + "s1,a1,2024-01-01,,30,,,,\n", known_at=march)
    report = company.load("subscriptions", HEADER + "s1,a1,2024-01-01,,10,,,,\n", known_at=january)
    assert counts(report) == (1, 1, 0, 0, 0)
    rows = company.lake.read("subscription_terms").select(["unit_amount", "recorded_at", "superseded_at"]).to_pylist()
    lives = {row["unit_amount"]: (row["recorded_at"], row["superseded_at"]) for row in rows}
    assert lives == {"10": (january, march), "30": (march, None)}


@pytest.mark.parametrize(
    "content",
    [
        "account_id,name\na1,Müller\n".encode("utf-8-sig"),
        "account_id,name\na1,Müller\n".encode("utf-16"),
        "account_id,name\na1,Müller\n".encode("utf-16-le"),
        "account_id;name\r\na1;Müller\r\n".encode("cp1252"),
        "account_id\tname\na1\tMüller\n".encode(),
        "sep=|\naccount_id|name\na1|Müller\n".encode(),
        '\n"Account ID"   ,"Name"\n"a1","Müller"\n\n'.encode().replace(b"   ", b""),
        "account_id,name\ra1,Müller\r".encode(),
        '{"account_id": "a1", "name": "Müller"}\n'.encode(),
    ],
)
def test_files_as_programs_write_them(company: Company, content: bytes) -> None:
    assert counts(company.load("accounts", content)) == (1, 1, 0, 0, 0)
    assert company.rows("accounts", "account_id", "name") == [("a1", "Müller")]


def test_quoted_newlines_and_broken_quotes_keep_their_lines(company: Company) -> None:
    text = 'account_id,name\na1,"One\nline two"\na2,x,y\na3,"open\na4,fine\na5,"Five"\n\n,\n'
    report = company.load("accounts", text)
    assert counts(report) == (6, 3, 3, 0, 0)
    assert set(reasons(report)) == {4, 5, 9}
    assert company.rows("accounts", "account_id", "name")[0] == ("a1", "One\nline two")


def test_json_lines_keep_numbers_as_written(company: Company) -> None:
    lines = [
        '{"account_id": 18446744073709551616, "seats": 9007199254740993}',
        '{"account_id": "b", "seats": NaN}',
        '{"account_id": "c\\ud800"}',
        '{"account_id": "d\\u0000"}',
        "[1]",
        "nonsense",
        '{"account_id": "e", "deep": ' + "[" * 100_000 + "}",
        '{"account_id": "' + "é" + '"}',
        '{"account_id": "' + "e\u0301" + '"}',
    ]
    report = company.load("accounts", "\n".join(lines), "f.jsonl")
    assert counts(report) == (9, 3, 6, 0, 0)
    assert ("18446744073709551616",) in company.rows("accounts", "account_id")
    assert ("9007199254740993",) in company.rows("account_attributes", "text")


def test_parquet_in_its_own_types(company: Company) -> None:
    table = pa.table(
        {
            "subscription_id": pa.array([1, 2], pa.int64()),
            "account_id": pa.array(["a", "b"]).dictionary_encode(),
            "start_date": pa.array([date(2024, 1, 1), date(2024, 2, 1)]),
            "end_date": pa.array([None, datetime(2024, 3, 1, 12, tzinfo=UTC)], pa.timestamp("ns", tz="Europe/Berlin")),
            "mrr": pa.array([0.1, float("nan")]),
        }
    )
    pq.write_table(table, company.folder / "f.parquet")
    report = import_files(company.lake, company.settings, "subscriptions", [company.folder / "f.parquet"])
    assert counts(report) == (2, 1, 1, 0, 0)
    assert reasons(report) == {2: "mrr: not a number: 'nan'"}
    assert company.rows("subscription_terms", "subscription_id", "given_mrr_micros", "valid_to_at") == [
        ("1", 100_000, None)
    ]


def test_mapping_overrules_guesses(company: Company) -> None:
    text = "Subscription ID,customerId,Start,end date,Price,Qty,tier\ns1,a1,2024-01-01,2024-02-01,10,3,Gold\n"
    report = company.load(
        "subscriptions", text, mapping={"plan_id": "", "product": "tier", "valid_to": "END_DATE", "quantity": ""}
    )
    assert report.mappings[0].columns == {
        "subscription_id": "Subscription ID",
        "account_id": "customerId",
        "valid_from": "Start",
        "valid_to": "end date",
        "unit_amount": "Price",
        "product": "tier",
    }
    assert company.rows("subscription_terms", "plan_id", "product", "quantity") == [(None, "Gold", "1")]


def test_defaults_fill_columns_and_cells(company: Company) -> None:
    text = "id,account_id,start,price,currency\ns1,a1,2024-01-01,10,\ns2,a1,2024-01-01,10,GBP\n"
    report = company.load("subscriptions", text, defaults={"currency": "EUR", "interval": "year"})
    assert company.rows("subscription_terms", "currency", "billing_interval") == [("EUR", "year"), ("GBP", "year")]
    assert any("'EUR' in empty cells" in note for note in report.notes)
    assert any("'year' in every row" in note for note in report.notes)


@pytest.mark.parametrize(
    ("kind", "content", "options", "error", "message"),
    [
        ("subs", "a\n", {}, UnknownName, "there are: accounts, users"),
        ("accounts", "account_id\n", {"mapping": {"nmae": "x"}}, UnknownName, "no field 'nmae'; there are: account_id"),
        ("accounts", "account_id\n", {"defaults": {"x": "x"}}, UnknownName, "no field 'x'"),
        ("accounts", "account_id\n", {"mapping": {"name": "x"}}, InputError, "no column 'x'; there are: account_id"),
        ("accounts", "name\nx\n", {}, UnusableFile, "no column was found for account_id"),
        ("subscriptions", "id,account_id,start\n", {}, UnusableFile, r"unit_amount \(or mrr\)"),
        ("accounts", "", {}, UnusableFile, "is empty"),
        ("accounts", b"PK\x03\x04xxx", {}, UnusableFile, "save the sheet as CSV"),
        ("accounts", '[{"account_id": 1}]', {}, UnusableFile, "one object a line"),
        ("accounts", b"PAR1 broken", {}, UnusableFile, "Parquet"),
        ("subscriptions", HEADER + "s,a,03/04/2024,,1,,,,\n", {}, UnusableFile, "day or month first"),
    ],
)
def test_an_unusable_file_says_what_to_do(
    company: Company, kind: str, content: str | bytes, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        company.load(kind, content, **options)
    assert not any(company.lake.root.glob("*/_delta_log"))


def test_one_unusable_file_of_several_stores_nothing(company: Company) -> None:
    good, bad = (
        company.file("account_id\na1\n", "good.csv"),
        company.file("account_id,created_at\na2,03/04/2024\n", "bad.csv"),
    )
    with pytest.raises(UnusableFile):
        import_files(company.lake, company.settings, "accounts", [good, bad])
    assert company.lake.version("accounts") is None


def test_another_time_zone_is_refused(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.load("accounts", "account_id\na1\n")
    monkeypatch.setenv("HOLDFAST_TIMEZONE", "Asia/Tokyo")
    company.settings = Settings.load(None)
    with pytest.raises(LakeError, match="Asia/Tokyo"):
        company.load("accounts", "account_id\na2\n")


def test_the_other_kinds(company: Company) -> None:
    loads = [
        (
            "users",
            "user_id,account_id,email,role\nu1,a1,x@y,admin\nu1,a2,x@y,\nu2,,z@y,\nu1,a3,other@y,\n",
            (4, 3, 0, 0, 1),
        ),
        (
            "plans",
            'plan_id,name,product,features,limits\np1,Gold,Core,sso; export,"seats=10; projects=5"\n'  # noqa: ISC004
            'p2,Iron,Core,"[""sso""]","{""seats"": 1}"\n',
            (2, 2, 0, 0, 0),
        ),
        (
            "cancellations",
            "subscription_id,requested_at,voluntary,reason\ns1,2024-01-01,yes,price\ns1,,no,x\n",
            (2, 1, 1, 0, 0),
        ),
        (
            "invoices",
            "invoice_id,account_id,issued_at,amount,currency,status\ni1,a1,2024-01-01,-5.20,EUR,paid\n",
            (1, 1, 0, 0, 0),
        ),
        (
            "payments",
            "payment_id,invoice_id,at,amount,status,service_from,service_to\np1,i1,2024-01-01,10,refunded,2024-01-01,2024-02-01\n",
            (1, 1, 0, 0, 0),
        ),
        (
            "fx-rates",
            "day,from,to,rate\n2024-01-01,EUR,USD,1.10\n2024-01-01,EUR,EUR,2\n2024-01-01,USD,EUR,0\n",
            (3, 1, 2, 0, 0),
        ),
        ("spend", "day,amount,channel\n2024-01-01,100,ads\n2024-01-01,100,\n", (2, 2, 0, 0, 0)),
        ("tickets", "ticket_id,account_id,opened_at,satisfaction\nt1,a1,2024-01-01 2:00,4\n", (1, 1, 0, 0, 0)),
        ("referrals", "referrer_account_id,referred_id\na1,a2\n", (1, 1, 0, 0, 0)),
        ("leads", "lead_id,created_at,status\nl1,2024-01-01,converted\n", (1, 1, 0, 0, 0)),
        ("usage-gauges", "account_id,limit_name,measured_at,used\na1,seats,2024-01-01,4.5\n", (1, 1, 0, 0, 0)),
    ]
    for kind, content, expected in loads:
        assert counts(company.load(kind, content)) == expected, kind
        again = company.load(kind, content)
        assert (again.accepted, again.touched) == (0, set()), kind
    assert company.rows("memberships", "account_id", "user_id", "role") == [("a1", "u1", "admin"), ("a2", "u1", None)]
    assert company.rows("plan_limits", "plan_id", "limit_name", "limit_value") == [
        ("p1", "projects", 5.0),
        ("p1", "seats", 10.0),
        ("p2", "seats", 1.0),
    ]
    assert company.rows("fx_rates", "rate") == [("1.1",)]
    assert company.rows("spend", "purpose", "channel", "amount_micros") == [
        ("acquisition", "", 100 * MICROS),
        ("acquisition", "ads", 100 * MICROS),
    ]


def test_a_feature_that_a_later_list_leaves_out(company: Company) -> None:
    company.load("plans", "plan_id,features\np1,sso;export\n")
    assert counts(company.load("plans", "plan_id,features\np1,export\n")) == (1, 1, 0, 0, 0)
    assert company.rows("plan_features", "feature", "included") == [("export", True), ("sso", False)]


def _import(folder: Path, path: Path, barrier: Any, results: Any) -> None:
    barrier.wait()
    report = import_files(Lake(folder / "data" / "lake"), Settings(), "subscriptions", [path])
    results.put(counts(report))


@pytest.mark.slow
def test_two_imports_of_one_file_at_the_same_moment(company: Company) -> None:
    path = company.file(HEADER + "".join(f"s{i},a{i % 50},2024-01-01,,10,,,,\n" for i in range(2000)))
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    workers = [context.Process(target=_import, args=(company.folder, path, barrier, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    outcomes = [results.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join(60)
    assert sorted(accepted for _, accepted, *_ in outcomes) == [0, 2000]
    assert company.lake.read("subscription_terms").num_rows == 2000
    assert company.lake.read("accounts").num_rows == 50


@pytest.mark.slow
def test_an_import_that_was_killed_is_run_again(company: Company) -> None:
    path = company.file(HEADER + "".join(f"s{i},a{i % 900},2024-01-01,,10,,,,\n" for i in range(30_000)))
    script = (
        "import sys; from pathlib import Path; from holdfast.lake import Lake; from holdfast.settings import Settings;"
        "from holdfast.sources import import_files; print('ready', flush=True);"
        "import_files(Lake(Path(sys.argv[1])), Settings(), 'subscriptions', [Path(sys.argv[2])])"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    for delay in (0.4, 1.0):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(company.lake.root), str(path)], stdout=subprocess.PIPE, env=environment
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    report = import_files(company.lake, company.settings, "subscriptions", [path])
    assert report.accepted + report.duplicate == 30_000
    assert company.lake.read("subscription_terms").num_rows == 30_000
    assert company.lake.read("accounts").num_rows == 900


needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared example data is not beside the checkout")


@needs_shared
@pytest.mark.parametrize(
    ("kind", "file", "options", "accepted", "rejected"),
    [
        ("accounts", "ravenstack/ravenstack_accounts.csv", {}, 500, 0),
        ("subscriptions", "ravenstack/ravenstack_subscriptions.csv", {}, 5000, 0),
        ("subscriptions", "mrr_playbook/subscription_periods.csv", {}, 121, 0),
        ("subscriptions", "baremetrics_import/template.csv", {"minor_units": True}, 2, 0),
    ],
)
def test_real_files(
    company: Company, kind: str, file: str, options: dict[str, Any], accepted: int, rejected: int
) -> None:
    path = SHARED / file
    report = import_files(company.lake, company.settings, kind, [path], **options)
    assert (report.accepted, report.rejected) == (accepted, rejected)
    again = import_files(company.lake, company.settings, kind, [path], **options)
    assert (again.accepted, again.duplicate) == (0, accepted)
    if "baremetrics" in file:
        assert company.rows("subscription_terms", "net_micros", "valid_to_day") == [(50 * MICROS, date(2020, 5, 4))] * 2


@pytest.mark.slow
@needs_shared
def test_messy_warehouse_tables_never_break_the_importer(company: Company) -> None:
    for path in sorted((SHARED / "dbt_stripe_seeds").glob("*.csv"))[:12]:
        report = import_files(
            company.lake, company.settings, "accounts", [path], mapping={"account_id": _first_column(path)}
        )
        assert report.received == report.accepted + report.rejected + report.duplicate + report.conflict


def _first_column(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline().split(",")[0].strip()
