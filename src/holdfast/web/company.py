"""The company as the web sees it: questions answered by a few threads, each with a workspace of its own.

Answers are remembered by question. Where facts changed since, the one that is there is shown once more, marked as
such, while it is computed anew.
"""

from __future__ import annotations

import os
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.exceptions import HTTPException

from holdfast.facts.days import day_of
from holdfast.metrics.query import MetricQuery
from holdfast.metrics.tables import union
from holdfast.settings import FILE_NAME, Settings
from holdfast.web.making import TOO_MUCH, Abandoned, Progress, progress
from holdfast.workspace import Workspace, decided

if TYPE_CHECKING:
    from holdfast.metrics.registry import Metric
    from holdfast.metrics.result import MetricResult

T = TypeVar("T")
WORKERS = 2
STUDY = "study"
"""The desk of what takes long."""
UNDER_WAY = 60
"""How much may be under way before more that takes long is refused."""
ANSWERS = 2_000
REOPENED_SECONDS = 3_600.0
SHOWN_AGAIN_SECONDS = 300.0
"""How old an answer may be that is shown while it is computed anew."""

NO_FACTS = frozenset({"rollups", decided.TABLE})
"""Tables in the lake that are written as questions are asked."""

SHOWN_OLD: ContextVar[bool] = ContextVar("shown_old", default=False)
"""Whether anything that this request was given is old: what is made of it is not worth remembering."""


@dataclass(frozen=True)
class Question:
    """A metric and what `Workspace.query` is to be asked with. Two that ask the same are equal."""

    metric: str
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[object, ...]:
        return (self.metric, *sorted((name, repr(value)) for name, value in self.asked.items() if value))

    def put(self, workspace: Workspace) -> MetricResult:
        return workspace.query(self.metric, **self.asked)


@dataclass(frozen=True)
class Kept:
    """Something that was computed, from which state of the facts, and when."""

    value: Any
    stamp: tuple[object, ...]
    at: float


@dataclass(frozen=True)
class Answer:
    """The answer to a question."""

    result: MetricResult
    old: bool = False
    """Whether facts changed since, and it is being computed anew."""

    @property
    def metric(self) -> Metric:
        return self.result.metric

    @property
    def query(self) -> MetricQuery:
        return self.result.query

    @property
    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.result.arrow.to_pylist()
        return found


@dataclass(frozen=True)
class UnderWay:
    """Something that waits to be computed, or is. What all its followers have left before it began is not computed."""

    answer: Future[Kept]
    takes_long: bool
    followers: list[Progress]


