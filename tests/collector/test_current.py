"""Handlers follow the settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.collector.applier import Pace, Verdict
from holdfast.collector.current import Current
from holdfast.settings import FILE_NAME, Settings

if TYPE_CHECKING:
    from holdfast.collector.message import Stored


class Handler:
    pace = Pace(seconds=1.5, messages=7)

    def __init__(self, data: Path, settings: Settings) -> None:
        self.zone, self.closed = settings.timezone, False

    def __call__(self, messages: Sequence[Stored]) -> Verdict:
        return Verdict(touched={self.zone})

    def close(self) -> None:
        self.closed = True


def test_a_handler_is_made_anew_where_the_settings_changed(tmp_path: Path) -> None:
    current = Current(tmp_path, Handler)
    first = current.handler
    assert current([]).touched == {"UTC"}
    assert current.pace.messages == 7
    (tmp_path / FILE_NAME).write_text('timezone = "Asia/Seoul"\n')
    assert current([]).touched == {"Asia/Seoul"}
    assert first.closed  # type: ignore[attr-defined]
    again = current.handler
    assert current([]).touched == {"Asia/Seoul"}
    assert current.handler is again


def test_with_settings_that_cannot_be_read_it_goes_on_as_before(tmp_path: Path) -> None:
    current = Current(tmp_path, Handler)
    (tmp_path / FILE_NAME).write_text("timezone = ")
    assert current([]).touched == {"UTC"}
