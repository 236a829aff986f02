"""Steps as people write them."""

from __future__ import annotations

import pytest

from holdfast.errors import InputError
from holdfast.metrics.steps import quoted, steps_of


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("A,B", ["A", "B"]),
        ("  Signed up ,  Project created ", ["Signed up", "Project created"]),
        ('"Paid, at last", A', ["Paid, at last", "A"]),
        ('"say ""hi""",A', ['say "hi"', "A"]),
        ("5\" screen, it's", ['5" screen', "it's"]),
        ("A,,B,", ["A", "B"]),
        ("", []),
        (" , ", []),
    ],
)
def test_names_with_commas_between(text: str, steps: list[str]) -> None:
    assert steps_of(text) == steps


@pytest.mark.parametrize("text", ['"A, B', 'A, "B" C', "A\nB"])
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(InputError, match="cannot read the steps"):
        steps_of(text)


@pytest.mark.parametrize("name", ["A", "Paid, at last", '"quoted"', '5" screen', "a 'b'"])
def test_what_is_suggested_can_be_read(name: str) -> None:
    assert steps_of(f"first, {quoted(name)}, last") == ["first", name, "last"]
