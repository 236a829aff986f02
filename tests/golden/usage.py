"""Worked examples of usage metrics: events, a question, and the rows by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction as F  # noqa: N817 (tables of numbers)
from itertools import chain, count
from typing import Any

from tests.oracle import Account, Question, Trial
from tests.oracle.days import add_months
from tests.oracle.facts import UsageRules
from tests.oracle.usage_facts import Gauge, Link, Membership, UsageEvent, UsageFacts

from .cases import Case, ask, row

NUMBERS = count()
JAN, FEB, MARCH, APRIL = (date(2024, month, 1) for month in (1, 2, 3, 4))
TODAY = date(2024, 4, 10)


def on(month: int, day: int) -> date:
    return date(2024, month, day)


def did(user: str | None, when: str, event: str = "view", account: str | None = None, **more: Any) -> UsageEvent:
    """An event at a time in UTC such as 01-03T09:00 of 2024; noon where only a day is given."""
    text = when if "T" in when else f"{when}T12:00"
    text = text if len(text) > 11 else f"2024-{text}"
    at = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return UsageEvent(f"m{next(NUMBERS)}", event, at, user, account_id=account, **more)


def facts(*events: UsageEvent, **more: Any) -> UsageFacts:
    return UsageFacts(more.pop("rows", ()), events=events, **more)


def share(part: int, whole: int) -> F | None:
    return F(part, whole) if whole else None


# activity

PLACES = (Account("a1", None, {"country": "DE"}), Account("a2", None, {"country": "FR"}))
SMALL = facts(
    did("u1", "01-03", account="a1"), did("u1", "01-03T15:00", account="a1"), did("u1", "01-20", "report", "a1"),
    did("u2", "01-10", account="a1"), did("u1", "02-05", account="a1"), did("u3", "02-01", account="a2"),
    did("u5", "02-02", account="a1", type="page"), did("u5", "02-02", "Identify", type="identify"),
    did("u6", "02-02", "heartbeat"), did("u2", "03-02", account="a1"), did("u4", "03-31"),
    did("u7", "04-11"),
    accounts=PLACES,
    rows=(
        row("s1", "a1", JAN, 10, valid_to=on(2, 10), plan_id="basic"), row("s1", "a1", on(2, 10), 20, plan_id="pro"),
    ),
)  # fmt: skip
"""u1 and u2 of a1, which goes from basic to pro; u3 of a2, which pays nothing; u4 of no account; no one else counts."""
QUIET = UsageRules(ignored=("heartbeat",))


def small(metric: str, start: date = JAN, end: date = MARCH, today: date = TODAY, **more: Any) -> Question:
    return ask(metric, start, end, today, usage=QUIET, **more)


def months(column: str, values: Sequence[Any], first: date = JAN, **more: Any) -> list[dict[str, Any]]:
    return [{"period": add_months(first, n), **more, column: value} for n, value in enumerate(values)]


def lives(first: date, values: Sequence[tuple[int, int, int, int]], **more: Any) -> list[dict[str, Any]]:
    names = ("new", "returning", "resurrected", "dormant")
    return [
        {"period": add_months(first, n), **more, **dict(zip(names, value, strict=True))}
        for n, value in enumerate(values)
    ]


def sticky(period: date, mean: F | None, active: int, **more: Any) -> dict[str, Any]:
    return {"period": period, "mean_daily": mean, "active": active, "rate": mean / active if mean else None, **more}


def activity_cases() -> list[Case]:
    nobody, by = (0, 0, 0, 0), {"by": ("plan",)}
    return [
        Case("people active in a month", SMALL, small("active-users"), months("active", (2, 2, 2))),
        Case("nothing after the as-of day has happened", SMALL, small("active-users", end=APRIL),
             months("active", (2, 2, 2, 0))),
        Case("accounts active in a month", SMALL, small("active-accounts"), months("active", (1, 2, 1))),
        Case("active by country; events of no account stand in null", SMALL, small("active-users", by=("country",)),
             [*months("active", (2, 1, 1), country="DE"), *months("active", (0, 1, 0), country="FR"),
              *months("active", (0, 0, 1), country=None)]),
        Case("accounts have no null country here", SMALL, small("active-accounts", by=("country",)),
             [*months("active", (1, 1, 1), country="DE"), *months("active", (0, 1, 0), country="FR")]),
        Case("active where the country is DE", SMALL, small("active-users", where={"country": "DE"}),
             months("active", (2, 1, 1))),
        Case("active by cohort", SMALL, small("active-users", by=("cohort",)),
             [*months("active", (2, 1, 1), cohort=JAN), *months("active", (0, 1, 1), cohort=None)]),
        Case("one person in two groups", facts(did("u", "01-02", account="a1"), did("u", "01-03", account="a2"),
                                               accounts=PLACES),
             small("active-users", end=JAN, by=("account",)),
             [*months("active", (1,), account="a1"), *months("active", (1,), account="a2")]),
        Case("lifecycle of people", SMALL, small("lifecycle", end=APRIL),
             lives(JAN, ((2, 0, 0, 0), (1, 1, 0, 1), (1, 0, 1, 2), (0, 0, 0, 2)))),
        Case("lifecycle of accounts", SMALL, small("lifecycle", end=APRIL, of="accounts"),
             lives(JAN, ((1, 0, 0, 0), (1, 1, 0, 0), (0, 1, 0, 1), (0, 0, 0, 1)))),
        Case("lifecycle looks back before the range; a period to come is empty", SMALL,
             small("lifecycle", MARCH, date(2024, 5, 1)), lives(MARCH, ((1, 0, 1, 2), (0, 0, 0, 2), nobody))),
        Case("a change of plan makes nobody dormant", SMALL, small("lifecycle", **by),
             [*lives(JAN, ((2, 0, 0, 0), nobody, nobody), plan="basic"),
              *lives(JAN, (nobody, (0, 1, 0, 1), (0, 0, 1, 1)), plan="pro"),
              *lives(JAN, (nobody, (1, 0, 0, 0), (1, 0, 0, 1)), plan=None)]),
        Case("stickiness divides by all days of the month", SMALL, small("stickiness", end=FEB),
             [sticky(JAN, F(3, 31), 2), sticky(FEB, F(2, 29), 2)]),
        Case("stickiness of an open month divides by the days so far", SMALL,
             small("stickiness", end=FEB, today=on(1, 20)), [sticky(JAN, F(3, 20), 2), sticky(FEB, None, 0)]),
        Case("days active in a week", SMALL, small("active-days", on(1, 1), on(1, 8), grain="week"),
             [{"period": week, "days": n, "people": 1 if n == 1 else 0}
              for week in (on(1, 1), on(1, 8)) for n in range(1, 8)]),
        Case("twice a week", facts(did("u", "01-02"), did("u", "01-04"), did("v", "01-07")),
             small("active-days", end=JAN, grain="week", week_start="sunday"),
             [{"period": date(2023, 12, 31), "days": n, "people": 1 if n == 2 else 0} for n in range(1, 8)]),
        Case("use by feature", SMALL, small("account-usage", on(1, 15), on(1, 22), grain="week",
                                            where={"account": "a1"}),
             [{"period": on(1, 15), "feature": "report", "events": 1, "active_days": 1, "people": 1},
              *({"period": day, "feature": name, "events": 0, "active_days": 0, "people": 0}
                for day, name in ((on(1, 15), "view"), (on(1, 22), "report"), (on(1, 22), "view")))]),
    ]  # fmt: skip


# who did it

LATE = facts(
    did(None, "01-02", anonymous_id="x"), did("u", "01-03"), did(None, "01-04", anonymous_id="y"),
    did("v", "02-03"), did(None, "02-04", anonymous_id="x"), did(None, "02-05"),
    links=(Link("x", "u", on(3, 1)), Link("x", "v", on(3, 2)), Link("y", "y", on(1, 4))),
)  # fmt: skip
"""x is u, whom it was linked to first; y is somebody else; the last event is nobody's."""


