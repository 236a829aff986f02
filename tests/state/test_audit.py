"""The audit: what did not happen is not noted."""

from __future__ import annotations

import pytest

from holdfast.errors import InputError
from holdfast.state import Audit, People, State


def test_the_newest_comes_first(state: State) -> None:
    for what in ("one", "two", "three"):
        Audit(state).note("ada", what)
    assert [one.what for one in Audit(state).latest(2)] == ["three", "two"]


def test_what_fails_leaves_no_trace(state: State) -> None:
    ada = People(state).add("ada@example.com", "Ada", "owner")
    before = Audit(state).latest()
    with pytest.raises(InputError):
        People(state).disable(ada.id, ada.id)
    assert Audit(state).latest() == before
