"""Random companies whose people use a product: a seeded generator and a Hypothesis strategy.

They hold what is hard: events at the edges of days in several time zones and where clocks change, events without an
instant, calls that do not count, anonymous ids that are linked late, twice, in chains and circles or to too many
users, memberships that overlap and end, events of nobody and of no account, merged accounts, late receipts, plans
with and without features, limits and what was measured of them, trials, and accounts that never do anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.oracle.facts import Account, Facts, Row, Trial, UsageRules
from tests.oracle.usage_facts import Gauge, Link, Membership, UsageEvent, UsageFacts
from tests.strategies import COUNTRIES, PLANS, SIZES, Dice, DrawnDice, Kinds, SeededDice, build_company, random_company

ZONES = (
    "UTC", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia", "America/New_York", "Asia/Kathmandu", "Europe/Berlin",
)  # fmt: skip
EVENTS = ("view", "report", "export", "invite", "heartbeat", "Sign, up")
TYPES = ("track",) * 9 + ("page", "screen", "identify", "group", "alias")
RULES = (
    UsageRules(),
    UsageRules(("heartbeat",), (), "report", ("invite", "report")),
    UsageRules(("heartbeat", "none such"), (("reports", ("report", "export")), ("mail", ("invite",)), ("sso", ())),
               "export", ("view", "Sign, up", "export")),
)  # fmt: skip
"""What a company may say of these events."""
FEATURES = ("reports", "mail", "report", "view", "unused")
LIMITS = ("seats", "rows")
FIRST, LAST = date(2024, 2, 20), date(2024, 5, 2)
"""Between these days people are active; clocks change in every zone of `ZONES` that changes them."""
HARD_DAYS = (date(2024, 2, 29), date(2024, 3, 10), date(2024, 3, 31), date(2024, 4, 7), date(2024, 4, 26))


@dataclass
class Ids:
    """The ids that go round in a company."""

    users: list[str]
    anonymous: list[str]
    accounts: list[str]
    links: list[Link] = field(default_factory=list)


class Behaviour:
    """What people of a company do."""

    def __init__(self, dice: Dice, accounts: list[str], users: int, zone: str) -> None:
        self.dice, self.zone = dice, ZoneInfo(zone)
        names = [f"u{number}" for number in range(users)]
        self.ids = Ids(names, [f"x{number}" for number in range(users + 2)], [*accounts, "seen only", "twin"])

    def day(self) -> date:
        dice = self.dice
        if dice.chance(20):
            return dice.pick(HARD_DAYS)
        return FIRST + timedelta(days=dice.number(0, (LAST - FIRST).days))

    def instant(self, day: date) -> datetime:
        """A time of a day in the company's zone: often at its edge, on whole and on odd seconds."""
        dice = self.dice
        clock = dice.pick(
            (time(12), time(0), time(23, 59, 59, 999999), time(0, 30), time(2, 15), time(9, 5, 3, 250000))
        )
        local = datetime.combine(day, clock, self.zone).replace(fold=dice.number(0, 1))
        return local.astimezone(UTC)

    def links(self) -> list[Link]:
        dice, ids, found = self.dice, self.ids, {}
        for anonymous in ids.anonymous:
            for _ in range(dice.pick((0, 1, 1, 2))):
                day = self.day() if dice.chance(90) else None
                at = self.instant(day) if day is not None and dice.chance(50) else None
                user = dice.pick(ids.users)
                found[anonymous, user] = Link(anonymous, user, day, at)
        if dice.chance(50) and len(ids.users) > 5:
            found |= {("shared", user): Link("shared", user, FIRST) for user in ids.users}
        for _ in range(dice.number(0, 3)):
            one, other = dice.pick([*ids.users, *ids.anonymous]), dice.pick(ids.users)
            found[one, other] = Link(one, other, self.day())
        return [link if link.at is None else replace(link, day=link.at.astimezone(self.zone).date())
                for link in found.values()]  # fmt: skip

    def memberships(self) -> list[Membership]:
        dice, found = self.dice, {}
        for user in self.ids.users:
            for _ in range(dice.pick((1, 0, 2))):
                begins = self.day() if dice.chance(60) else None
                ends = (begins or FIRST) + timedelta(days=dice.number(0, 60)) if dice.chance(40) else None
                account = dice.pick(self.ids.accounts)
                found[account, user] = Membership(account, user, begins, ends, dice.pick((None, "admin")))
        return list(found.values())

    def events(self, count: int) -> list[UsageEvent]:
        return [self.event(f"m{number:05}") for number in range(count)]

    def event(self, name: str) -> UsageEvent:
        dice, ids = self.dice, self.ids
        day = self.day()
        at = self.instant(day) if dice.chance(92) else None
        who = dice.number(0, 9)
        user = dice.pick(ids.users) if who < 7 else None
        anonymous = dice.pick((*ids.anonymous, "shared")) if who in (5, 6, 7, 8) else None
        late = timedelta(days=dice.number(1, 45)) if dice.chance(15) else timedelta(seconds=1)
        received = came_in((at or datetime.combine(day, time(23), UTC)) + late)
        own = dice.pick(ids.accounts) if dice.chance(55) else None
        kind = dice.pick(TYPES)
        known = at.astimezone(self.zone).date() if at is not None else day
        return UsageEvent(name, dice.pick(EVENTS), at, user, anonymous, own, kind, known, received)

    def gauges(self) -> list[Gauge]:
        dice, found = self.dice, {}
        for account in self.ids.accounts:
            for _ in range(dice.pick((0, 1, 3))):
                limit, day = dice.pick(LIMITS), self.day()
                found[account, limit, day] = Gauge(account, limit, day, float(dice.number(0, 12)))
        return [gauge for gauge in found.values() if gauge.account_id != "twin"]