def shared(users: int) -> UsageFacts:
    """A device that so many users signed in on."""
    people = [f"u{n}" for n in range(users)]
    return facts(
        did(None, "01-02", anonymous_id="device"), *(did(user, "01-03") for user in people),
        links=tuple(Link("device", user, on(1, 3)) for user in people),
    )  # fmt: skip


def many(ids: int) -> UsageFacts:
    names = [f"x{n:02}" for n in range(ids)]
    return facts(
        did("u", "01-02"), *(did(None, "01-02", anonymous_id=name) for name in names),
        links=tuple(Link(name, "u", on(1, 3)) for name in names),
    )  # fmt: skip


CHAIN = facts(
    did("old", "01-02"), did("new", "01-03"), did(None, "01-04", anonymous_id="x"),
    did("p", "02-02"), did("q", "02-03"),
    links=(Link("x", "old", on(1, 5)), Link("old", "new", on(1, 6)), Link("p", "q", on(2, 4)),
           Link("q", "p", on(2, 5))),
)  # fmt: skip

TEAMS = facts(
    did("u", "01-05"), did("u", "01-15"), did("u", "01-25"), did("w", "02-01", account="named"),
    did(None, "01-12", anonymous_id="x"),
    memberships=(
        Membership("a1", "u", on(1, 1), on(1, 20)), Membership("a2", "u", on(1, 10), on(1, 26)),
        Membership("a3", "w", None, None),
    ),
    links=(Link("x", "v", on(1, 30)),),
)  # fmt: skip
"""u belongs to a1, to both, to a2; w's event names its account."""


