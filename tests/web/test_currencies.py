from __future__ import annotations

from holdfast.web.currencies import by_currency


def test_the_first_currency_stands_first_and_no_row_is_lost() -> None:
    rows = [{"currency": code, "n": n} for n, code in enumerate(("CHF", "USD", "CHF", "EUR"))]
    assert {code: [row["n"] for row in found] for code, found in by_currency(rows, "USD").items()} == {
        "USD": [1], "CHF": [0, 2], "EUR": [3],
    }  # fmt: skip
    assert list(by_currency(rows, "USD")) == ["USD", "CHF", "EUR"]
    assert by_currency([], "USD") == {}