class Company:
    """A data folder that is open for questions. Safe to use from any thread; close it at the end."""

    def __init__(self, data: Path, workers: int = WORKERS) -> None:
        self.data = data
        self._desks = [_Desk(data) for _ in range(workers)]
        self._study = _Desk(data)
        self._kept: OrderedDict[tuple[object, ...], Kept] = OrderedDict()
        self._under_way: dict[tuple[object, ...], UnderWay] = {}
        self._lock = threading.Lock()
        self._settings: tuple[int, Settings] | None = None
        self._newest: date | None = None

    @property
    def settings(self) -> Settings:
        """As they are now: read again where the file has changed."""
        changed = _changed(self.data / FILE_NAME)
        if self._settings is None or self._settings[0] != changed:
            self._settings = changed, Settings.load(self.data)
        return self._settings[1]

    @property
    def today(self) -> date:
        """Today's date in the company's time zone."""
        return day_of(datetime.now(UTC), self.settings.zone)

    @property
    def currency(self) -> str:
        """The currency that pages speak in: that of the settings, or where nothing is billed in it, the commonest."""
        own = self.settings.currency
        billed = self.once(("currencies",), _billed) if self.has("subscription_terms") else []
        return own if own in billed or not billed else billed[0]

    def is_empty(self) -> bool:
        """Whether nothing is known yet that a number could be made of."""
        return not any(self.has(table) for table in ("subscription_terms", "events"))

    def has(self, table: str) -> bool:
        """Whether anything was ever written to a table of facts."""
        return (self.data / "lake" / table / "_delta_log").is_dir()

    def quiet_since(self, long: timedelta) -> date | None:
        """The day of the newest fact, where it is longer ago than that."""
        today = self.today
        if self._newest is None or today - self._newest > long:  # else it can only have moved on
            self._newest = self.once(("newest fact", today), lambda workspace: _newest(workspace, today))
        return self._newest if self._newest is not None and today - self._newest > long else None

    def ask(self, metric: str, **asked: Any) -> Answer:
        """The answer to one question. Raises what `Workspace.query` raises."""
        return self.answers([Question(metric, asked)])[0]

    def answers(self, questions: list[Question]) -> list[Answer]:
        """The answers to several questions, computed side by side where they are not remembered."""
        stamp = self.stamp()
        begun = [self._begun(question.key, question.metric, question.put, stamp) for question in questions]
        ended = [_ended(one) for one in begun]
        known = (stamp, self.stamp())
        answers = [Answer(kept.value, old or kept.stamp not in known) for kept, old in ended]
        if any(one.old for one in answers):
            SHOWN_OLD.set(True)
        return answers

    def about(self, question: Question, do: Callable[[Workspace, MetricResult], T]) -> T:
        """Have something done with an answer in the thread that computed it: its evidence, its explanation."""
        return self._desk(question.metric).put(lambda workspace: do(workspace, question.put(workspace))).result()

    def once(self, key: tuple[object, ...], do: Callable[[Workspace], T], desk: str = "") -> T:
        """What is computed with a workspace, remembered by `key` as answers are."""
        stamp = self.stamp()
        kept, old = _ended(self._begun(key, desk or repr(key[0]), do, stamp))
        if old or kept.stamp not in (stamp, self.stamp()):
            SHOWN_OLD.set(True)
        found: T = kept.value
        return found

    def work(self, do: Callable[[Workspace], T], desk: str = "") -> T:
        """Have something done with a workspace, in a thread that owns one."""
        return self._desk(desk).put(do).result()

    def evidenced(self, question: Question) -> MetricResult:
        """An answer with its evidence gathered: what a file or a program is given."""

        def gathered(workspace: Workspace) -> MetricResult:
            found = question.put(workspace)
            _ = found.evidence
            return found

        return self.once(("evidence", *question.key), gathered, question.metric)

    def study(self, key: tuple[object, ...], do: Callable[[Workspace], Any]) -> Future[Kept]:
        """What takes long, begun unless it is remembered: it has a thread of its own, where nobody waits behind it."""
        studies = sum(one.takes_long for one in list(self._under_way.values()))
        if studies >= UNDER_WAY and key not in self._kept and key not in self._under_way:
            raise HTTPException(429, TOO_MUCH, {"Retry-After": "30"})
        found, _ = self._begun(key, STUDY, do)
        if not isinstance(found, Kept):
            return found
        known: Future[Kept] = Future()
        known.set_result(found)
        return known

    def _begun(
        self,
        key: tuple[object, ...],
        desk: str,
        do: Callable[[Workspace], Any],
        stamp: tuple[object, ...] | None = None,
    ) -> tuple[Kept | Future[Kept], bool]:
        """What is remembered, or being computed; and whether it is old."""
        stamp = stamp or self.stamp()
        with self._lock:
            known = self._kept.get(key)
            if known is not None and known.stamp == stamp:
                self._kept.move_to_end(key)
                return known, False
            is_shown = known is not None and known.stamp[0] == stamp[0] and time.time() - known.at < SHOWN_AGAIN_SECONDS
            under_way = self._under_way.get(key)
            if under_way is None:
                followers: list[Progress] = []
                answer = self._desk(desk).put(lambda workspace: self._made(workspace, do, key, followers))
                under_way = self._under_way[key] = UnderWay(answer, desk == STUDY, followers)
            under_way.followers.append(Progress(waited_for=True) if is_shown else progress())
        answer = under_way.answer
        answer.add_done_callback(lambda done: self._keep(key, done))
        if known is not None and is_shown:
            return known, True
        progress().follow(answer)
        return answer, False

    def _made(
        self, workspace: Workspace, do: Callable[[Workspace], Any], key: tuple[object, ...], followers: list[Progress]
    ) -> Kept:
        with self._lock:
            if all(one.is_abandoned for one in followers):
                del self._under_way[key]
                raise Abandoned
        stamp = self.stamp()
        return Kept(do(workspace), stamp, time.time())

    def _keep(self, key: tuple[object, ...], done: Future[Kept]) -> None:
        with self._lock:
            under_way = self._under_way.get(key)
            if under_way is not None and under_way.answer is done:
                del self._under_way[key]
            if not done.cancelled() and done.exception() is None:
                self._kept[key] = done.result()
                self._kept.move_to_end(key)
                while len(self._kept) > ANSWERS:
                    self._kept.popitem(last=False)

    def _desk(self, name: str) -> _Desk:
        if name == STUDY:
            return self._study
        return self._desks[zlib.crc32(name.encode()) % len(self._desks)]

    def stamp(self) -> tuple[object, ...]:
        """Changes whenever an answer may: with the company's day, the settings, and any commit to a table of facts."""
        lake = self.data / "lake"
        tables = [] if not lake.is_dir() else sorted(one.name for one in os.scandir(lake) if one.name[0] not in "_.")
        changed = (_changed(lake / name / "_delta_log") for name in tables if name not in NO_FACTS)
        decided = (_changed(self.data / FILE_NAME), self.today.isoformat())
        return (decided, *changed)

    def close(self) -> None:
        for waiting in list(self._under_way.values()):
            waiting.answer.cancel()
        for desk in (*self._desks, self._study):
            desk.close()


