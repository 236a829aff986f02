"""The guide names every kind and every field."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.sources import KINDS, Kind

GUIDE = (Path(__file__).parents[2] / "docs" / "importing.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_the_guide_names_every_field(kind: Kind) -> None:
    line = next(line for line in GUIDE.splitlines() if line.startswith(f"| `{kind.name}` |"))
    for field in kind.fields:
        assert (f"**{field.name}**" if field.required else field.name) in line
