"""Funnels by hand: ties, the same instant, the same name twice, the edges of the window, strict order; and many random
ways at once against a plain reading of the rules."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import pytest

from holdfast.errors import InputError
from holdfast.workspace import Workspace
from tests.usage import event, recorded

START = datetime(2024, 1, 3, tzinfo=UTC)
WINDOW = 2
WAYS = {
    # name: (hours since the start, event) ...
    "straight": [(0, "A"), (1, "B"), (2, "C")],
    "detour": [(0, "A"), (1, "x"), (2, "B"), (5, "C")],
    "one instant": [(0, "C"), (0, "B"), (0, "A")],
    "backwards": [(1, "C"), (2, "B"), (3, "A")],
    "at the edge": [(0, "A"), (24, "B"), (48, "C")],
    "past the edge": [(0, "A"), (24, "B"), (48.001, "C")],
    "tries again": [(0, "A"), (72, "A"), (73, "B"), (74, "C")],
    "other between two at one instant": [(0, "A"), (1, "x"), (1, "B"), (1, "C")],
    "not begun": [(0, "B"), (1, "C")],
}
PATTERNS = (("A", "B", "A"), ("A", "A", "B", "B"), ("B", "A", "C", "A", "B"))
PEOPLE = 250


def random_ways() -> dict[str, list[tuple[float, str]]]:
    """A month later: short ways over few instants, so that much falls together."""
    dice = random.Random(7)
    return {
        f"random {number}": [
            (24 * 31 + dice.choice((0, 1, 2, 3, 47, 48, 49)), dice.choice("AABBCx")) for _ in range(dice.randint(1, 9))
        ]
        for number in range(PEOPLE)
    }


RANDOM = random_ways()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    events = [
        event(number, name, START + timedelta(hours=hour), user_id=who)
        for number, (who, hour, name) in enumerate(
            (who, hour, name) for who, way in (WAYS | RANDOM).items() for hour, name in way
        )
    ]
    with Workspace(recorded(tmp_path_factory.mktemp("funnel"), events=events)) as workspace:
        yield workspace


def funnel(workspace: Workspace, steps: str, month: int = 1, **options: Any) -> list[dict[str, Any]]:
    options = {"window": WINDOW, **options}
    day = f"2024-{month:02}-15"
    return workspace.query("funnel", start=day, end=day, steps=steps, **options).to_dicts()


def test_steps_in_sequence(company: Workspace) -> None:
    rows = funnel(company, "A, B, C")
    assert [(row["period"], row["step"], row["event"]) for row in rows] == [
        ("2024-01-01", 1, "A"), ("2024-01-01", 2, "B"), ("2024-01-01", 3, "C")]  # fmt: skip
    # everybody but "not begun"; of these neither "backwards" nor "tries again" comes on in time
    assert [row["people"] for row in rows] == [8, 6, 5]
    assert [row["rate"] for row in rows] == [1.0, 6 / 8, 5 / 8]
    assert [row["step_rate"] for row in rows] == [1.0, 6 / 8, 5 / 6]
    # of B: 1, 2, 0, 24, 24, 1; of C: 2, 5, 0, 48, 1
    assert [row["median_hours"] for row in rows] == [0.0, 1.5, 2.0]


def test_nothing_may_lie_between_strict_steps(company: Workspace) -> None:
    # "detour" and "other between": x comes between A and B; at one and the same instant nothing lies between
    rows = funnel(company, "A, B, C", order="strict")
    assert [row["people"] for row in rows] == [8, 5, 4]


def test_other_events_at_the_instant_of_a_step_are_not_between(company: Workspace) -> None:
    # "one instant", and "other between": C comes at the next instant, with x and B at the same one
    assert [row["people"] for row in funnel(company, "A, C", order="strict")] == [8, 2]


def test_later_steps_in_any_order(company: Workspace) -> None:
    rows = funnel(company, "A, C, B", order="any")
    assert [row["people"] for row in rows] == [8, 6, 5]
    # the first of the two after 1, 2, 0, 24, 24, 1 hours, the second after 2, 5, 0, 48, 1
    assert [row["median_hours"] for row in rows] == [0.0, 1.5, 2.0]


def test_a_wider_window(company: Workspace) -> None:
    assert [row["people"] for row in funnel(company, "A, B, C", window=4)] == [8, 7, 7]


def passed(way: list[tuple[float, str]], steps: tuple[str, ...], *, strict: bool) -> list[float]:
    """When each step is reached: the rules of the decision page, read one event after the other."""
    begun = min((hour for hour, name in way if name == steps[0]), default=None)
    if begun is None:
        return []
    times, of_name = [begun], {steps[0]: begun}
    for name in steps[1:]:
        later = [
            hour for hour, other in way
            if other == name and times[-1] <= hour <= begun + 24 * WINDOW and hour > of_name.get(name, -1)
        ]  # fmt: skip
        if not later or (strict and any(times[-1] < hour < min(later) for hour, _ in way)):
            break
        times.append(min(later))
        of_name[name] = times[-1]
    return times


@pytest.mark.parametrize("order", ["sequential", "strict"])
@pytest.mark.parametrize("steps", PATTERNS, ids="-".join)
def test_random_ways(company: Workspace, steps: tuple[str, ...], order: str) -> None:
    hours = defaultdict(list)
    for way in RANDOM.values():
        times = passed(way, steps, strict=order == "strict")
        for place, hour in enumerate(times):
            hours[place].append(hour - times[0])
    assert hours[len(steps) - 1] or order == "strict"
    rows = funnel(company, ",".join(steps), month=2, order=order)
    assert [row["people"] for row in rows] == [len(hours[place]) for place in range(len(steps))]
    expected = [median(hours[place]) if hours[place] else None for place in range(len(steps))]
    assert [row["median_hours"] for row in rows] == expected


def test_a_funnel_without_steps_says_which_events_there_are(company: Workspace) -> None:
    with pytest.raises(InputError, match=r"most frequent ones are: [AB], [AB], C, x\nhint: name them: --steps '"):
        company.query("funnel")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"steps": 'A, "B'}, "a double quote is not closed"),
        ({"steps": ",".join("ABCDEFGHIJKLMNOPQRSTU")}, "21 steps are too many; 20 are allowed"),
        ({"steps": "A, B, B", "order": "any"}, "'B' is named 2 times"),
        ({"steps": "A", "order": "random"}, "it takes sequential, strict, any"),
        ({"steps": "A", "window": 601}, "a whole number from 1 to 600"),
        ({"steps": "A", "within": 3}, "takes no option 'within'; it takes: steps, window, order, of"),
    ],
)
def test_what_cannot_be_asked(company: Workspace, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        company.query("funnel", **options)
