"""What changed since a number was last shown: the right amount under the right cause, for the right accounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import InputError
from holdfast.explain.diff import Diff
from holdfast.explain.walk import exact, key_of, metric_kind
from holdfast.lake import Lake
from holdfast.metrics import catalog
from holdfast.settings import Settings
from holdfast.sources import import_files
from holdfast.workspace import Workspace
from holdfast.workspace.inquiry import cell
from holdfast.workspace.merging import merge, unmerge

HEAD = "subscription_id,account_id,valid_from,valid_to,unit_amount,currency,status\n"
FIRST = HEAD + "s1,a1,2024-01-05,,10,USD,active\ns2,a2,2024-01-05,,20,USD,active\ns3,a3,2024-01-10,,40,USD,active\n"
SHOWN = datetime(2024, 7, 3, 12, tzinfo=UTC)
LATER = datetime(2024, 8, 5, 12, tzinfo=UTC)


def bring(folder: Path, kind: str, text: str, known_at: datetime) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}.csv"
    path.write_text(text, encoding="utf-8")
    report = import_files(Lake(folder / "lake"), Settings(), kind, [path], known_at=known_at)
    assert not report.rejected, report.rejects


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bring(tmp_path, "subscriptions", FIRST, datetime(2024, 6, 1, tzinfo=UTC))
    return tmp_path


def since_shown(folder: Path, metric: str = "mrr", **question: object) -> Diff:
    with Workspace(folder) as workspace:
        question = {"period": "2024-06", **question}
        return workspace.diff(metric, SHOWN, question.pop("later", LATER), **question)  # type: ignore[arg-type]


def parts(diff: Diff) -> dict[str, tuple[Decimal | None, list[str]]]:
    """What acted: its part and the accounts that it moved."""
    return {
        step.leg.name: (step.part, sorted(one.account for one in step.accounts))
        for walk in diff.walks
        for step in walk.steps
        if step.part or step.accounts
    }


def test_a_row_that_came_late(folder: Path) -> None:
    bring(folder, "subscriptions", HEAD + "s9,a9,2024-06-10,,99,USD,active\n", datetime(2024, 7, 20, tzinfo=UTC))
    diff = since_shown(folder)
    assert parts(diff) == {"new subscription_terms": (Decimal(99), ["a9"])}
    assert (diff.walks[0].start, diff.walks[0].end) == (Decimal(70), Decimal(169))


@pytest.mark.slow
def test_a_span_that_was_corrected(folder: Path) -> None:
    bring(folder, "subscriptions", HEAD + "s2,a2,2024-01-05,,15,USD,active\n", datetime(2024, 7, 20, tzinfo=UTC))
    assert parts(since_shown(folder)) == {"changed subscription_terms": (Decimal(-5), ["a2"])}


@pytest.mark.slow
def test_an_end_that_was_learnt_late_is_churn_by_correction(folder: Path) -> None:
    ended = HEAD + "s3,a3,2024-01-10,2024-06-20,40,USD,active\n"
    bring(folder, "subscriptions", ended, datetime(2024, 7, 20, tzinfo=UTC))
    assert parts(since_shown(folder)) == {"changed subscription_terms": (Decimal(-40), ["a3"])}
    churn = since_shown(folder, "customer-churn")
    assert churn.walks[0].start == 0
    assert abs(churn.walks[0].end - Decimal(1) / 3) < Decimal("1e-15")  # type: ignore[operator]
    assert next(one.after for step in churn.walks[0].steps for one in step.accounts)["churned_accounts"] == 1


@pytest.mark.slow
def test_a_late_refund_under_a_policy_that_subtracts_them(folder: Path) -> None:
    refund = (
        "payment_id,account_id,subscription_id,paid_at,amount,currency,status,service_from,service_to\n"
        "r1,a1,s1,2024-07-01,10,USD,refunded,2024-06-05,2024-07-05\n"
    )
    bring(folder, "payments", refund, datetime(2024, 7, 20, tzinfo=UTC))
    assert parts(since_shown(folder, policy="recurly")) == {"new payments": (Decimal(-10), ["a1"])}
    assert parts(since_shown(folder)) == {}


@pytest.mark.slow
def test_a_merge_and_its_undoing(folder: Path) -> None:
    lake = Lake(folder / "lake")
    merge(lake, "a2", "a1", "one firm", datetime(2024, 7, 10, tzinfo=UTC))
    told = since_shown(folder, "mrr", column="accounts")
    assert parts(told) == {"merge": (Decimal(-1), ["a1", "a2"])}
    assert parts(since_shown(folder))["merge"] == (Decimal(0), ["a1", "a2"])
    unmerge(lake, "a2", datetime(2024, 7, 25, tzinfo=UTC))
    assert parts(since_shown(folder, "mrr", column="accounts")) == {}
    assert parts(since_shown(folder, later=datetime(2024, 7, 15, tzinfo=UTC), column="accounts"))["merge"][0] == -1


@pytest.mark.slow
def test_another_policy_of_the_company(folder: Path) -> None:
    free = HEAD + "s4,a4,2024-01-05,,30,USD,active\ns4,a4,2024-06-05,,0,USD,active\n"
    bring(folder, "subscriptions", free, datetime(2024, 6, 2, tzinfo=UTC))
    with Workspace(folder) as workspace:
        workspace.query("mrr", start="2024-06-01", end="2024-06-30")
        shown = datetime.now(UTC)
    (folder / "holdfast.toml").write_text('policy = "chartmogul"\n', encoding="utf-8")
    with Workspace(folder) as workspace:
        before = workspace.query("mrr", start="2024-06-01", end="2024-06-30", as_of=shown)
        assert before.query.policy.name == "holdfast"
        assert workspace.query("mrr", start="2024-06-01", end="2024-06-30").query.policy.name == "chartmogul"
        told = workspace.diff("mrr", shown, period="2024-06", column="accounts")
    assert parts(told) == {"policy": (Decimal(1), ["a4"])}


BILLING = [name for name, metric in catalog.load().items() if not metric.counts_events]
INVOICES = "invoice_id,account_id,subscription_id,issued_at,paid_at,amount,currency,status\n"
PAYMENTS = "payment_id,invoice_id,account_id,paid_at,amount,currency,status\n"


@pytest.mark.slow
def test_a_late_invoice_and_its_payment(folder: Path) -> None:
    bring(folder, "invoices", INVOICES + "i1,a1,s1,2024-06-05,,10,USD,open\n", datetime(2024, 7, 1, tzinfo=UTC))
    news = datetime(2024, 7, 20, tzinfo=UTC)
    late = "i1,a1,s1,2024-06-05,2024-06-25,10,USD,paid\ni2,a2,s2,2024-06-06,,20,USD,open\n"
    bring(folder, "invoices", INVOICES + late, news)
    bring(folder, "payments", PAYMENTS + "p1,i1,a1,2024-06-25,10,USD,succeeded\n", news)
    told = since_shown(folder, "payment-trends", column="attempts")
    assert parts(told)["new payments"] == (Decimal(1), ["a1"])
    assert {"changed invoices", "new invoices"} < {step.leg.name for step in told.walks[0].steps}


@pytest.mark.slow
@pytest.mark.parametrize("metric", BILLING[::2])
def test_every_walk_ends_at_what_is_known_later(metric: str, busy: Workspace) -> None:
    """News in every table that any metric reads: nothing that changed is left without a cause."""
    policy = ("holdfast", "recurly")[BILLING.index(metric) % 2]
    found = catalog.find(metric)
    question: dict[str, Any] = {"policy": policy} if found.splits else {"policy": policy, "currency": "USD"}
    period = "2024-Q2" if found.grain == "quarter" else "2024-06-15" if found.periods_ahead else "2024-06"
    ages = {"age": 1} if any(column.name == "age" for column in found.columns) else {}
    told = busy.diff(metric, SHOWN, LATER, period=period, **ages, **question)
    for query, end in ((told.earlier, False), (told.later, True)):
        answer = busy.answer(found, query)
        rows = [row for row in answer.arrow.to_pylist() if all(row[name] == value for name, value in at(told).items())]
        figures = {key_of(answer, row): exact(row[told.column]) for row in rows}
        for walk in told.walks:
            wanted = figures.get(
                walk.key, Decimal(0) if metric_kind(found, told.column) in ("money", "count") else None
            )
            assert (walk.end if end else walk.start) == wanted


def at(told: Diff) -> dict[str, Any]:
    return cell(told.metric, told.earlier, 1 if any(one.name == "age" for one in told.metric.columns) else None)


HEADS = {
    "subscriptions": HEAD,
    "invoices": INVOICES,
    "payments": PAYMENTS,
    "trials": "trial_id,account_id,started,ends,card_required\n",
    "spend": "day,amount,currency,purpose\n",
    "fx-rates": "day,from,to,rate\n",
    "cancellations": "subscription_id,requested,effective,voluntary\n",
    "plans": "plan_id,name,product\n",
}
RATES = "".join(f"2024-0{month}-{day:02},EUR,USD,1.1\n" for month in range(4, 10) for day in range(1, 29, 3))
KNOWN_THEN = (
    ("subscriptions", FIRST.removeprefix(HEAD)),
    ("trials", "t1,a7,2024-06-02,2024-06-16,true\n"),
    ("spend", "2024-06-03,100,USD,acquisition\n"),
    ("fx-rates", RATES),
    ("invoices", "i1,a1,s1,2024-06-05,,10,USD,open\n"),
    ("payments", "p0,i1,a1,2024-06-06,10,USD,failed\n"),
)
LEARNT_SINCE = (
    ("subscriptions", "s2,a2,2024-01-05,,15,USD,active\ns9,a9,2024-05-10,,99,EUR,active\n"),
    ("subscriptions", "s7,a7,2024-06-16,,30,USD,active\ns3,a3,2024-01-10,2024-06-20,40,USD,active\n"),
    ("trials", "t2,a8,2024-06-03,2024-06-17,false\nt1,a7,2024-06-02,2024-06-16,false\n"),
    ("spend", "2024-06-03,150,USD,acquisition\n2024-06-04,7,USD,acquisition\n"),
    ("fx-rates", "2024-06-16,EUR,USD,1.3\n2024-06-30,EUR,USD,1.25\n"),
    ("invoices", "i1,a1,s1,2024-06-05,2024-06-25,10,USD,paid\ni2,a2,s2,2024-06-06,,20,USD,open\n"),
    ("payments", "p1,i1,a1,2024-06-25,10,USD,succeeded\np2,i2,a2,2024-06-07,20,USD,failed\n"),
    ("cancellations", "s3,2024-06-15,2024-06-20,false\n"),
    ("plans", "gold,Gold,mail\n"),
)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A company of which something in every table was learnt between the two times."""
    folder: Path = tmp_path_factory.mktemp("busy")
    first, second = datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 7, 20, tzinfo=UTC)
    for known_at, news in ((first, KNOWN_THEN), (second, LEARNT_SINCE)):
        for kind, text in news:
            bring(folder, kind, HEADS[kind] + text, known_at)
    merge(Lake(folder / "lake"), "a2", "a1", known_at=second)
    with Workspace(folder) as workspace:
        yield workspace


