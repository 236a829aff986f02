"""Figures at the head of a page, each beside the period before, in every currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holdfast.insights.since import Since, since
from holdfast.web.currencies import by_currency

if TYPE_CHECKING:
    from holdfast.web.company import Answer


@dataclass(frozen=True)
class Asked:
    """A figure that a page wants at its head: a column of a metric. `missing` says why it may not be known."""

    label: str
    metric: str
    column: str
    kind: str
    missing: str = ""


@dataclass(frozen=True)
class Compared:
    """A figure with what it was before, in one currency (null: the one that was asked for)."""

    asked: Asked
    since: Since | None
    currency: str | None = None

    @property
    def tone(self) -> str:
        """Whether it rose or fell; nothing where it stayed, or is not known."""
        difference = self.since.difference if self.since else None
        return "" if not difference else "gain" if difference > 0 else "loss"


def compared(
    asked: Iterable[Asked], answers: Mapping[str, Answer], first: str
) -> dict[str | None, tuple[Compared, ...]]:
    """The figures of each currency, `first` first, from answers that are not split."""
    wanted = tuple(asked)
    apart = {one.metric: by_currency(answers[one.metric].rows, first) for one in wanted}
    codes = dict.fromkeys(code for one in wanted for code in apart[one.metric])
    ordered = sorted(codes, key=lambda code: (code != first, str(code)))
    return {
        code: tuple(Compared(one, since(apart[one.metric].get(code, []), one.column), code) for one in wanted)
        for code in ordered
    }
