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
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from holdfast.metrics import catalog
from holdfast.metrics.query import MetricQuery
from holdfast.settings import FILE_NAME, Settings
from holdfast.workspace import Workspace

if TYPE_CHECKING:
    from holdfast.metrics.registry import Metric
    from holdfast.metrics.result import MetricResult

T = TypeVar("T")
WORKERS = 2
ANSWERS = 2_000
SHOWN_AGAIN_SECONDS = 300.0
"""How old an answer may be that is shown while it is computed anew."""


@dataclass(frozen=True)
class Question:
    """A metric and what `Workspace.query` is to be asked with. Two that ask the same are equal."""

    metric: str
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[object, ...]:
        return (self.metric, *sorted((name, repr(value)) for name, value in self.asked.items() if value))


@dataclass(frozen=True)
class Answer:
    """A result, of which state of the facts, and when."""

    result: MetricResult
    stamp: tuple[object, ...]
    computed_at: float
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


class Company:
    """A data folder that is open for questions. Safe to use from any thread; close it at the end."""

    def __init__(self, data: Path, workers: int = WORKERS) -> None:
        self.data = data
        self._desks = [_Desk(data) for _ in range(workers)]
        self._answers: OrderedDict[tuple[object, ...], Answer] = OrderedDict()
        self._under_way: dict[tuple[object, ...], Future[Answer]] = {}
        self._lock = threading.Lock()

    @property
    def settings(self) -> Settings:
        return Settings.load(self.data)

    @property
    def today(self) -> date:
        """Today's date in the company's time zone."""
        return self.work(lambda workspace: workspace.today)

    def is_empty(self) -> bool:
        """Whether nothing is known yet that a number could be made of."""
        lake = self.data / "lake"
        return not any((lake / name / "_delta_log").is_dir() for name in ("subscription_terms", "events"))

    def work(self, do: Callable[[Workspace], T], desk: int = 0) -> T:
        """Have something done with a workspace, in the thread that owns it."""
        return self._desks[desk % len(self._desks)].put(do).result()

    def ask(self, metric: str, **asked: Any) -> Answer:
        """The answer to one question. Raises what `Workspace.query` raises."""
        return self.answers([Question(metric, asked)])[0]

    def answers(self, questions: list[Question]) -> list[Answer]:
        """The answers to several questions, computed side by side where they are not remembered."""
        return [found if isinstance(found, Answer) else found.result() for found in map(self._begun, questions)]

    def about(self, question: Question, do: Callable[[Workspace, MetricResult], T]) -> T:
        """Have something done with an answer in the thread that computed it: its evidence, its explanation."""

        def done(workspace: Workspace) -> T:
            return do(workspace, workspace.query(question.metric, **question.asked))

        return self._desk_of(question).put(done).result()

    def _begun(self, question: Question) -> Answer | Future[Answer]:
        catalog.find(question.metric)
        key, stamp = question.key, self.stamp()
        with self._lock:
            known = self._answers.get(key)
            if known is not None and known.stamp == stamp:
                self._answers.move_to_end(key)
                return known
            under_way = self._under_way.get(key)
            if under_way is None:
                under_way = self._desk_of(question).put(lambda workspace: self._computed(workspace, question))
                self._under_way[key] = under_way
        under_way.add_done_callback(lambda done: self._ended(key, done))
        if known is not None and time.time() - known.computed_at < SHOWN_AGAIN_SECONDS and known.stamp[0] == stamp[0]:
            return Answer(known.result, known.stamp, known.computed_at, old=True)
        return under_way

    def _computed(self, workspace: Workspace, question: Question) -> Answer:
        stamp = self.stamp()
        return Answer(workspace.query(question.metric, **question.asked), stamp, time.time())

    def _ended(self, key: tuple[object, ...], done: Future[Answer]) -> None:
        with self._lock:
            if self._under_way.get(key) is done:
                del self._under_way[key]
            if not done.cancelled() and done.exception() is None:
                self._answers[key] = done.result()
                self._answers.move_to_end(key)
                while len(self._answers) > ANSWERS:
                    self._answers.popitem(last=False)

    def _desk_of(self, question: Question) -> _Desk:
        return self._desks[zlib.crc32(question.metric.encode()) % len(self._desks)]

    def stamp(self) -> tuple[object, ...]:
        """Changes whenever an answer may: with the day, the settings, and any commit to any table of facts."""
        lake = self.data / "lake"
        logs = [] if not lake.is_dir() else sorted(one.path for one in os.scandir(lake) if one.name[0] not in "_.")
        changed = (_changed(Path(one) / "_delta_log") for one in logs if not one.endswith("/rollups"))
        decided = (_changed(self.data / FILE_NAME), date.today().isoformat())  # noqa: DTZ011 - only to notice a new day
        return (decided, *changed)

    def close(self) -> None:
        for desk in self._desks:
            desk.close()


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


class _Desk:
    """One thread and its workspace, which is opened anew where the settings changed."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="holdfast-desk")
        self._workspace: Workspace | None = None
        self._settings = -1

    def put(self, do: Callable[[Workspace], T]) -> Future[T]:
        return self._thread.submit(lambda: do(self._opened()))

    def _opened(self) -> Workspace:
        settings = _changed(self._data / FILE_NAME)
        if self._workspace is not None and settings != self._settings:
            self._workspace.close()
            self._workspace = None
        if self._workspace is None:
            self._workspace, self._settings = Workspace(self._data), settings
        return self._workspace

    def close(self) -> None:
        self._thread.submit(self._leave).result()
        self._thread.shutdown()

    def _leave(self) -> None:
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None
