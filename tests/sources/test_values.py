"""Tables of texts and the values that they mean; Hypothesis for round trips."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.errors import UnusableFile
from holdfast.sources.amounts import MarkEvidence, decide_mark, parse_amount, parse_number, parse_percent, plain
from holdfast.sources.dates import OrderEvidence, decide_order, parse_moment
from holdfast.sources.words import parse_flag, parse_id, parse_interval, parse_status, parse_whole

UTC_ZONE = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", "10"),
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("€ 12", "12"),
        ("12 €", "12"),
        ("$1,234.50", "1234.50"),
        ("USD 12.5", "12.5"),
        ("12.5 usd", "12.5"),
        ("1 234,56", "1234.56"),
        ("1\u00a0234,56", "1234.56"),
        ("1'234.50", "1234.50"),
        ("-5.20", "-5.20"),
        ("\u22125", "-5"),
        ("(12.00)", "-12.00"),
        ("1e3", "1000"),
        ("1.5E-2", "0.015"),
        (".5", "0.5"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("12,50", "12.50"),
        ("0,125", "0.125"),
        ("1234.567", "1234.567"),
        ("12,34,567.50", "1234567.50"),
        ("+3", "3"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("12.", "12"),
    ],
)
def test_amounts(text: str, value: str) -> None:
    assert parse_amount(text).value == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "NaN",
        "nan",
        "Infinity",
        "-inf",
        "1e999",
        "9" * 5000,
        "1.2.3,4",
        "1,23,4",
        "12-",
        "=1+1",
        "1 2",
        "0x10",
        "1_000",
        "--5",
        "€",
        "1e-99",
    ],
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|digits|large"):
        parse_amount(text)


def test_an_unclear_number_takes_the_columns_mark() -> None:
    assert parse_amount("1,234", ".").value == 1234
    assert parse_amount("1,234", ",").value == Decimal("1.234")
    assert parse_amount("1.234", ",").value == 1234
    with pytest.raises(ValueError, match="can be read"):
        parse_amount("1,234")


@pytest.mark.parametrize(
    ("texts", "comma_country", "mark"),
    [
        (["12,50", "1.234"], True, ","),
        (["12.50", "1,234"], False, "."),
        (["1.234,50", "1,234"], True, ","),
        (["1,234", "5"], False, "."),
        (["10", "20"], True, None),
        (["1,234,567", "1,234"], True, "."),
    ],
)
def test_a_column_decides_its_decimal_mark(texts: list[str], comma_country: bool, mark: str | None) -> None:
    evidence = MarkEvidence()
    for text in texts:
        evidence.add(text)
    assert decide_mark({"price": evidence}, comma_country=comma_country, given=None, file="f") == {"price": mark}


def test_a_column_that_does_not_decide_its_mark_is_refused() -> None:
    evidence = MarkEvidence()
    evidence.add("1.234")
    with pytest.raises(UnusableFile, match=r"'price' holds '1.234'"):
        decide_mark({"price": evidence}, comma_country=True, given=None, file="f")
    assert decide_mark({"price": evidence}, comma_country=True, given=",", file="f") == {"price": ","}


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_any_decimal_comes_back_in_both_writings(value: Decimal) -> None:
    assert parse_number(f"{value:,.4f}") == value
    swapped = f"{value:,.4f}".translate(str.maketrans(",.", ".,"))
    assert parse_number(swapped) == value
    assert Decimal(plain(value)) == value
    assert "E" not in plain(value)


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_says_why_not(text: str) -> None:
    with suppress(ValueError):
        assert parse_amount(text, ".").value.is_finite()


@pytest.mark.parametrize(("text", "value"), [("10", "10"), ("12.5%", "12.5"), ("100 %", "100"), ("0", "0")])
def test_percent(text: str, value: str) -> None:
    assert parse_percent(text) == Decimal(value)


@pytest.mark.parametrize("text", ["101", "-1", "x%"])
def test_no_percent(text: str) -> None:
    with pytest.raises(ValueError, match=r"0 and 100|not a number"):
        parse_percent(text)


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "day", "at"),
    [
        ("2024-03-31", date(2024, 3, 31), None),
        ("2024/3/1", date(2024, 3, 1), None),
        ("20240331", date(2024, 3, 31), None),
        ("31.12.2023", date(2023, 12, 31), None),
        ("12/31/2023", date(2023, 12, 31), None),
        ("5 Jan 2024", date(2024, 1, 5), None),
        ("January 5, 2024", date(2024, 1, 5), None),
        ("05-Sep-2024", date(2024, 9, 5), None),
        ("2023-12-31T23:30:00Z", date(2024, 1, 1), datetime(2023, 12, 31, 23, 30, tzinfo=UTC)),
        ("2024-01-01T00:30:00+02:00", date(2023, 12, 31), datetime(2023, 12, 31, 22, 30, tzinfo=UTC)),
        ("2024-07-01 00:00", date(2024, 7, 1), datetime(2024, 6, 30, 22, tzinfo=UTC)),
        ("2024-12-01 2:00", date(2024, 12, 1), datetime(2024, 12, 1, 1, tzinfo=UTC)),
        ("2024-01-01 12:00:00.123456789 UTC", date(2024, 1, 1), datetime(2024, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("12/31/2023 3:04 PM", date(2023, 12, 31), datetime(2023, 12, 31, 14, 4, tzinfo=UTC)),
    ],
)
def test_dates(text: str, day: date, at: datetime | None) -> None:
    moment = parse_moment(text, BERLIN)
    assert (moment.day, moment.at) == (day, at)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("03/04/2024", "day first or month first"),
        ("2023-02-29", "not a day"),
        ("2024-13-01", "not a day"),
        ("1704067200", "Unix time"),
        ("1704067200000", "Unix time"),
        ("45291", "spreadsheet"),
        ("45291.5", "spreadsheet"),
        ("9999-12-31", "leave an open end empty"),
        ("31/12/24", "not a date"),
        ("yesterday", "not a date"),
        ("2024-01-01 25:00", "time of day"),
        ("2024-01", "not a date"),
        ("2024-01-01T00:00:00+99:00", "offset"),
        ("", "not a date"),
        ("5 Foo 2024", "not a date"),
    ],
)
def test_what_is_no_date(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_moment(text, UTC_ZONE)


def _order(*texts: str) -> str | None:
    evidence = OrderEvidence()
    for text in texts:
        evidence.add(text)
    return decide_order({"start": evidence}, given=None, file="f")["start"]


def test_a_column_decides_the_order_of_its_dates() -> None:
    assert _order("03/04/2024", "31/12/2024") == "day-first"
    assert _order("03/04/2024", "12/31/2024") == "month-first"
    assert _order("03.04.2024") == "day-first"
    assert parse_moment("03/04/2024", UTC_ZONE, "month-first").day == date(2024, 3, 4)


@pytest.mark.parametrize("texts", [("03/04/2024", "01/02/2024"), ("31/12/2024", "12/31/2024")])
def test_a_column_that_does_not_decide_is_refused(texts: tuple[str, ...]) -> None:
    with pytest.raises(UnusableFile, match="start"):
        _order(*texts)


@given(st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_any_instant_comes_back(at: datetime) -> None:
    moment = parse_moment(at.isoformat(), BERLIN)
    assert moment.at == at
    assert moment.day == at.astimezone(BERLIN).date()


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_says_why_not(text: str) -> None:
    with suppress(ValueError):
        assert parse_moment(text, BERLIN).day


@pytest.mark.parametrize(
    ("text", "interval", "count"),
    [
        ("month", "month", 1),
        ("Monthly", "month", 1),
        ("annual", "year", 1),
        ("YEARLY", "year", 1),
        ("quarterly", "month", 3),
        ("semi-annual", "month", 6),
        ("bi-weekly", "week", 2),
        ("every 3 months", "month", 3),
        ("P1Y", "year", 1),
        ("14 days", "day", 14),
    ],
)
def test_intervals(text: str, interval: str, count: int) -> None:
    period = parse_interval(text)
    assert (period.interval, period.count) == (interval, count)


def test_words() -> None:
    assert parse_status("Canceled") == "ended"
    assert parse_status("in_trial") == "trialing"
    assert parse_flag("Yes") is True
    for parse, text in (
        (parse_status, "weird"),
        (parse_flag, "maybe"),
        (parse_interval, "sometimes"),
        (parse_whole, "0"),
        (parse_id, "NULL"),
    ):
        with pytest.raises(ValueError, match=text):
            parse(text)
