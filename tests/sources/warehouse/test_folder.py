"""Which file is which table, and what is wrong with a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyarrow import csv, parquet

from holdfast.errors import InputError, UnusableFile
from holdfast.sources.warehouse import WAREHOUSES, one_folder
from holdfast.sources.warehouse.folder import table_name
from holdfast.sources.warehouse.stripe_tables import TABLES

CUSTOMER = [{"id": "cus_1", "created": "2024-01-01 00:00:00", "name": "Acme"}]


@pytest.mark.parametrize(
    ("stem", "table"),
    [
        ("customer", "customer"),
        ("CUSTOMER", "customer"),
        ("stripe.customer", "customer"),
        ("raw_stripe__customer", "customer"),
        ("customer_data", "customer"),
        ("subscription_history_data", "subscription_history"),
        ("stripe_subscription_history", "subscription_history"),
        ("discount_data_postgres", None),
        ("credit_note_line_item", None),
        ("data", None),
    ],
)
def test_names(stem: str, table: str | None) -> None:
    assert table_name(stem, "stripe", [kind.name for kind in TABLES]) == table


def test_parquet_and_parts_in_a_folder_are_read(books: Any) -> None:
    path = books.table("customer", CUSTOMER)
    rows = csv.read_csv(path)
    path.unlink()
    (books.tables / "customer").mkdir()
    parquet.write_table(rows, books.tables / "customer" / "part-0.parquet")
    parquet.write_table(rows.set_column(0, "id", [["cus_2"]]), books.tables / "customer" / "part-1.parquet")
    report = books.load("fivetran-stripe")
    assert (report.accepted, report.tables[0].files) == (2, ["part-0.parquet", "part-1.parquet"])
    assert {row["account_id"] for row in books.rows("accounts")} == {"cus_1", "cus_2"}


def test_what_is_not_used_and_not_there_is_said(books: Any) -> None:
    books.table("stripe_customer", CUSTOMER)
    books.table("payout", [{"id": "po_1"}])
    (books.tables / "_SUCCESS").touch()
    (books.tables / "SOURCE.txt").write_text("about")
    report = books.load("fivetran-stripe")
    assert report.ignored == ["payout.csv"]
    assert report.missing["subscription_item"] == "no price is known"
    assert report.as_json()["tables"][0] == {
        "table": "customer", "files": ["stripe_customer.csv"], "rows": 1, "read_as": "accounts", "left_out": {},
    }  # fmt: skip


def test_a_folder_that_cannot_be_used(books: Any, tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="not a folder"):
        books.load("fivetran-stripe", tmp_path / "nowhere")
    with pytest.raises(UnusableFile, match="holds no table that is known"):
        books.load("fivetran-stripe")
    books.table("customer", CUSTOMER)
    second = books.table("customer_data", CUSTOMER)
    with pytest.raises(UnusableFile, match="are both the table customer"):
        books.load("fivetran-stripe")
    second.unlink()
    books.table("subscription", [{"id": "x", "state": "active"}])
    with pytest.raises(UnusableFile, match="needs the column status"):
        books.load("fivetran-stripe")
    assert books.rows("accounts") == []


def test_one_folder_at_a_time() -> None:
    assert set(WAREHOUSES) == {"fivetran-stripe", "fivetran-recurly"}
    with pytest.raises(InputError, match="2 paths were given"):
        one_folder([Path("a"), Path("b")])
