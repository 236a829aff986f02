"""A company whose accounts have the names that break reports, each of them among those that moved in June 2024."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.oracle import Facts
from tests.oracle.facts import Account, Row

NAMES = (
    "=cmd|' /C calc'!A0",
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>",
    "| pipe | cell |",
    "#typst #panic(1) *x*",
    "$x$ [link](http://evil.example) `code`",
    "한국어 회사",
    "บริษัท ไทย",
    "Müller & Söhne GmbH",
    "😀 Emoji Inc.",
    "@SUM(A1)",
    "-5.20",
    "[bold red]markup",
    "turned \u202ename",
    "W" * 120,
)
COMPANY = "=HYPERLINK(1) <b>Acme</b> | #1 $y$"
MONTH = date(2024, 6, 1)
BEGAN, MOVED = date(2023, 3, 1), date(2024, 6, 11)


def hostile_company() -> Facts:
    """Five new, five expanded, four gone in June 2024, the last one in another currency; twelve that stay."""
    rows = [Row(f"s{n}", f"quiet{n:02}", date(2023, 1 + n % 9, 1), Decimal(40 + 7 * n)) for n in range(12)]
    for place, _ in enumerate(NAMES):
        rows += _moving(place, f"odd{place:02}")
    accounts = tuple(Account(f"odd{place:02}", name) for place, name in enumerate(NAMES))
    return Facts(tuple(rows), accounts)


def _moving(place: int, account: str) -> list[Row]:
    amount = Decimal("10.25") + place
    currency = "EUR" if place == len(NAMES) - 1 else "USD"
    if place < 5:
        return [Row(account, account, MOVED, amount)]
    if place < 10:
        return [Row(account, account, BEGAN, amount), Row(account, account, MOVED, amount * 2)]
    return [Row(account, account, BEGAN, amount, valid_to=MOVED, currency=currency)]


def settle(folder: Path) -> Path:
    """The folder with the company's own name in its settings."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "holdfast.toml").write_text(f"company = '{COMPANY}'\n", encoding="utf-8")
    return folder
