"""How long a body may take to arrive: many reads watched by one timer, which costs less than one each."""

from __future__ import annotations

import asyncio

PATIENCE_SECONDS = 20.0
"""For a whole body."""
LOOKS = 8
"""How often the timer looks within that time."""


class Patience:
    """The reads that are under way. One that takes too long is cancelled, and `ran_out` says so to it."""

    def __init__(self) -> None:
        self._until: dict[asyncio.Task[object], float] = {}
        self._overdue: set[asyncio.Task[object]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> asyncio.Task[object]:
        """Watch the task that runs now."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a body is read inside a task")
        loop = task.get_loop()
        self._until[task] = loop.time() + PATIENCE_SECONDS
        if loop is not self._loop:
            self._loop = loop
            loop.call_later(PATIENCE_SECONDS / LOOKS, self._look)
        return task

    def end(self, task: asyncio.Task[object]) -> None:
        self._until.pop(task, None)

    def ran_out(self, task: asyncio.Task[object]) -> bool:
        """Whether the task was cancelled here; it is told once, and goes on."""
        if task not in self._overdue:
            return False
        self._overdue.remove(task)
        task.uncancel()
        return True

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for task in [one for one, until in self._until.items() if until < now]:
            del self._until[task]
            self._overdue.add(task)
            task.cancel()
        if self._until:
            loop.call_later(PATIENCE_SECONDS / LOOKS, self._look)
        else:
            self._loop = None