def came_in(received: datetime) -> datetime:
    """When a batch came in: the first of a month, since few batches are quick to store."""
    later = received + timedelta(days=25)
    return datetime(later.year, later.month, 1, tzinfo=UTC)


def with_current(dice: Dice, company: Facts) -> Facts:
    """The company with accounts that pay, try, have it for nothing, change or leave while people are active."""
    middle = FIRST + timedelta(days=dice.number(20, 60))
    histories: dict[str, list[Row]] = {
        "pays": [row("pays", FIRST - timedelta(days=40), "pro", 50)],
        "moves": [row("moves", FIRST, "basic", 10, middle), row("moves", middle, "pro", 50)],
        "free": [row("free", FIRST, "free", 0)],
        "tries": [row("tries", FIRST, "pro", 50, middle, "trialing"), row("tries", middle, "pro", 50)],
        "leaves": [row("leaves", FIRST - timedelta(days=90), dice.pick(("basic", "pro")), 10, middle)],
        "two": [row("two", FIRST, "basic", 10), row("two", middle, "chat", 10, item="second")],
    }
    chosen = [name for name in histories if dice.chance(85)]
    tried = [
        Trial(name, middle, middle + timedelta(days=dice.number(0, 20)), plan_id="pro") for name in ("looks", "free")
    ]
    more = [Account(name, None, {"country": dice.pick(COUNTRIES), "size": dice.pick(SIZES)}) for name in chosen]
    return replace(
        company,
        rows=(*company.rows, *(one for name in chosen for one in histories[name])),
        accounts=(*company.accounts, *more),
        trials=(*company.trials, *(trial for trial in tried if dice.chance(70))),
    )


def row(
    account: str,
    start: date,
    plan: str,
    price: int,
    end: date | None = None,
    status: str = "active",
    item: str = "first",
) -> Row:
    return Row(
        f"s-{account}", account, start, Decimal(price), valid_to=end, status=status, plan_id=plan, item_id=item
    )  # fmt: skip


def with_usage(dice: Dice, company: Facts, users: int, events: int, zone: str) -> UsageFacts:
    """The company with a product that its people use."""
    company = with_current(dice, company)
    accounts = sorted({row.account_id for row in company.rows} | {trial.account_id for trial in company.trials})
    acting = [account for number, account in enumerate(accounts) if number % 5]
    behaviour = Behaviour(dice, acting, users, zone)
    offered = [(plan.plan_id, feature, dice.chance(70)) for plan in PLANS for feature in FEATURES if dice.chance(50)]
    allowed = (None, 0.0, 5.0, 10.0)
    limits = {(plan.plan_id, limit): dice.pick(allowed) for plan in PLANS for limit in LIMITS if dice.chance(60)}
    known = {name: getattr(company, name) for name in company.__dataclass_fields__}
    return UsageFacts(
        **known,
        events=tuple(behaviour.events(events)),
        links=tuple(behaviour.links()),
        memberships=tuple(behaviour.memberships()),
        merges={"twin": dice.pick(accounts)} if dice.chance(50) else {},
        accounts_created={account: behaviour.day() for account in accounts if dice.chance(40)},
        users_created={user: behaviour.day() for user in (*behaviour.ids.users, "idle") if dice.chance(40)},
        plan_features=tuple(offered) if dice.chance(60) else (),
        plan_limits=limits,
        gauges=tuple(behaviour.gauges()),
        timezone=zone,
    )


def random_usage_company(
    seed: int, accounts: int = 3, users: int = 9, events: int = 260, zone: str | None = None
) -> UsageFacts:
    """A company from a seed: the same one each time. Zones go round with the seed."""
    kinds = Kinds(currencies=("USD",), first=date(2023, 9, 1), refunds=False)
    company = random_company(seed, accounts, kinds)
    return with_usage(SeededDice(seed + 1000), company, users, events, zone or ZONES[seed % len(ZONES)])


@st.composite
def usage_companies(draw: Any, max_events: int = 12) -> UsageFacts:
    """A small company that shrinks towards one event in UTC."""
    dice = DrawnDice(draw)
    kinds = Kinds(currencies=("USD",), first=date(2024, 1, 1), refunds=False, metered=False)
    company = build_company(dice, draw(st.integers(1, 2)), kinds)
    events, zone = draw(st.integers(1, max_events)), draw(st.sampled_from(ZONES))
    return with_usage(dice, company, draw(st.integers(1, 7)), events, zone)
