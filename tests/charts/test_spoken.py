"""Charts in the reader's language: the same drawing, other words."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from holdfast.charts import build, words
from holdfast.charts.examples import example
from holdfast.web.words import words as language


def legend(spec: dict[str, Any]) -> dict[str, str]:
    """The colours of a chart by the names in its legend."""
    scales = [one["encoding"]["color"]["scale"] for one in spec["layer"] if "scale" in one["encoding"].get("color", {})]
    return dict(zip(scales[0]["domain"], scales[0]["range"], strict=True))


def test_movements_keep_their_colours() -> None:
    english = build(*example("movements")).to_dict()
    with words.spoken(language("de")):
        german = build(*example("movements")).to_dict()
    said = language("de").say
    assert {said(name): colour for name, colour in legend(english).items()} == legend(german)
    assert said("Churn") != "Churn"
    assert build(*example("movements")).to_dict() == english


@pytest.mark.parametrize("code", ["de", "ko", "th"])
@pytest.mark.parametrize("kind", ["line", "heatmap", "hazard", "stacked-area", "bars"])
def test_every_kind_is_drawn_in_every_language(kind: str, code: str) -> None:
    with words.spoken(language(code)):
        drawn = json.dumps(build(*example(kind)).to_dict(), ensure_ascii=False)
    assert '"title": "When"' not in drawn
    assert "so far" not in drawn


@pytest.mark.parametrize("code", ["en", "de", "ko", "th"])
@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
def test_every_grain_has_a_name_in_every_language(grain: str, code: str) -> None:
    with words.spoken(language(code)):
        assert "2026" in words.period(date(2026, 10, 1), grain)
        assert words.tick(date(2026, 10, 1), grain)[0]


def test_days_and_numbers() -> None:
    with words.spoken(language("de")):
        assert words.period(date(2026, 5, 1), "month") == "Mai 2026"
        assert words.tick(date(2026, 3, 1), "month") == ("Mär", "2026")
        assert words.money(12345.6, "EUR") == "€12.346"
        assert words.percent(0.0512) == "5,1%"
        assert words.short_money(1_234_567, "EUR") == "€1,2M"
    with words.spoken(language("ko")):
        assert words.period(date(2026, 10, 1), "quarter") == "2026년 4분기"
    with words.spoken(language("th")):
        assert words.count(12345) == "12,345"
    assert words.period(date(2026, 5, 1), "month") == "May 2026"