def identity_cases() -> list[Case]:
    days = small("active-users", on(1, 1), on(1, 7), grain="week")
    daily = small("active-accounts", on(1, 1), on(1, 31), by=("account",))
    return [
        Case("a late link acts on what was before", LATE, small("active-users", end=FEB), months("active", (2, 2))),
        Case("a link after the as-of day is not known", LATE, small("active-users", end=FEB, today=on(2, 20)),
             months("active", (3, 2))),
        Case("five users on one device", shared(5), days, months("active", (5,))),
        Case("six users on one device", shared(6), days, months("active", (7,))),
        Case("fifty ids of one person", many(50), days, months("active", (1,))),
        Case("the 51st id stands for itself", many(51), days, months("active", (2,))),
        Case("links are followed to the end, circles too", CHAIN, small("active-users", end=FEB),
             months("active", (1, 1))),
        Case("an event belongs to the one account of its person", TEAMS, daily,
             [*months("active", (1,), account="a1"), *months("active", (1,), account="a2"),
              *months("active", (0,), account="named")]),
        Case("merged accounts are one", replace(TEAMS, merges={"a2": "a1"}), daily,
             [*months("active", (1,), account="a1"), *months("active", (0,), account="named")]),
        Case("with --as-of, only what had come in is known",
             facts(did("u", "01-02", received=datetime(2024, 1, 2, tzinfo=UTC)),
                   did("v", "01-02", received=datetime(2024, 2, 3, tzinfo=UTC))),
             small("active-users", end=JAN, as_of=datetime(2024, 2, 1, tzinfo=UTC)), months("active", (1,))),
    ]  # fmt: skip


def zone_cases() -> list[Case]:
    """The same instants in several calendars; Apia had no 30 December 2011."""
    apia = facts(did("u", "2011-12-30T09:59"), did("v", "2011-12-30T10:00"), timezone="Pacific/Apia")
    cairo = facts(did("u", "04-25T21:59"), did("v", "04-25T22:00"), timezone="Africa/Cairo")
    howe = facts(did("u", "03-31T12:59"), did("v", "03-31T13:00"), timezone="Australia/Lord_Howe")
    skipped = [(date(2011, 12, 29), 1), (date(2011, 12, 30), 0), (date(2011, 12, 31), 1)]
    before_dawn = facts(
        UsageEvent("d1", "view", None, "u", day=on(4, 26)), did("u", "04-26T22:30"), timezone="Africa/Cairo"
    )
    return [
        Case("Apia skips a day", apia, small("active-users", skipped[0][0], skipped[2][0], grain="day"),
             [{"period": day, "active": active} for day, active in skipped]),
        Case("Cairo skips midnight", cairo, small("active-users", on(4, 25), on(4, 26), on(5, 1), grain="day"),
             [{"period": on(4, 25), "active": 1}, {"period": on(4, 26), "active": 1}]),
        Case("Lord Howe is eleven hours ahead in summer", howe,
             small("active-users", on(3, 31), on(4, 1), on(5, 1), grain="day"),
             [{"period": on(3, 31), "active": 1}, {"period": on(4, 1), "active": 1}]),
        Case("an event without an instant lies at the start of its day", before_dawn,
             returned(on(4, 26), on(4, 27), on(5, 1), grain="day", mode="rolling", entry="recurring"),
             [*triangle(((1, 1), (1,)), on(4, 26), 1), ]),
    ]  # fmt: skip


# retention


def returned(start: date, end: date, today: date = TODAY, grain: str = "week", **more: Any) -> Question:
    return ask("usage-retention", start, end, today, grain=grain, period=grain, **more)


