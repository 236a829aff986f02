"""How long a subscription lived, and which status it had when."""

from __future__ import annotations

import msgspec

from holdfast.sources.stripe.evidence import EVENT, SEEN, Bill, Evidence, Observation
from holdfast.sources.stripe.shapes import Object

HOUR = 3_600
UNSTARTED = {"incomplete", "incomplete_expired"}
FREE_PAUSES = {"void", "mark_uncollectible"}
"""Pauses of collection in which nothing will ever be paid; `keep_as_draft` only puts the payment off."""

State = tuple[int, int | None, str, str]
"""start, end, status and on what it rests"""


class Life(msgspec.Struct, frozen=True):
    """From its first day to its end: the real one, or the one that is planned; null while neither is known."""

    start: int
    end: int | None
    created: int


def life_of(evidence: Evidence) -> Life:
    state = evidence.present.state
    created = int(state["created"] or state["start_date"])
    start = int(state["start_date"] or created)
    return Life(start, _end(evidence, state), created)


def _end(evidence: Evidence, state: Object) -> int | None:
    end = state["ended_at"] or (state["canceled_at"] if state["status"] == "canceled" else None)
    if end is None:
        end = state["cancel_at"] or (state["period"][1] if state["cancel_at_period_end"] else None)
    schedule = evidence.schedule
    if end is None and schedule and schedule.get("status") == "active" and schedule.get("end_behavior") == "cancel":
        end = schedule["phases"][-1]["end"]
    return None if end is None else int(end)


def effective(state: Object) -> str | None:
    """The status that counts; null for `canceled`, which says only that it ended.

    >>> effective({"status": "active", "pause": "void"})
    'paused'
    """
    if state["status"] == "canceled":
        return None
    if state.get("pause") in FREE_PAUSES and state["status"] in {"active", "past_due", "trialing"}:
        return "paused"
    # the trial's own days say when it was one
    return "active" if state["status"] == "trialing" else str(state["status"])


def status_pieces(evidence: Evidence, life: Life) -> list[State]:
    """The statuses of a life, one after the other."""
    marks = _marks(evidence, life)
    ends = [*(mark[0] for mark in marks[1:]), life.end]
    pieces = [(at, end, status, how) for (at, status, how), end in zip(marks, ends, strict=True)]
    for begin, stop in trials_of(evidence, life):
        pieces = _with_trial(pieces, begin, stop)
    return [piece for piece in pieces if piece[1] is None or piece[0] < piece[1]]


def _marks(evidence: Evidence, life: Life) -> list[tuple[int, str, str]]:
    watched = evidence.observations
    if len(watched) > 1:
        watched = sorted(watched, key=lambda one: (one.at, one.how == SEEN))
    first = watched[0]
    status = effective(first.state)
    if status in UNSTARTED:
        marks = [(life.start, status, "reported")]
    else:
        marks = [(life.start, "active", "reported"), *_billed(evidence, first), *_since(evidence, first, status)]
    marks = [mark for mark in sorted(marks) if life.end is None or mark[0] < life.end or mark[0] == life.start]
    for one in watched:
        now = effective(one.state)
        if now is not None and now != marks[-1][1]:
            marks.append((max(one.at, marks[-1][0]), now, "event" if one.how == EVENT else "noticed"))
    resumes = evidence.present.state.get("resumes_at")
    if resumes and marks[-1][1] == "paused":
        marks.append((max(int(resumes), marks[-1][0]), "active", "reported"))
    return [mark for place, mark in enumerate(marks) if not place or mark[1] != marks[place - 1][1]]


def _billed(evidence: Evidence, first: Observation) -> list[tuple[int, str, str]]:
    """Times in which a renewal's invoice was overdue, before anything was watched."""
    still_open = first.state["status"] in {"past_due", "unpaid", "canceled"}
    marks: list[tuple[int, str, str]] = []
    for bill in sorted(evidence.bills, key=lambda one: one.created):
        begin = bill.due or bill.finalized
        if begin is None or begin >= first.at or bill.reason == "subscription_create" or not _failed(bill):
            continue
        if marks and begin < marks[-1][0]:
            continue
        closed = bill.closed if bill.status in {"paid", "void"} else None
        if closed is None and not still_open:
            continue
        marks.append((begin, "past_due", "invoice"))
        if closed is not None and closed < first.at:
            marks.append((closed, "active", "invoice"))
    return marks


def _failed(bill: Bill) -> bool:
    """Whether the first attempt to collect failed, or the day it was due passed."""
    if bill.status == "paid":
        late = bill.closed is not None and bill.closed > (bill.due or (bill.finalized or 0) + HOUR)
        return late and (bill.due is not None or bill.attempts > 1)
    return bill.status in {"open", "uncollectible", "void"} and (bill.attempted or bill.due is not None)


def _since(evidence: Evidence, first: Observation, status: str | None) -> list[tuple[int, str, str]]:
    """Since when the status that was first seen has held, where Stripe gives no date for it."""
    begin, assumed = first.state["period"][0] or first.at, "assumed"
    bills = sorted(evidence.bills, key=lambda one: one.created)
    overdue = [bill for bill in bills if bill.status in {"open", "uncollectible"} and _failed(bill)]
    if status == "past_due":
        return [] if overdue else [(int(begin), status, assumed)]
    if status == "unpaid":
        drafts = [bill.created for bill in bills if bill.status == "draft"]
        failed = [bill.finalized or bill.created for bill in overdue]
        return [(min(drafts or failed or [int(begin)]), status, assumed)]
    if status == "paused":
        return _paused_since(evidence, first)
    return []


def _paused_since(evidence: Evidence, first: Observation) -> list[tuple[int, str, str]]:
    trial_end = first.state["trial_end"]
    paid = [line for line in evidence.lines if line.amount > 0]
    if first.state["status"] == "paused" and trial_end and not paid:
        return [(int(trial_end), "paused", "reported")]
    free: list[int] = []
    for bill in sorted(evidence.bills, key=lambda one: one.created, reverse=True):
        if bill.status not in {"void", "uncollectible", "draft"}:
            break
        free.append(bill.created)
    if first.state["status"] == "paused" and paid:
        free.append(max(line.end for line in paid))
    return [(min(free), "paused", "assumed")] if free and min(free) < first.at else []


def trials_of(evidence: Evidence, life: Life) -> list[tuple[int, int]]:
    """Begin and end of each trial, as last heard of."""
    states = [one.state for one in (*sorted(evidence.observations, key=lambda one: one.at), evidence.present)]
    told = [(one["trial_start"], one["trial_end"]) for one in states]
    ends = {int(begin): int(end) for begin, end in told if begin and end}
    # a start that is a few seconds off is the subscription's own
    return [(life.start if abs(begin - life.start) < HOUR else begin, end) for begin, end in sorted(ends.items())]


def _with_trial(pieces: list[State], begin: int, stop: int) -> list[State]:
    """The active parts of a time turned into a trial."""
    result: list[State] = []
    for start, end, status, how in pieces:
        first, last = max(start, begin), stop if end is None else min(end, stop)
        if status != "active" or first >= last:
            result.append((start, end, status, how))
            continue
        if start < first:
            result.append((start, first, status, how))
        result.append((first, last, "trialing", "reported"))
        if end is None or last < end:
            result.append((last, end, status, how))
    return result
