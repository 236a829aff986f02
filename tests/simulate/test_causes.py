"""What truth.json says of causes shows in the tables: counted from the facts, without asking the simulator."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow.compute as pc
import pytest

from holdfast.simulate.causes import FEATURE_EVENTS, TRIGGERS
from holdfast.simulate.model import PLANS
from tests.simulate.followed import MONTHS, Cells, Followed, account_rows, after, days, follow
from tests.simulate.made import Made, make

pytestmark = pytest.mark.slow

STATED = {trigger.name: trigger for trigger in TRIGGERS}
PAGES = ("Home", "Pricing", "Help", "Changelog")


@pytest.fixture(scope="module")
def many() -> Made:
    return make(32_000, seed=3, skipped=("events", "invoices", "payments"))


@pytest.fixture(scope="module")
def many_followed(many: Made) -> Followed:
    return follow(many)


@pytest.fixture(scope="module")
def busy() -> Made:
    """Fewer accounts whose people do enough to see it in every month."""
    return make(8_000, seed=4, rate=20.0, skipped=("invoices", "payments"))


@pytest.fixture(scope="module")
def busy_followed(busy: Made) -> Followed:
    return follow(busy)


def ratio_of(name: str, followed: Followed, begun: Cells) -> float:
    trigger = STATED[name]
    return followed.ratio(after(begun, trigger.first, trigger.last))


def champions_left(made: Made, followed: Followed) -> Cells:
    rows = made.tables["memberships"].filter(pc.equal(made.tables["memberships"]["role"], "champion"))
    rows = rows.filter(pc.is_valid(rows["valid_to_day"]))
    return followed.counted(account_rows(rows["account_id"]), days(rows["valid_to_day"]))


def piled_up(made: Made, followed: Followed) -> Cells:
    rows = made.tables["tickets"]
    opened, closed = days(rows["opened_day"]), days(rows["closed_day"])
    late = closed - opened >= 42
    return followed.counted(account_rows(rows["account_id"])[late], opened[late]) >= 3


def test_a_champion_who_left_precedes_leaving(many: Made, many_followed: Followed) -> None:
    found = ratio_of("champion left", many_followed, champions_left(many, many_followed))
    assert found == pytest.approx(STATED["champion left"].ratio, rel=0.2)


def test_the_lead_time_is_the_stated_one(many: Made, many_followed: Followed) -> None:
    """Neither in the month itself nor later than stated."""
    left = champions_left(many, many_followed)
    assert 0.75 < many_followed.ratio(left > 0) < 1.3
    assert 0.75 < many_followed.ratio(after(left, 4, 8) & ~after(left, 1, 3)) < 1.3


def test_tickets_that_stay_open_precede_leaving(many: Made, many_followed: Followed) -> None:
    found = ratio_of("unresolved tickets", many_followed, piled_up(many, many_followed))
    assert found == pytest.approx(STATED["unresolved tickets"].ratio, rel=0.25)


def test_tickets_that_are_resolved_do_nothing(many: Made, many_followed: Followed) -> None:
    rows = many.tables["tickets"]
    soon = days(rows["closed_day"]) - days(rows["opened_day"]) < 14
    count = many_followed.counted(account_rows(rows["account_id"])[soon], days(rows["opened_day"])[soon])
    assert within_sizes(many, many_followed, after(count >= 1, 1, 1)) == pytest.approx(1, abs=0.15)


def within_sizes(made: Made, followed: Followed, seen: Cells) -> float:
    """The mean ratio within accounts of one size, by those of whom it was seen: large ones do more, and leave less."""
    rows = made.tables["account_attributes"]
    rows = rows.filter(pc.equal(rows["name"], "company_size"))
    size = np.empty(followed.size, dtype=object)
    size[account_rows(rows["account_id"])] = rows["text"].to_pylist()
    found = []
    for name in ("1-10", "11-50", "51-200"):
        of_size = np.broadcast_to((size == name)[:, None], seen.shape)
        found.append((followed.ratio(seen, of_size), (seen & of_size & followed.at_risk).sum()))
    ratios, weights = zip(*found, strict=True)
    return float(np.average(ratios, weights=weights))


def reached(made: Made, followed: Followed, name: str) -> Cells:
    """The first months at a limit."""
    gauges = made.tables["usage_gauges"].filter(pc.equal(made.tables["usage_gauges"]["limit_name"], name))
    account = account_rows(gauges["account_id"])
    month = followed.month(account, days(gauges["measured_day"]))
    kept = (month >= 0) & (month < MONTHS)
    used = np.zeros((followed.size, MONTHS))
    used[account[kept], month[kept]] = gauges["used"].to_numpy()[kept]
    limits = np.array([plan.limits[name] or np.inf for plan in PLANS])
    full = (followed.plan >= 0) & (used == limits[followed.plan])
    return full & ~np.pad(full, ((0, 0), (1, 0)))[:, :-1]


def test_a_limit_that_is_reached_precedes_leaving_and_larger_plans(many: Made, many_followed: Followed) -> None:
    full = reached(many, many_followed, "projects")
    starters = many_followed.plan == 0
    acting = after(full, 1, 3)
    assert many_followed.ratio(acting, starters) == pytest.approx(STATED["limit reached"].ratio, rel=0.2)
    rises = np.zeros_like(starters)
    rises[:, 1:] = (many_followed.plan[:, 1:] > many_followed.plan[:, :-1]) & (many_followed.plan[:, :-1] == 0)
    was_starter = np.zeros_like(starters)
    was_starter[:, 1:] = starters[:, :-1]
    base = many_followed.at_risk & was_starter
    rate = [(rises & base & which).sum() / (base & which).sum() for which in (acting, ~acting)]
    assert rate[0] / rate[1] == pytest.approx(many.truth.expansion["limit reached"], rel=0.25)


def test_members_who_leave_do_nothing(many: Made, many_followed: Followed) -> None:
    rows = many.tables["memberships"]
    gone = pc.and_(pc.not_equal(rows["role"], "champion"), pc.is_valid(rows["valid_to_day"]))
    rows = rows.filter(gone)
    left = many_followed.counted(account_rows(rows["account_id"]), days(rows["valid_to_day"]))
    assert within_sizes(many, many_followed, after(left, 1, 3)) == pytest.approx(1, abs=0.2)


def test_the_truth_counts_what_the_ratios_say(many: Made) -> None:
    for name, found in many.truth.triggers.items():
        assert found["at_risk"] > 2_000, name
        assert found["decided"] / found["expected_without"] == pytest.approx(found["ratio"], rel=0.15), name


def uses(made: Made, followed: Followed, names: tuple[str, ...] | None = None, kind: str = "track") -> Cells:
    """Events of each account and month."""
    rows = made.tables["events"]
    chosen = pc.and_(pc.equal(rows["type"], kind), pc.is_valid(rows["account_id"]))
    if names:
        chosen = pc.and_(chosen, pc.is_in(rows["event"], value_set=pc.cast(list(names), "string")))
    rows = rows.select(["account_id", "occurred_day"]).filter(chosen)
    return followed.counted(account_rows(rows["account_id"]), days(rows["occurred_day"]))


def test_use_that_falls_precedes_leaving(busy: Made, busy_followed: Followed) -> None:
    count = uses(busy, busy_followed).astype(float)
    fell = np.zeros(count.shape, dtype=bool)
    before = np.maximum(count[:, :-3], 1)
    fell[:, 3:] = (count[:, :-3] >= 20) & (count[:, 1:-2] < 0.8 * before) & (count[:, 2:-1] < 0.5 * before)
    alive = np.zeros_like(fell)
    alive[:, 1:] = count[:, :-1] > 0
    assert 1.9 < busy_followed.ratio(fell & alive) < 4.2


def test_a_month_of_silence_precedes_leaving(busy: Made, busy_followed: Followed) -> None:
    count = uses(busy, busy_followed)
    silent = np.zeros(count.shape, dtype=bool)
    silent[:, 2:] = (count[:, 1:-1] == 0) & (count[:, :-2] > 0)
    assert 1.9 < busy_followed.ratio(silent) < 4.2


def test_narrow_use_precedes_leaving(busy: Made, busy_followed: Followed) -> None:
    features = np.zeros((busy_followed.size, MONTHS))
    for plan_feature in PLANS[-1].features:
        features += uses(busy, busy_followed, FEATURE_EVENTS[plan_feature]) > 0
    sizes = np.array([len(plan.features) for plan in PLANS])
    narrow = features / sizes[busy_followed.plan] <= 0.4
    seen, active = np.zeros(narrow.shape, dtype=bool), np.zeros(narrow.shape, dtype=bool)
    seen[:, 1:], active[:, 1:] = narrow[:, :-1], uses(busy, busy_followed)[:, :-1] > 15
    found = busy_followed.ratio(seen, active)
    assert found == pytest.approx(busy.truth.triggers["narrow use"]["ratio"], rel=0.25)


def test_page_views_and_searches_do_nothing(busy: Made, busy_followed: Followed) -> None:
    tracked = np.maximum(uses(busy, busy_followed), 1)
    active = np.zeros(tracked.shape, dtype=bool)
    active[:, 1:] = tracked[:, :-1] > 10
    for share in (
        uses(busy, busy_followed, PAGES, "page") / tracked,
        uses(busy, busy_followed, ("Search Used",)) / tracked,
    ):
        seen = np.zeros(tracked.shape, dtype=bool)
        seen[:, 1:] = share[:, :-1] > np.median(share[active & (share > 0)])
        assert busy_followed.ratio(seen, active) == pytest.approx(1, abs=0.15)


def test_exports_follow_the_decision(busy: Made, busy_followed: Followed) -> None:
    exports = uses(busy, busy_followed, ("Data Exported",)) > 0
    assert busy_followed.ratio(exports) > 3
    assert busy_followed.ratio(after(exports, 2, 4)) < 1.5


def test_what_trials_do_and_whether_they_pay(busy: Made) -> None:
    """The steps convert; comments go with invitations and convert nobody; other features do nothing."""
    trials, paid = trial_events(busy)
    kind = {row["account_id"]: row["card_required"] for row in busy.rows("trials")}

    def ratio(event: str, among: set[str]) -> float:
        found = []
        for card in (True, False):
            own = {account for account in among if kind[account] == card}
            with_it = {account for account in own if event in trials[account]}
            rates = [len(some & paid) / len(some) for some in (with_it, own - with_it)]
            found.append((rates[0] / rates[1], len(own)))
        return float(np.average([r for r, _ in found], weights=[n for _, n in found]))

    everyone = set(kind)
    stated = busy.truth.conversion["causes"]
    invited = {account for account in everyone if "Invite Sent" in trials[account]}
    boarded = {account for account in everyone if "Board Created" in trials[account]}
    assert ratio("Invite Sent", boarded) == pytest.approx(stated["Invite Sent"], rel=0.15)
    assert ratio("Board Created", everyone - invited) == pytest.approx(stated["Board Created"], rel=0.3)
    assert ratio("Comment Added", everyone) > 1.12
    assert ratio("Comment Added", invited & boarded) == pytest.approx(1, abs=0.12)
    assert ratio("Calendar Opened", everyone) == pytest.approx(1, abs=0.12)
    assert ratio("Onboarding Completed", invited & boarded) == pytest.approx(1, abs=0.12)


def trial_events(made: Made) -> tuple[dict[str, set[str]], set[str]]:
    """The names of the events of each account's trial, where it is over by now, and the accounts that ever paid."""
    ends = {row["account_id"]: row["ends_day"] for row in made.rows("trials")}
    events, found = made.tables["events"], defaultdict(set)
    events = events.filter(pc.is_in(events["account_id"], value_set=pc.cast(list(ends), "string")))
    for account, name, when in zip(
        *(events[column].to_pylist() for column in ("account_id", "event", "occurred_day")),
        strict=True,
    ):
        if when < ends[account]:
            found[account].add(name)
    terms = made.tables["subscription_terms"]
    return found, set(terms.filter(pc.not_equal(terms["status"], "trialing"))["account_id"].to_pylist())