def triangle(counts: Iterable[Sequence[int]], first: date, days: int, **more: Any) -> list[dict[str, Any]]:
    """Rows of a triangle: each line has those retained at age 0, 1, ...; age 0 is all of the cohort."""
    rows = []
    for number, line in enumerate(counts):
        cohort = first + timedelta(days=number * days) if days else add_months(first, number)
        for age, retained in enumerate(line):
            people = {"people": line[0], "retained": retained, "rate": share(retained, line[0])}
            rows.append({"cohort": cohort, "age": age, **people, **more})
    return rows


def finished(rows: list[dict[str, Any]], *flags: Sequence[int]) -> list[dict[str, Any]]:
    """Rows with the flag complete, line by line."""
    return [one | {"complete": bool(flag)} for one, flag in zip(rows, chain(*flags), strict=True)]


def posthog_day() -> Case:
    """PostHog's retention tests (github.com/PostHog/posthog, commit 026462be, MIT): `day_interval_recurring`."""
    days = {"person1": (0, 1, 2, 5, 6), "person2": (1, 2, 3, 6)}
    events = [did(name, f"2020-06-{10 + n}T05:00") for name, own in days.items() for n in own]
    known = facts(*events, did("alias1", "2020-06-15T09:00"), links=(Link("alias1", "person1"),))
    expected = [
        [1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0], [2, 2, 1, 0, 1, 2, 0, 0, 0, 0], [2, 1, 0, 1, 2, 0, 0, 0, 0],
        [1, 0, 0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [2, 0, 0, 0, 0], [0, 0, 0, 0],
        [0, 0, 0], [0, 0], [0],
    ]  # fmt: skip
    first = date(2020, 6, 10)
    question = returned(first, date(2020, 6, 20), grain="day", entry="recurring")
    return Case("PostHog: days, recurring", known, question, triangle(expected, first, 1, complete=True))


def posthog_month() -> Case:
    """The same tests: `month_interval`."""
    active = {"person1": (1, 2, 3, 5, 6, 9), "person2": (1, 2, 3, 6, 7, 11)}
    events = [did(name, f"2020-{month:02}-10T05:00") for name, own in active.items() for month in own]
    expected = [
        [2, 2, 2, 0, 1, 2, 1, 0, 1, 0, 1], [2, 2, 0, 1, 2, 1, 0, 1, 0, 1], [2, 0, 1, 2, 1, 0, 1, 0, 1],
        [0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 1, 0, 0], [2, 1, 0, 1, 0, 1], [1, 0, 0, 0, 1], [0, 0, 0, 0],
        [1, 0, 0], [0, 0], [1],
    ]  # fmt: skip
    first = date(2020, 1, 1)
    question = returned(first, date(2020, 11, 30), grain="month", entry="recurring")
    return Case("PostHog: months, recurring", facts(*events), question, triangle(expected, first, 0, complete=True))


def definitions_case() -> Case:
    """Cohort 9,644, retained 6,633: 68.8 %."""
    people = [f"u{n:05}" for n in range(9644)]
    known = facts(*(did(user, "01-02") for user in people), *(did(user, "01-09") for user in people[:6633]))
    question = returned(on(1, 1), on(1, 14), today=on(1, 15))
    return Case(
        "9,644 people, 6,633 return", known, question, triangle(((9644, 6633), (0,)), on(1, 1), 7, complete=True)
    )


VISITS = facts(
    did("p1", "01-01T10:00", "signup"), did("p1", "01-01"), did("p1", "01-09"), did("p1", "01-09T13:00"),
    did("p1", "01-23"), did("p2", "01-03", "signup"), did("p2", "01-16"), did("p3", "01-08", "signup"),
    did("p3", "01-09"), did("old", "2023-12-30", "signup"), did("old", "01-02"),
)  # fmt: skip
MOVED = facts(
    did("u", "01-02", account="a1"), did("u", "01-09", account="a2"), did("v", "01-03", account="a2"),
    did("v", "01-10", account="a2"), accounts=PLACES,
)  # fmt: skip
NIGHT = facts(did("x", "01-01T20:00"), did("x", "01-02T10:00"), did("x", "01-03T21:00"))


def retention_cases() -> list[Case]:
    first, last = on(1, 1), on(1, 28)
    signup = returned(first, last, start_event="signup", return_event="view")
    rest = ((1, 0, 0), (0, 0), (0,))
    rolling = finished(triangle(((2, 2, 0, 1), *rest), first, 7), (1, 1, 1, 0), (1, 1, 0), (1, 0), (1,))
    days = returned(first, on(1, 3), grain="day")
    return [
        posthog_day(), posthog_month(), definitions_case(),
        Case("first sign-up, then a view", VISITS, signup, triangle(((2, 1, 1, 1), *rest), first, 7, complete=True)),
        Case("two views in the period", VISITS, replace(signup, min_events=2),
             triangle(((2, 1, 0, 0), *rest), first, 7)),
        Case("in the period or later", VISITS, replace(signup, return_on="on-or-after"),
             triangle(((2, 2, 2, 1), *rest), first, 7)),
        Case("two views in one period, or later", VISITS, replace(signup, return_on="on-or-after", min_events=2),
             triangle(((2, 1, 0, 0), *rest), first, 7)),
        Case("nothing after the range is looked at", VISITS,
             replace(signup, return_on="on-or-after", end=on(1, 21)),
             triangle(((2, 2, 1), (1, 0), (0,)), first, 7)),
        Case("a week that is not over is not complete", VISITS, replace(signup, today=last),
             finished(triangle(((2, 1, 1, 1), *rest), first, 7), (1, 1, 1, 0), (1, 1, 0), (1, 0), (0,))),
        Case("periods to come are left out", VISITS, replace(signup, today=on(1, 16)),
             finished(triangle(((2, 1, 1), (1, 0), (0,)), first, 7), (1, 1, 0), (1, 0), (0,))),
        Case("weeks from each one's own start", VISITS, replace(signup, mode="rolling"), rolling),
        Case("any event, by the calendar's days", NIGHT, days, triangle(((1, 1, 1), (0, 0), (0,)), first, 1)),
        Case("any event, by 24 hours", NIGHT, replace(days, mode="rolling"),
             triangle(((1, 0, 1), (0, 0), (0,)), first, 1)),
        Case("who comes back in another account is retained", MOVED, returned(first, on(1, 14)),
             triangle(((2, 2), (0,)), first, 7)),
        Case("but not in the row of the country", MOVED, returned(first, on(1, 14), by=("country",)),
             [*triangle(((1, 0), (0,)), first, 7, country="DE"), *triangle(((1, 1), (1,)), first, 7, country="FR")]),
        Case("retention of accounts", MOVED, returned(first, on(1, 14), of="accounts"),
             triangle(((2, 1), (0,)), first, 7)),
    ]  # fmt: skip


# features

OFFERS = (("basic", "mail", True), ("pro", "mail", True), ("pro", "chat", True), ("basic", "chat", False))
TOOLS = UsageRules(features=(("mail", ("send", "read")), ("chat", ("talk",))))
ADOPTING = facts(
    did("u1", "01-02", "send", "a1"), did("u2", "01-03", "talk", "a1"), did("u3", "01-04", "talk", "a2"),
    did("u4", "01-05", "read", "t1"), did("u5", "01-06", "talk", "n1"), did("u6", "01-06", "other", "a2"),
    did("u1", "02-03", "talk", "a1"),
    rows=(row("s1", "a1", JAN, 10, plan_id="pro"), row("s2", "a2", JAN, 10, plan_id="basic"),
          row("s3", "a3", JAN, 10, plan_id="pro"), row("s4", "f1", JAN, 0, plan_id="pro")),
    trials=(Trial("t1", on(1, 3), on(2, 3), plan_id="pro"),),
    plan_features=OFFERS,
)  # fmt: skip
"""a1 and a3 pay for pro, a2 for basic, t1 tries pro until 3 February, f1 has pro for nothing, n1 has no plan."""


def adopted(feature: str, *counts: int, period: date = JAN, **more: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"period": period, "feature": feature, **more}
    for prefix, eligible, adopters in zip(("", "trial_", "paying_"), counts[::2], counts[1::2], strict=True):
        rate = share(adopters, eligible)
        shown |= {f"{prefix}eligible": eligible, f"{prefix}adopters": adopters, f"{prefix}rate": rate}
    return shown


def large_adoption() -> Case:
    """12,800 eligible, 3,560 adopters: 27.81 %."""
    names = [f"a{n:05}" for n in range(12800)]
    known = facts(*(did("u", "01-02", "report" if n < 3560 else "login", name) for n, name in enumerate(names)))
    question = ask("feature-adoption", JAN, JAN, FEB, of="accounts", usage=UsageRules(features=(("r", ("report",)),)))
    return Case("12,800 eligible, 3,560 adopters", known, question, [adopted("r", 12800, 3560, 0, 0, 0, 0)])


def compared(feature: str, outcome: str, *counts: int) -> dict[str, Any]:
    users, kept, others, others_kept = counts
    return {"feature": feature, "outcome": outcome, "users": users, "users_kept": kept,
            "users_rate": share(kept, users), "others": others, "others_kept": others_kept,
            "others_rate": share(others_kept, others)}  # fmt: skip


def feature_cases() -> list[Case]:
    january = ask("feature-adoption", JAN, JAN, TODAY, usage=TOOLS, of="accounts")
    everything = replace(ADOPTING, plan_features=())
    followed = ask("feature-association", on(2, 1), on(2, 29), TODAY, usage=TOOLS)
    kept = facts(
        did("u", "02-03", "talk", "t1"), did("u", "02-20", "talk", "t2"), did("u", "01-20", "send", "c1"),
        did("u", "01-01", "send", "c2"),
        trials=(Trial("t1", on(2, 1), on(2, 15)), Trial("t2", on(2, 2), on(2, 16)), Trial("t3", on(2, 3), None)),
        rows=(row("s1", "t1", on(2, 10), 10), row("c1", "c1", JAN, 10), row("c2", "c2", JAN, 10, valid_to=on(2, 20))),
    )  # fmt: skip
    return [
        large_adoption(),
        Case("adopters among those whose plan has the feature", ADOPTING, january,
             [adopted("chat", 3, 1, 1, 0, 2, 1), adopted("mail", 4, 2, 1, 1, 3, 1)]),
        Case("all are eligible where no plan lists features", everything, january,
             [adopted("chat", 5, 3, 1, 0, 3, 2), adopted("mail", 5, 2, 1, 1, 3, 1)]),
        Case("adoption by people", ADOPTING, replace(january, of="users"),
             [adopted("chat", 3, 1, 1, 0, 2, 1), adopted("mail", 5, 2, 1, 1, 4, 1)]),
        Case("adoption by plan", ADOPTING, replace(january, start=FEB, end=FEB, by=("plan",)),
             [*(adopted("chat", 0, 0, 0, 0, 0, 0, period=FEB, plan=plan) for plan in ("basic", None)),
              adopted("chat", 2, 1, 0, 0, 2, 1, period=FEB, plan="pro"),
              adopted("mail", 1, 0, 0, 0, 1, 0, period=FEB, plan="basic"),
              adopted("mail", 2, 0, 0, 0, 2, 0, period=FEB, plan="pro"),
              adopted("mail", 0, 0, 0, 0, 0, 0, period=FEB, plan=None)]),
        Case("what those who use a feature do later", kept, followed,
             [compared("chat", "conversion", 1, 1, 1, 0), compared("chat", "stay", 0, 0, 2, 1),
              compared("mail", "conversion", 0, 0, 2, 1), compared("mail", "stay", 1, 1, 1, 0)]),
    ]  # fmt: skip


# lists of accounts


def listed(account: str, status: str, **more: Any) -> dict[str, Any]:
    return {"account": account, "status": status, **more}


def list_cases() -> list[Case]:
    def january(metric: str, **more: Any) -> Question:
        return ask(metric, JAN, JAN, TODAY, usage=TOOLS, **more)

    february = {"start": FEB, "end": FEB}
    measured = replace(ADOPTING, plan_limits={("pro", "seats"): 10.0, ("basic", "seats"): None}, gauges=(
        Gauge("a1", "seats", on(1, 5), 4.0), Gauge("a1", "seats", on(1, 30), 5.0), Gauge("a1", "seats", on(2, 9), 10.0),
        Gauge("a2", "seats", on(1, 5), 7.0), Gauge("t1", "rows", on(1, 5), 1.0),
    ))  # fmt: skip
    held = {"over": False, "rate": None, "trend": None}
    return [
        Case("features used of those in the plan", ADOPTING, january("usage-breadth"),
             [listed("a1", "paying", used=2, features=2, rate=1, trend=None),
              listed("a2", "paying", used=0, features=1, rate=0, trend=None),
              listed("a3", "paying", used=0, features=2, rate=0, trend=None),
              listed("n1", "none", used=0, features=0, rate=None, trend=None),
              listed("t1", "trial", used=1, features=2, rate=F(1, 2), trend=None)]),
        Case("and whether that grows", ADOPTING, replace(january("usage-breadth"), **february),
             [listed("a1", "paying", used=1, features=2, rate=F(1, 2), trend=F(-1, 2)),
              listed("a2", "paying", used=0, features=1, rate=0, trend=0),
              listed("a3", "paying", used=0, features=2, rate=0, trend=0)]),
        Case("without plans, of all events seen by then", replace(ADOPTING, plan_features=()),
             replace(january("usage-breadth", where={"account": "a2"}), usage=UsageRules()),
             [listed("a2", "paying", used=2, features=4, rate=F(1, 2), trend=None)]),
        Case("days of use", ADOPTING, replace(january("usage-frequency"), **february),
             [listed("a1", "paying", active_days=1, trend=-1), listed("a2", "paying", active_days=0, trend=-2),
              listed("a3", "paying", active_days=0, trend=0)]),
        Case("use per person", SMALL, small("usage-intensity", FEB, FEB, where={"account": "a1"}),
             [listed("a1", "paying", months_of_use=2, active_days=1, events=1, active_users=1, events_per_user=1,
                     trend=-1)]),
        Case("days since the last event", ADOPTING, january("silence"),
             [listed("a1", "paying", last_day=on(1, 3), days=28), listed("a2", "paying", last_day=on(1, 6), days=25),
              listed("a3", "paying", last_day=None, days=None), listed("n1", "none", last_day=on(1, 6), days=25),
              listed("t1", "trial", last_day=on(1, 5), days=26)]),
        Case("silence on the as-of day", ADOPTING, replace(january("silence"), start=APRIL, end=APRIL,
                                                           where={"account": "a1"}),
             [listed("a1", "paying", last_day=on(2, 3), days=67)]),
        Case("use of limits", measured, replace(january("limit-usage"), **february),
             [listed("a1", "paying", limit="seats", used=10.0, allowed=10.0, rate=1, over=True, trend=F(1, 2)),
              listed("a2", "paying", limit="seats", used=7.0, allowed=None, **held)]),
        Case("a limit that the plan does not name", measured, january("limit-usage", where={"account": "t1"}),
             [listed("t1", "trial", limit="rows", used=1.0, allowed=None, **held)]),
    ]  # fmt: skip


# from start to value

CHECKLIST = UsageRules(key_event="report", onboarding=("invite", "report"))
STARTING = facts(
    did("u1", "01-05", "login", "a1"), did("u1", "01-06", "invite", "a1"), did("u1", "01-11", "report", "a1"),
    did("u2", "01-08", "report", "a2"), did("u2", "02-09", "invite", "a2"), did("u3", "02-10", "login", "a3"),
    did("u1", "01-20", "report", "a1"),
    accounts_created={"a1": on(1, 1), "a4": on(1, 9), "a5": on(5, 1)}, users_created={"u2": on(1, 3), "u9": on(2, 2)},
    rows=(row("s2", "a2", on(1, 2), 10),), trials=(Trial("a3", on(2, 1), on(2, 15)),),
)  # fmt: skip


def value(period: date, begun: int, days: Sequence[int], quantiles: Sequence[float | None]) -> dict[str, Any]:
    names = ("p25_days", "median_days", "p75_days", "p90_days")
    shown = {"period": period, "started": begun, "reached": len(days), "rate": share(len(days), begun)}
    return shown | dict(zip(names, quantiles, strict=True))


def step(period: date, number: int, event: str | None, begun: int, done: int, days: float | None) -> dict[str, Any]:
    return {"period": period, "step": number, "event": event, "started": begun, "done": done,
            "rate": share(done, begun), "median_days": days}  # fmt: skip


def value_cases() -> list[Case]:
    january = ask("time-to-value", JAN, FEB, TODAY, usage=CHECKLIST, of="accounts")
    steps = replace(january, metric="onboarding", end=JAN)
    nothing = (None, None, None, None)
    return [
        Case("days to the key event", STARTING, january,
             [value(JAN, 3, (10, 6), (7.0, 8.0, 9.0, 9.6)), value(FEB, 1, (), nothing)]),
        Case("within a week", STARTING, replace(january, end=JAN, within=7), [value(JAN, 3, (6,), (6.0,) * 4)]),
        Case("another key event", STARTING, replace(january, end=JAN, key_event="login"),
             [value(JAN, 3, (4,), (4.0,) * 4)]),
        Case("any event where none is the key", STARTING, replace(january, end=JAN, usage=UsageRules()),
             [value(JAN, 3, (4, 6), (4.5, 5.0, 5.5, 5.8))]),
        Case("days to value of people", STARTING, replace(january, of="users"),
             [value(JAN, 2, (6, 5), (5.25, 5.5, 5.75, 5.9)), value(FEB, 2, (), nothing)]),
        Case("people by account", STARTING, replace(january, of="users", start=FEB, by=("account",)),
             [value(FEB, 0, (), nothing) | {"account": "a1"}, value(FEB, 0, (), nothing) | {"account": "a2"},
              value(FEB, 1, (), nothing) | {"account": "a3"}, value(FEB, 1, (), nothing) | {"account": None}]),
        Case("a checklist, step by step", STARTING, steps,
             [step(JAN, 1, "invite", 3, 2, 21.5), step(JAN, 2, "report", 3, 2, 8.0), step(JAN, 3, None, 3, 2, 24.0)]),
        Case("a checklist within thirty days", STARTING, replace(steps, within=30),
             [step(JAN, 1, "invite", 3, 1, 5.0), step(JAN, 2, "report", 3, 2, 8.0), step(JAN, 3, None, 3, 1, 10.0)]),
        Case("another checklist", STARTING, replace(steps, steps='"login"'),
             [step(JAN, 1, "login", 3, 1, 4.0), step(JAN, 2, None, 3, 1, 4.0)]),
    ]  # fmt: skip


PATHS = facts(
    did("p", "01-02T10:00", "visit"), did("p", "01-02T11:00", "look"), did("p", "01-02T12:00", "buy"),
    did("q", "01-02T10:00", "visit"), did("q", "01-02T10:30", "other"), did("q", "01-02T12:00", "look"),
    did("q", "01-20T10:00", "buy"), did("r", "01-03T10:00", "visit"), did("r", "01-03T10:00", "look"),
    did("r", "01-03T09:00", "buy"), did("s", "01-04T10:00", "look"), did("t", "01-05", "visit"),
    did("w", "01-31T10:00", "visit"), did("w", "02-01T10:00", "buy"), did("w", "02-01T12:00", "look"),
)  # fmt: skip
"""p in order; q with another event between, and late; r looks at the same instant; s has no first step; t stops."""


def path(step_number: int, event: str, people: int, before: int, hours: float | None, first: int = 5) -> dict[str, Any]:
    return {"period": JAN, "step": step_number, "event": event, "people": people, "rate": share(people, first),
            "step_rate": share(people, before), "median_hours": hours}  # fmt: skip


def funnel_cases() -> list[Case]:
    january = ask("funnel", JAN, JAN, TODAY, steps="visit, look,buy", window=14)
    twice = replace(january, steps="visit,visit", window=1)
    again = facts(did("p", "01-02T10:00", "visit"), did("p", "01-02T11:00", "visit"), did("q", "01-02", "visit"))
    return [
        Case("steps in order", PATHS, january,
             [path(1, "visit", 5, 5, 0.0), path(2, "look", 4, 5, 1.5), path(3, "buy", 1, 4, 2.0)]),
        Case("steps with a longer window", PATHS, replace(january, window=18),
             [path(1, "visit", 5, 5, 0.0), path(2, "look", 4, 5, 1.5), path(3, "buy", 2, 4, 217.0)]),
        Case("nothing between the steps", PATHS, replace(january, order="strict"),
             [path(1, "visit", 5, 5, 0.0), path(2, "look", 2, 5, 0.5), path(3, "buy", 1, 2, 2.0)]),
        Case("steps in any order", PATHS, replace(january, order="any"),
             [path(1, "visit", 5, 5, 0.0), path(2, "look", 4, 5, 1.5), path(3, "buy", 2, 4, 14.0)]),
        Case("the same step twice needs two events", again, twice,
             [path(1, "visit", 2, 2, 0.0, 2), path(2, "visit", 1, 2, 1.0, 2)]),
        Case("a funnel that nobody enters", PATHS, replace(january, start=MARCH, end=MARCH, steps="visit,look"),
             [path(number, name, 0, 0, None, 0) | {"period": MARCH} for number, name in ((1, "visit"), (2, "look"))]),
    ]  # fmt: skip


USAGE_CASES: list[Case] = [
    *activity_cases(), *identity_cases(), *zone_cases(), *retention_cases(), *feature_cases(), *list_cases(),
    *value_cases(), *funnel_cases(),
]  # fmt: skip
