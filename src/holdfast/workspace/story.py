"""The story of one account: its facts as dated entries, latest first, and what is due.

Everything here is pure: facts in, entries out. Titles are plain English sentences with named values, so that
whoever shows them can say them in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from holdfast.facts.money import MICROS
from holdfast.workspace.account import AccountFacts, Row
from holdfast.workspace.terms import Said, changed, said

KINDS = ("contract", "money", "use", "people", "support", "survey")
SILENT_WEEKS = 3
"""Weeks without use that are worth an entry."""
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Entry:
    """Something that happened on a day. `amount` is in major units; `detail` is a person's or a source's own text."""

    kind: str
    day: date
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    amount: Decimal | None = None
    currency: str | None = None
    detail: str = ""
    source: str = ""
    tone: str = ""
    notes: tuple[Said, ...] = ()
    """Further sentences about it."""
    fine: bool = False
    """Whether it is worth showing only to those who look at its kind alone."""
    of_mrr: bool = False
    """Whether the amount is a change of MRR."""


def _(sentence: str) -> str:
    """Marks a sentence for translation."""
    return sentence


def story(facts: AccountFacts) -> list[Entry]:
    """Every entry up to the day that the facts are of, the latest first."""
    parts: tuple[Callable[[AccountFacts], Iterable[Entry]], ...] = (
        _beginning, _contract, _trials, _cancellations, _invoices, _payments, _use, _people, _tickets, _surveys,
        _referrals,
    )  # fmt: skip
    entries = [entry for part in parts for entry in part(facts) if entry.day <= facts.today]
    return sorted(entries, key=lambda entry: (entry.day, -KINDS.index(entry.kind)), reverse=True)


@dataclass(frozen=True)
class Chapter:
    """The entries of one year."""

    year: date
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Part:
    """As much of a story as is shown at once. `older` is the day whose entries and those before come next."""

    chapters: tuple[Chapter, ...]
    older: date | None
    counts: Mapping[str, int]


def part(entries: list[Entry], kind: str = "", upto: date | None = None, most: int = 100) -> Part:
    """The latest entries of a kind (of every kind where none is named), whole days at a time, by year.

    >>> days = [Entry("money", date(2026, 5, day), "Paid") for day in (9, 8, 8, 7)]
    >>> shown = part(days, most=2)
    >>> [entry.day.day for entry in shown.chapters[0].entries], shown.older.day, shown.counts
    ([9, 8, 8], 7, {'money': 4})
    """
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.kind] = counts.get(entry.kind, 0) + 1
    meant = [one for one in entries if (one.kind == kind if kind else not one.fine)]
    meant = [one for one in meant if upto is None or one.day <= upto]
    last = meant[most - 1].day if len(meant) > most else date.min
    shown = [one for one in meant if one.day >= last]
    rest = meant[len(shown) :]
    years = groupby(shown, key=lambda one: one.day.replace(month=1, day=1))
    return Part(tuple(Chapter(year, tuple(of)) for year, of in years), rest[0].day if rest else None, counts)


# contract


def _beginning(facts: AccountFacts) -> Iterator[Entry]:
    created = facts.account.get("created_day")
    if created:
        yield Entry("people", created, _("The account was created"), source=facts.account.get("source") or "")


MOVED = {
    "new": (_("Became a customer"), "gain"),
    "reactivation": (_("Came back"), "gain"),
    "expansion": (_("Grew"), "gain"),
    "contraction": (_("Shrank"), "loss"),
    "churn": (_("Left"), "loss"),
}
CHANGED = _("Changed its contract")


def _contract(facts: AccountFacts) -> Iterator[Entry]:
    """One entry for each day on which MRR moved, with what changed in the contract, and one for each other change."""
    notes_of = changed(facts.terms)
    moves: dict[tuple[date, str], list[Row]] = {}
    for row in facts.changes:
        moves.setdefault((row["day"], row["currency"]), []).append(row)
    told = set(_trial_days(facts))
    for (day, currency), rows in moves.items():
        moved, total = any(row["moved"] for row in rows), sum(row["delta_micros"] for row in rows)
        title, tone = MOVED[rows[0]["movement"]] if moved else (CHANGED, "")
        notes = notes_of.pop(day, ())
        amount = Decimal(total) / MICROS if total else None
        source = _source(facts.terms)
        yield Entry(
            "contract", day, title, amount=amount, currency=currency, of_mrr=True, tone=tone, notes=notes, source=source
        )
    for day, notes in notes_of.items():
        if day not in told:
            yield Entry("contract", day, CHANGED, notes=notes, source=_source(facts.terms))


def _source(rows: list[Row]) -> str:
    return rows[0]["source"] or "" if rows else ""


def _trial_days(facts: AccountFacts) -> dict[date, Row]:
    """Each day on which a trial began, with what is known of it: from the trials, else from the contract."""
    billed = [row for row in facts.terms if row["status"] == "trialing"]
    found = {row["valid_from_day"]: {**row, "ends_day": row["valid_to_day"], "card_required": None} for row in billed}
    return {**found, **{row["started_day"]: row for row in facts.trials}}


def _trials(facts: AccountFacts) -> Iterator[Entry]:
    paid = {row["day"] for row in facts.changes}
    for day, row in _trial_days(facts).items():
        card = {True: _("With a card"), False: _("Without a card")}.get(row["card_required"])
        notes = (said(card),) if card else ()
        title = _("Began a trial of %(plan)s") if row["plan_id"] else _("Began a trial")
        yield Entry("contract", day, title, {"plan": row["plan_id"]}, notes=notes, source=row["source"])
        if row["ends_day"] and row["ends_day"] not in paid:
            yield Entry("contract", row["ends_day"], _("The trial ended without a payment"), source=row["source"])


def _cancellations(facts: AccountFacts) -> Iterator[Entry]:
    for row in facts.cancellations:
        notes = [said(_("Reason: %(reason)s"), reason=row["reason"])] if row["reason"] else []
        notes += [said(_("Failed payments ended it"))] if row["voluntary"] is False else []
        notes += [said(_("Access ends on %(day)s"), day=row["effective_day"])] if row["effective_day"] else []
        yield Entry(
            "contract", row["requested_day"], _("Asked to cancel"), tone="loss", notes=tuple(notes),
            detail=row["comment"] or "", source=row["source"],
        )  # fmt: skip


# money


def _money(row: Row) -> dict[str, Any]:
    return {"amount": Decimal(row["amount_micros"]) / MICROS, "currency": row["currency"], "source": row["source"]}


def _invoices(facts: AccountFacts) -> Iterator[Entry]:
    """Invoices are told when they are issued; one that is paid in the end is a fine point beside its payment."""
    paid = {(row["source"], row["invoice_id"]) for row in facts.payments if row["status"] == "succeeded"}
    for row in facts.invoices:
        key, values = (row["source"], row["invoice_id"]), {"invoice": row["invoice_id"]}
        if row["status"] == "draft":
            continue
        yield Entry(
            "money", row["issued_day"], _("Invoice %(invoice)s"), values, **_money(row), fine=True,
            notes=_standing(row, facts.today),
        )  # fmt: skip
        if row["paid_day"] and key not in paid:
            yield Entry("money", row["paid_day"], _("Paid invoice %(invoice)s"), values, **_money(row), fine=True)


def _standing(row: Row, today: date) -> tuple[Said, ...]:
    known = {"void": _("Void"), "uncollectible": _("Given up as uncollectible")}
    if row["status"] in known:
        return (said(known[row["status"]]),)
    if is_open(row, today):
        return (said(_("Not paid yet")),)
    return ()


def is_open(invoice: Row, today: date) -> bool:
    """Whether an invoice waits for its money."""
    settled = invoice["status"] in ("draft", "void", "paid", "uncollectible")
    paid = invoice["paid_day"] is not None and invoice["paid_day"] <= today
    return not settled and not paid and invoice["amount_micros"] > 0 and invoice["issued_day"] <= today


PAID = {
    "succeeded": (_("Paid"), "", True),
    "failed": (_("A payment failed"), "loss", False),
    "refunded": (_("Refunded"), "loss", False),
    "pending": (_("A payment is pending"), "", False),
}


def _payments(facts: AccountFacts) -> Iterator[Entry]:
    for row in facts.payments:
        title, tone, fine = PAID.get(row["status"], PAID["pending"])
        values = {"invoice": row["invoice_id"]}
        notes = (said(_("For invoice %(invoice)s"), **values),) if row["invoice_id"] else ()
        yield Entry(
            "money", row["paid_day"], title, **_money(row), tone=tone, fine=fine, notes=notes,
            detail=row["failure"] or "",
        )  # fmt: skip


# use


def _use(facts: AccountFacts) -> Iterator[Entry]:
    """Each week with use, what was used for the first time, and long silences."""
    weeks, whole = used_weeks(facts.usage), _from_its_start(facts)
    seen: set[str] = set()
    last: date | None = None
    for week, rows in weeks:
        yield from _silence(last, week)
        fresh = sorted({row["feature"] for row in rows} - seen)
        if fresh and whole:
            title = _("Used for the first time: %(features)s") if seen else _("First use: %(features)s")
            yield Entry("use", max(week, facts.account["created_day"]), title, {"features": ", ".join(fresh)})
        seen |= set(fresh)
        yield _week(week, rows)
        last = week
    if last is not None:
        yield from _silence(last, facts.today, lasts=True)


def _from_its_start(facts: AccountFacts) -> bool:
    """Whether what is known of its use reaches back to its first day: else no use is known to be the first."""
    created, weeks = facts.account.get("created_day"), [row["period"] for row in facts.usage]
    return bool(created and weeks and min(weeks) <= created)


def used_weeks(usage: list[Row]) -> list[tuple[date, list[Row]]]:
    """The weeks with use, in order, and the rows of the features that were used in each."""
    rows = sorted((row for row in usage if row["events"]), key=lambda row: (row["period"], row["feature"]))
    return [(week, list(of)) for week, of in groupby(rows, key=lambda row: row["period"])]


def _week(week: date, rows: list[Row]) -> Entry:
    values = {
        "events": sum(row["events"] for row in rows),
        "features": len(rows),
        "people": max(row["people"] for row in rows),
    }
    counted = said(_("Events: %(events)s · Features: %(features)s · People: %(people)s"), **values)
    most = sorted(rows, key=lambda row: (-row["events"], row["feature"]))[:4]
    detail = ", ".join(f"{row['feature']} {row['events']:,}" for row in most)
    return Entry("use", week, _("Used in the week"), values, detail=detail, notes=(counted,), fine=True)


def _silence(last: date | None, now: date, *, lasts: bool = False) -> Iterator[Entry]:
    """An entry where whole weeks passed without use since the week of `last`."""
    weeks = 0 if last is None else (now - last) // WEEK - 1
    if last is not None and weeks >= SILENT_WEEKS:
        title = _("No use for %(weeks)s weeks, and still none") if lasts else _("No use for %(weeks)s weeks")
        yield Entry("use", last + WEEK, title, {"weeks": weeks}, tone="loss")


# people


def _people(facts: AccountFacts) -> Iterator[Entry]:
    names = people_names(facts.users)
    for row in facts.memberships:
        values = {"person": names.get(row["user_id"]) or row["user_id"], "role": row["role"] or ""}
        joined = _("%(person)s joined as %(role)s") if row["role"] else _("%(person)s joined")
        left = _("%(person)s, %(role)s, left") if row["role"] else _("%(person)s left")
        if row["valid_from_day"]:
            yield Entry("people", row["valid_from_day"], joined, values, source=row["source"])
        if row["valid_to_day"]:
            yield Entry("people", row["valid_to_day"], left, values, source=row["source"], tone="loss")


def people_names(users: list[Row]) -> dict[str, str]:
    """What each person is called: by name, else by e-mail address."""
    return {row["user_id"]: row["name"] or row["email"] or str(row["user_id"]) for row in users}


def _referrals(facts: AccountFacts) -> Iterator[Entry]:
    for row in facts.referrals:
        if row["referred_day"] is None:
            continue
        by = row["referrer_account_id"] != facts.account.get("account_id")
        title = _("Was recommended by %(account)s") if by else _("Recommended %(account)s")
        other = row["referrer_account_id"] if by else row["referred_id"]
        yield Entry("people", row["referred_day"], title, {"account": other}, tone="gain", source=row["source"])


# what they say


def _tickets(facts: AccountFacts) -> Iterator[Entry]:
    for row in facts.tickets:
        notes = [said(_("Priority: %(priority)s"), priority=row["priority"])] if row["priority"] else []
        if row["closed_day"] and row["closed_day"] <= facts.today:
            notes.append(said(_("Closed on %(day)s"), day=row["closed_day"]))
        else:
            notes.append(said(_("Still open")))
        if row["satisfaction"] is not None:
            notes.append(said(_("Satisfaction: %(score)s"), score=_plain(row["satisfaction"])))
        yield Entry(
            "support", row["opened_day"], _("Ticket opened"), detail=row["subject"] or "", notes=tuple(notes),
            source=row["source"],
        )  # fmt: skip


def _surveys(facts: AccountFacts) -> Iterator[Entry]:
    for row in facts.surveys:
        values = {"survey": row["survey"], "question": row["question"]}
        if row["dismissed"]:
            title = _("Closed the survey %(survey)s without an answer")
        elif row["score"] is not None:
            title = _("Answered %(survey)s with %(score)s")
            values |= {"score": _plain(row["score"])}
        else:
            title = _("Answered %(survey)s")
        yield Entry(
            "survey", row["answered_day"], title, values, detail=row["comment"] or "", source=row["source"],
            notes=(said("%(question)s", question=row["question"]),),
        )  # fmt: skip


def _plain(number: float) -> str:
    return f"{number:g}"


# beside the story

LONGEST_DAYS = {"weeks": 7 * 104, "months": 366 * 5}


def since(account: Row, today: date, *, weeks: bool = False) -> date:
    """The day from which an account's charts begin: its first, or as far back as can be read.

    >>> since({"created_day": date(2026, 3, 9), "first_day": None}, date(2026, 5, 1))
    datetime.date(2026, 3, 9)
    """
    earliest = today - timedelta(days=LONGEST_DAYS["weeks" if weeks else "months"])
    known = [day for day in (account.get("created_day"), account.get("first_day")) if day]
    return max(earliest, min(known)) if known else earliest


@dataclass(frozen=True)
class Member:
    """A person of an account now."""

    name: str
    email: str
    role: str
    since: date | None


def current_people(facts: AccountFacts) -> list[Member]:
    """The people of the account today, those with a role first."""
    users = {row["user_id"]: row for row in facts.users}
    names = people_names(facts.users)
    members = [
        Member(
            names.get(row["user_id"]) or str(row["user_id"]), users.get(row["user_id"], {}).get("email") or "",
            row["role"] or "", row["valid_from_day"],
        )
        for row in facts.memberships
        if (row["valid_from_day"] is None or row["valid_from_day"] <= facts.today)
        and (row["valid_to_day"] is None or row["valid_to_day"] > facts.today)
    ]  # fmt: skip
    return sorted(members, key=lambda one: (one.role == "", one.role, one.name))


def limits_of(limits: Any, account: str) -> list[Row]:
    """The latest period's rows of the metric limit-usage (an Arrow table) that are of one account."""
    import pyarrow.compute as pc

    rows: list[Row] = limits.filter(pc.equal(limits["account"], account)).to_pylist()
    last = max((row["period"] for row in rows), default=None)
    return [row for row in rows if row["period"] == last]