def _billed(workspace: Workspace) -> list[str]:
    """The currencies of subscriptions, the commonest first."""
    terms = workspace.table("subscription_terms")
    counted = terms.group_by("currency").agg(rows=terms.count())
    found = [row for row in workspace.engine.to_arrow(counted).to_pylist() if row["currency"]]
    return [row["currency"] for row in sorted(found, key=lambda row: (-row["rows"], row["currency"]))]


def _newest(workspace: Workspace, today: date) -> date | None:
    """The last day until today on which a subscription began or ended, or an event happened."""
    terms, events = workspace.table("subscription_terms"), workspace.table("events")
    days = [(terms, terms.valid_from_day), (terms, terms.valid_to_day), (events, events.occurred_day)]
    asked = [table.filter(day <= today).agg(day=day.max()) for table, day in days]
    found = workspace.engine.to_arrow(union(*asked))["day"].to_pylist()
    return max((day for day in found if day is not None), default=None)


def _ended(begun: tuple[Kept | Future[Kept], bool]) -> tuple[Kept, bool]:
    kept, old = begun
    return (kept if isinstance(kept, Kept) else kept.result()), old


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


class _Desk:
    """One thread and its workspace, which is opened anew where the settings changed, and now and then: what a workspace
    computed for earlier states of the facts goes when it is closed.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="holdfast-desk")
        self._workspace: Workspace | None = None
        self._settings, self._since = -1, 0.0

    def put(self, do: Callable[[Workspace], T]) -> Future[T]:
        return self._thread.submit(lambda: do(self._opened()))

    def _opened(self) -> Workspace:
        settings = _changed(self._data / FILE_NAME)
        if settings != self._settings or time.monotonic() - self._since > REOPENED_SECONDS:
            self._leave()
        if self._workspace is None:
            self._workspace = Workspace(self._data)
            self._settings, self._since = settings, time.monotonic()
        return self._workspace

    def close(self) -> None:
        self._thread.submit(self._leave).result()
        self._thread.shutdown()

    def _leave(self) -> None:
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None
