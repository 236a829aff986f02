"""The model: a case computed by hand, and what must hold whatever the company."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import InputError
from holdfast.insights.changes import Change, Changes, annual_retention, monthly_churn
from holdfast.insights.hazards import Hazards, Observed
from holdfast.insights.what_if import Company, Group, what_if

HAZARDS = Hazards({1: Observed(100, 20), 2: Observed(80, 8), 3: Observed(60, 3)})
"""20 %, 10 % and 5 %; later months as the third."""
COMPANY = Company(
    groups={1: Group(10, 500.0), 3: Group(40, 4000.0)},
    hazards=HAZARDS,
    new_customers=20,
    sale_price=50.0,
    expansion=0.03,
    contraction=0.01,
    margin=0.8,
)


def test_two_months_by_hand() -> None:
    found = what_if(COMPANY, Changes.read(price="+10%"), months=2)
    # month 1: 10 x 0.8 and 40 x 0.95 stay, 20 come; month 2: 8 x 0.9, 38 x 0.95 and 20 x 0.8 stay, 20 come
    assert [month.customers for month in found.base.months] == pytest.approx([50, 8 + 38 + 20, 7.2 + 36.1 + 16 + 20])
    first = 500 * 0.8 * 1.02 + 4000 * 0.95 * 1.02 + 20 * 50
    second = 500 * 0.8 * 0.9 * 1.02**2 + 4000 * 0.95**2 * 1.02**2 + 20 * 50 * 0.8 * 1.02 + 20 * 50
    assert [month.mrr for month in found.base.months] == pytest.approx([4500, first, second])
    assert found.base.revenue == pytest.approx(first + second)
    # left: 2 + 2 of 50, then 0.8 + 1.9 + 4 of 66
    assert found.base.churn == pytest.approx(10.7 / 116)
    assert found.base.ltv == pytest.approx(90 * 0.8 / (10.7 / 116))
    assert [month.mrr for month in found.changed.months] == pytest.approx([4500, first * 1.1, second * 1.1])
    assert found.changed.ltv == pytest.approx(found.base.ltv * 1.1)
    assert found.changed.months[-1].customers == found.base.months[-1].customers


def test_a_change_in_churn_by_hand() -> None:
    base = 4 / 50
    found = what_if(COMPANY, Changes.read(churn="-2pp"), months=1)
    factor = (base - 0.02) / base
    assert found.churn_factor == pytest.approx(factor)
    assert found.changed.months[1].customers == pytest.approx(10 * (1 - 0.2 * factor) + 40 * (1 - 0.05 * factor) + 20)
    assert found.changed.churn == pytest.approx(base - 0.02)


def test_a_change_in_retention_is_the_monthly_hazard_that_compounds_to_it() -> None:
    found = what_if(COMPANY, Changes.read(retention="+5pp"), months=1)
    assert annual_retention(found.changed.churn) == pytest.approx(annual_retention(found.base.churn) + 0.05)


def test_churn_then_retention() -> None:
    both = Changes.read(churn="-10%", retention="+5pp").churn_factor(0.05)
    assert both * 0.05 == pytest.approx(monthly_churn(annual_retention(0.045) + 0.05))


@pytest.mark.parametrize("nothing", [{"churn": "0pp"}, {"retention": "-0pp"}, {"price": "+0%"}, {"churn": "0%"}])
def test_no_change_is_a_difference_of_exactly_zero(nothing: dict[str, str]) -> None:
    found = what_if(COMPANY, Changes.read(**nothing), months=24)
    assert found.base == found.changed


SHARES = st.floats(0, 1, allow_subnormal=False)
COMPANIES = st.builds(
    Company,
    groups=st.dictionaries(st.integers(1, 40), st.builds(Group, st.floats(1, 1e4), st.floats(1, 1e6)), min_size=1),
    hazards=st.builds(
        Hazards,
        st.dictionaries(
            st.integers(1, 40), st.tuples(st.integers(1, 200), SHARES).map(lambda t: Observed(t[0], int(t[0] * t[1])))
        ),
    ),
    new_customers=st.floats(0, 1000),
    sale_price=st.floats(0, 1000),
    expansion=st.floats(0, 0.2),
    contraction=st.floats(0, 0.2),
)


@settings(max_examples=30, deadline=None)
@given(COMPANIES, st.integers(0, 100))
def test_lower_churn_never_lowers_and_higher_churn_never_raises(company: Company, percent: int) -> None:
    if not what_if(company, Changes.read(price="0%")).base.churn:
        return
    lower = what_if(company, Changes.read(churn=f"-{percent}%"))
    higher = what_if(company, Changes.read(churn=f"+{percent}%")) if lower.base.churn <= 0.5 else None
    for base, changed in zip(lower.base.months, lower.changed.months, strict=True):
        assert changed.mrr >= base.mrr and changed.customers >= base.customers
    if higher is not None:
        for base, changed in zip(higher.base.months, higher.changed.months, strict=True):
            assert changed.mrr <= base.mrr and changed.customers <= base.customers


@settings(max_examples=30, deadline=None)
@given(COMPANIES)
def test_nobody_is_lost_on_the_way(company: Company) -> None:
    months = what_if(company, Changes.read(price="+0%")).base.months
    for before, after in pairwise(months):
        assert 0 <= after.customers <= before.customers + company.new_customers + 1e-6


def test_each_well_known_month_stands_for_itself_and_others_borrow() -> None:
    known = Hazards({1: Observed(100, 20), 2: Observed(20, 1), 3: Observed(8, 1), 4: Observed(2, 0)})
    assert known.of(1) == 0.2
    assert known.of(2) == 22 / 128  # 20 are too few: with months 1 and 3
    assert known.of(3) == 2 / 30  # 8, and 30 with months 2 and 4 are enough
    assert known.of(4) == 2 / 30  # 2, 10, 30
    assert known.of(40) == 2 / 30
    assert [known.borrowed(month) for month in (1, 2, 5)] == [False, True, True]
    assert (known.at_risk, known.churned, known.last_known) == (130, 22, 1)
    assert Hazards({}).of(1) == 0.0


@pytest.mark.parametrize(
    ("written", "size", "relative"),
    [
        ("-1pp", -0.01, False),
        ("+5 pp", 0.05, False),
        ("−2.5pp", -0.025, False),
        ("3%", 0.03, True),
        ("-.5%", -0.005, True),
    ],
)
def test_changes_are_read(written: str, size: float, relative: bool) -> None:
    change = Change.read("churn", written)
    assert (float(change.size), change.relative) == (size, relative)


@pytest.mark.parametrize("written", ["", "1", "pp", "-1", "1 points", "+-1pp", "1e3%", "-200%", "5000pp"])
def test_what_is_no_change_is_refused(written: str) -> None:
    with pytest.raises(InputError, match="--churn"):
        Change.read("churn", written)


def test_a_price_moves_by_percent_only() -> None:
    with pytest.raises(InputError, match=r"--price '\+3pp' cannot be read; it takes a percentage, such as \+3%"):
        Changes.read(price="+3pp")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"churn": "-10pp"}, r"--churn −10 points is not possible: churn is 8.0 % a month, so it would become −2.0 %"),
        ({"retention": "+90pp"}, r"--retention \+90 points is not possible"),
    ],
)
def test_an_impossible_change_says_how_far_it_can_go(changes: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        what_if(COMPANY, Changes.read(**changes), months=1)
    assert refused.value.hint is not None
    assert refused.value.hint.startswith("it can fall by up to")


def test_where_nobody_left_there_is_no_churn_to_change() -> None:
    still = Company({1: Group(50, 500.0)}, Hazards({1: Observed(50, 0)}), 1, 1.0, 0.0, 0.0)
    with pytest.raises(InputError, match="no customer has left so far"):
        what_if(still, Changes.read(churn="+1pp"))
    assert what_if(still, Changes.read(price="+1%")).base.ltv is None
    with pytest.raises(InputError, match="nothing is changed"):
        Changes.read()