@pytest.mark.slow
def test_facts_that_come_in_meanwhile(folder: Path) -> None:
    """Another process imports while the questions of one walk are asked: they are asked again, over the same facts."""
    said: list[str] = []

    def import_once(progress: str) -> None:
        said.append(progress)
        if len(said) == 2:
            bring(
                folder, "subscriptions", HEAD + "s9,a9,2024-06-10,,99,USD,active\n", datetime(2024, 7, 20, tzinfo=UTC)
            )

    with Workspace(folder) as workspace:
        told = workspace.diff("mrr", SHOWN, LATER, period="2024-06", progress=import_once)
    assert "facts came in meanwhile: asking again" in said
    assert parts(told) == {"new subscription_terms": (Decimal(99), ["a9"])}


@pytest.mark.slow
def test_an_open_month_goes_on(folder: Path) -> None:
    bring(folder, "subscriptions", HEAD + "s5,a5,2024-07-10,,7,USD,active\n", datetime(2024, 7, 1, tzinfo=UTC))
    told = since_shown(folder, period="2024-07")
    assert parts(told) == {"time": (Decimal(7), ["a5"])}


@pytest.mark.slow
def test_several_causes_add_up(folder: Path) -> None:
    news = HEAD + "s2,a2,2024-01-05,,15,USD,active\ns9,a2,2024-06-10,,99,USD,active\n"
    bring(folder, "subscriptions", news, datetime(2024, 7, 20, tzinfo=UTC))
    told = since_shown(folder)
    assert parts(told) == {
        "changed subscription_terms": (Decimal(-5), ["a2"]),
        "new subscription_terms": (Decimal(99), ["a2"]),
    }
    assert told.walks[0].difference == Decimal(94)


def test_nothing_changed(folder: Path) -> None:
    told = since_shown(folder)
    assert parts(told) == {}
    assert "Nothing that the number rests on has changed" in str(since_shown(folder, later=SHOWN))


def test_times_in_the_wrong_order_are_said(folder: Path) -> None:
    with Workspace(folder) as workspace, pytest.raises(InputError, match="name the earlier time first"):
        workspace.diff("mrr", LATER, SHOWN, period="2024-06")
