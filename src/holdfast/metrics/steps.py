"""Steps named in one text, such as `Signed up, "Paid, at last"`: of a funnel, of a checklist."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import TYPE_CHECKING

from holdfast.errors import InputError
from holdfast.metrics.activity import Activity
from holdfast.metrics.registry import Option

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.metrics.frame import Frame

STEPS = Option("steps", "", 'names of events in order, with commas between; one with a comma in it in "double quotes"')
MOST_STEPS = 20
MOST_SHOWN = 8
WRITTEN = "--steps 'Signed up, Invited a colleague, \"Paid, at last\"'"


class NoSteps(InputError):
    """A question about steps in which none are named."""

    def among(self, names: Sequence[str]) -> NoSteps:
        """The same, said to somebody whose product sends events of these names."""
        if not names:
            return self
        events = ", ".join(map(quoted, names))
        return NoSteps(f"{self.message}; the most frequent ones are: {events}", hint=self.hint)


def frequent(frame: Frame) -> ir.Table:
    """The events that come most often: event and events."""
    days = Activity(frame).days
    sums = days.group_by("event").agg(events=days.events.sum().cast("int64"))
    return sums.order_by([sums.events.desc(), "event"]).limit(MOST_SHOWN)


def steps_of(text: str) -> list[str]:
    """The names in a text.

    >>> steps_of('Signed up, "Paid, at last"')
    ['Signed up', 'Paid, at last']
    """
    try:
        fields = next(csv.reader([text], skipinitialspace=True, strict=True), [])
    except csv.Error as error:
        raise InputError(
            f"cannot read the steps {text[:200]!r}: a double quote is not closed, or does not enclose a whole name",
            hint=f"write them as {WRITTEN}; a double quote inside a quoted name is doubled",
        ) from error
    return checked([name.strip() for name in fields if name.strip()])


def quoted(name: str) -> str:
    """A name as it is written among steps.

    >>> quoted("Paid, at last"), quoted("Signed up")
    ('"Paid, at last"', 'Signed up')
    """
    plain = "," not in name and not name.startswith('"') and name == name.strip()
    return name if plain else '"' + name.replace('"', '""') + '"'


def checked(steps: Sequence[str]) -> list[str]:
    """The steps, where they are not too many."""
    if len(steps) > MOST_STEPS:
        raise InputError(f"{len(steps)} steps are too many; {MOST_STEPS} are allowed")
    return list(steps)


def needed(metric: str, steps: Sequence[str], setting: str = "") -> list[str]:
    """The steps. Raises `NoSteps` where there are none."""
    if not steps:
        also = f", or set `{setting}` in holdfast.toml" if setting else ""
        raise NoSteps(f"{metric} needs the events that are its steps", hint=f"name them: {WRITTEN}{also}")
    return checked(steps)
