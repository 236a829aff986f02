"""The importer makes the same facts of the company's files as the simulator wrote: importing them changes nothing."""

from __future__ import annotations

import csv
import shutil
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from holdfast.facts.money import MICROS
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.simulate import Model, simulate
from holdfast.simulate.accounts import make_accounts
from holdfast.simulate.block import Block
from holdfast.simulate.draws import Draws
from holdfast.simulate.event_file import event_table
from holdfast.simulate.lives import live
from holdfast.simulate.people import make_people
from holdfast.simulate.rows import SOURCE
from holdfast.simulate.simulation import SOME, window_of
from holdfast.sources import import_files
from tests.simulate.conftest import END

if TYPE_CHECKING:
    from pathlib import Path

    from tests.simulate.conftest import Company

Rows = list[dict[str, Any]]


def renamed(rows: Rows, names: dict[str, str]) -> Rows:
    """The columns that are named, under the names of the importer; micros in major units."""
    return [
        {new: money(row[old]) if old.endswith("_micros") else row[old] for old, new in names.items()} for row in rows
    ]


def money(micros: int) -> str:
    return f"{micros // MICROS}.{micros % MICROS:06}"


def same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def accounts(company: Company) -> Rows:
    rows = {row["account_id"]: row for row in renamed(company.rows("accounts"), NAMES["accounts"])}
    for row in company.rows("account_attributes"):
        rows[row["account_id"]][row["name"]] = row["text"]
    return list(rows.values())


def plans(company: Company) -> Rows:
    features, limits = defaultdict(list), defaultdict(list)
    for row in company.rows("plan_features"):
        features[row["plan_id"]].append(row["feature"])
    for row in company.rows("plan_limits"):
        value = "unlimited" if row["limit_value"] is None else f"{row['limit_value']:.0f}"
        limits[row["plan_id"]].append(f"{row['limit_name']}={value}")
    return [
        {**row, "features": ";".join(features[row["plan_id"]]), "limits": ";".join(limits[row["plan_id"]])}
        for row in renamed(company.rows("plans"), same("plan_id", "name", "product"))
    ]


NAMES = {
    "accounts": {"account_id": "account_id", "name": "name", "created_day": "created_at"},
    "users": {**same("user_id", "email", "name"), "created_day": "created_at"},
    "subscriptions": {
        **same("subscription_id", "item_id", "account_id", "plan_id", "product", "status", "quantity", "unit_amount"),
        **same("currency", "interval_count", "discount_percent", "discount_duration", "metered", "cancel_reason"),
        "valid_from_day": "valid_from",
        "valid_to_day": "valid_to",
        "cancelled_day": "cancelled_at",
        "billing_interval": "interval",
    },
    "cancellations": {
        **same("subscription_id", "voluntary", "reason", "comment"),
        "requested_day": "requested_at",
        "effective_day": "effective_at",
    },
    "invoices": {
        **same("invoice_id", "account_id", "subscription_id", "currency", "status"),
        "issued_day": "issued_at",
        "due_day": "due_at",
        "paid_day": "paid_at",
        "amount_micros": "amount",
    },
    "payments": {
        **same("payment_id", "invoice_id", "account_id", "subscription_id", "currency", "status", "failure"),
        "paid_day": "at",
        "amount_micros": "amount",
        "service_from_day": "service_from",
        "service_to_day": "service_to",
    },
    "tickets": {
        **same("ticket_id", "account_id", "user_id", "priority", "subject", "satisfaction"),
        "opened_day": "opened_at",
        "closed_day": "closed_at",
    },
    "usage-gauges": {**same("account_id", "limit_name", "used"), "measured_day": "measured_at"},
    "fx-rates": {"day": "day", "from_currency": "from", "to_currency": "to", "rate": "rate"},
    "spend": {**same("day", "currency", "purpose", "channel"), "amount_micros": "amount"},
}
TABLE = {"subscriptions": "subscription_terms", "fx-rates": "fx_rates", "usage-gauges": "usage_gauges"}


def file_rows(company: Company, kind: str) -> Rows:
    if kind == "accounts":
        return accounts(company)
    if kind == "plans":
        return plans(company)
    return renamed(company.rows(TABLE.get(kind, kind)), NAMES[kind])


def test_importing_its_events_changes_nothing(tmp_path: Path) -> None:
    """The day of an event is that of the company's zone, and its file has instants."""
    (tmp_path / "holdfast.toml").write_text('timezone = "Pacific/Auckland"\n')
    simulate(tmp_path, accounts=60, end=END)
    lake, settings = Lake(tmp_path / "lake"), Settings.load(tmp_path)
    before = lake.read("events")
    file = tmp_path / "events.parquet"
    pq.write_table(events_of_file(60), file)
    report = import_files(lake, settings, "events", [file], source=SOURCE)
    assert report.rejected == report.conflict == 0
    assert report.received == report.duplicate == before.num_rows > 3_000
    shifted = pc.not_equal(before["occurred_day"], before["occurred_at"].cast("date32"))
    assert pc.any(shifted).as_py()


def events_of_file(accounts: int) -> pa.Table:
    model, window, draws = Model(), window_of(36, END), Draws(1, 0, accounts)
    block = Block(model, window, draws, 0)
    those = make_accounts(model, window, draws, 0)
    lives = live(model, window, those, draws)
    people = make_people(model, window, those, lives, draws)
    return event_table(those, people, block.happenings(those, people, lives, SOME), draws)


@pytest.mark.parametrize("kind", ["plans", *NAMES])
def test_importing_the_same_company_changes_nothing(company: Company, tmp_path: Path, kind: str) -> None:
    rows = file_rows(company, kind)
    path = tmp_path / f"{kind}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    shutil.copytree(company.folder / "lake", tmp_path / "lake")
    lake = Lake(tmp_path / "lake")
    known_at = company.table("accounts")["recorded_at"][0].as_py()
    settings = Settings.load(company.folder)
    report = import_files(lake, settings, kind, [path], source=SOURCE, known_at=known_at)
    assert not report.rejects
    assert not report.conflicts
    assert (report.received, report.duplicate) == (len(rows), len(rows))
