"""A CSV of trials: the names that other systems give its columns, and what is no trial."""

from __future__ import annotations

from datetime import date

from tests.sources.conftest import Company

CONTENT = """customer_id,Trial Start,trial_end,has_card,plan,converted on
a,2024-04-01,2024-04-15,yes,pro,
a,2024-04-01,2024-04-15,yes,pro,
b,2024-04-02,,no,,2024-04-09
c,2024-04-03,2024-04-01,,,
d,,2024-04-15,,,
e,2024-04-05,2024-04-19,,basic,2024-04-01
"""


def test_columns_are_found_and_spans_run_forward(company: Company) -> None:
    report = company.load("trials", CONTENT)
    assert (report.accepted, report.duplicate, report.rejected) == (2, 1, 3)
    reasons = [aside.reason for aside in report.rejects]
    assert "ends_at: 2024-04-01 lies before the trial began (2024-04-03)" in reasons
    assert "converted_at: 2024-04-01 lies before the trial began (2024-04-05)" in reasons
    columns = ("account_id", "started_day", "ends_day", "converted_day", "card_required", "plan_id")
    assert company.rows("trials", *columns) == [
        ("a", date(2024, 4, 1), date(2024, 4, 15), None, True, "pro"),
        ("b", date(2024, 4, 2), None, date(2024, 4, 9), False, None),
    ]


def test_a_later_file_replaces_what_is_known_of_a_trial(company: Company) -> None:
    company.load("trials", "account_id,started_at,ends_at\na,2024-04-01,2024-04-15\n")
    company.load("trials", "account_id,started_at,ends_at,card_required\na,2024-04-01,2024-04-29,true\n")
    assert company.rows("trials", "ends_day", "card_required") == [(date(2024, 4, 29), True)]
