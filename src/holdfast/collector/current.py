"""Handlers that follow the settings: made anew where those changed, without a restart."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from holdfast.collector.applier import Handler, Pace, Verdict
from holdfast.collector.message import Stored
from holdfast.errors import HoldfastError
from holdfast.settings import Settings

log = logging.getLogger("holdfast.collector")


class Current:
    """A handler of messages under the settings as they are. With settings that cannot be read, it goes on as before."""

    def __init__(self, data: Path, make: Callable[[Path, Settings], Any]) -> None:
        self.data, self.make = data, make
        self.settings = Settings.load(data)
        self.handler: Handler = make(data, self.settings)

    @property
    def pace(self) -> Pace:
        return getattr(self.handler, "pace", Pace())

    def __call__(self, messages: Sequence[Stored]) -> Verdict:
        self._follow()
        return self.handler(messages)

    def _follow(self) -> None:
        try:
            settings = Settings.load(self.data)
        except HoldfastError as error:
            log.warning("the settings stay as they were: %s", error.message)
            return
        if settings != self.settings:
            self.close()
            self.settings, self.handler = settings, self.make(self.data, settings)

    def close(self) -> None:
        if hasattr(self.handler, "close"):
            self.handler.close()
