"""Segments: named, changed, and deleted, each noted with who did it."""

from __future__ import annotations

import pytest

from holdfast.errors import InputError, UnknownName
from holdfast.state import Audit, Segments, State


def test_a_segment_is_made_changed_and_deleted(state: State) -> None:
    segments = Segments(state)
    made = segments.create("Germany, large", ["country = 'DE'", " employees > 500 ", ""], "ada")
    assert made.conditions == ("country = 'DE'", "employees > 500")
    assert (segments.names(), segments.conditions("Germany, large")) == (["Germany, large"], list(made.conditions))
    assert segments.get("Germany, large") == segments.get(made.id) == made
    changed = segments.change(made.id, "Germany", ["country = 'DE'"], "bob")
    assert (changed.id, changed.name, changed.made_by) == (made.id, "Germany", "ada")
    assert changed.changed_at > changed.created_at
    segments.delete(made.id, "ada")
    assert segments.all() == []
    assert [(one.who, one.what) for one in Audit(state).latest()] == [
        ("ada", "segment deleted"), ("bob", "segment changed"), ("ada", "segment made"),
    ]  # fmt: skip


def test_a_name_stands_for_one_segment(state: State) -> None:
    segments = Segments(state)
    first, second = (segments.create(name, ["plan = 'pro'"], "ada") for name in ("one", "two"))
    with pytest.raises(InputError, match="already"):
        segments.create("one", ["plan = 'pro'"], "ada")
    with pytest.raises(InputError, match="already"):
        segments.change(second.id, "one", ["plan = 'pro'"], "ada")
    assert segments.change(first.id, "one", ["plan = 'free'"], "ada").conditions == ("plan = 'free'",)


def test_a_segment_has_conditions_and_one_that_is_not_there_is_said(state: State) -> None:
    with pytest.raises(InputError, match="needs a condition"):
        Segments(state).create("all", [" "], "ada")
    Segments(state).create("pro", ["plan = 'pro'"], "ada")
    with pytest.raises(UnknownName, match="the segments are: pro"):
        Segments(state).get("prp")
