"""What many questions have in common is computed once for each state of the facts that it is made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from holdfast.engines import open_engine
from holdfast.lake import Lake, delta
from holdfast.metrics.policy import policy
from holdfast.metrics.query import MetricQuery, UsageRules
from holdfast.rollups.scratch import Scratch
from holdfast.rollups.stages import Stages

DAY = date(2024, 3, 1)
QUESTION = MetricQuery("silence", DAY, DAY, "month", DAY)


class Counted:
    """A stage that counts how often it was computed."""

    def __init__(self, folder: Path) -> None:
        self.lake, self.times = Lake(folder), 0
        engine = open_engine("duckdb", lake_root=folder)
        self.stages = Stages(self.lake, Scratch(self.lake, engine))

    def __call__(self, query: MetricQuery = QUESTION, merges: object = (), name: str = "one") -> int:
        def make() -> ibis.Table:
            self.times += 1
            return ibis.range(3).unnest().name("n").as_table()

        table = self.stages.kept(query, merges, name, ("plans",), make)
        assert self.stages.scratch.engine.to_arrow(table)["n"].to_pylist() == [0, 1, 2]
        return self.times


@pytest.fixture
def asked(tmp_path: Path) -> Counted:
    return Counted(tmp_path)


def test_a_stage_is_computed_once(asked: Counted) -> None:
    assert asked() == asked() == 1
    later = replace(QUESTION, metric="lifecycle", start=date(2023, 1, 1), grain="week", options={"of": "users"})
    assert asked(later) == 1


def test_what_it_depends_on_makes_it_anew(asked: Counted) -> None:
    others = [
        replace(QUESTION, today=date(2024, 3, 2)),
        replace(QUESTION, policy=policy("stripe")),
        replace(QUESTION, as_of=datetime(2024, 2, 1, tzinfo=UTC)),
        replace(QUESTION, usage=UsageRules(ignored=("ping",))),
    ]
    asked()
    assert [asked(query) for query in others] == [2, 3, 4, 5]
    assert asked(merges=(("a", "b"),)) == 6
    assert asked(name="another") == 7


def test_new_facts_make_it_anew(asked: Counted) -> None:
    asked()
    delta.overwrite(asked.lake.path("events"), pa.table({"n": [1]}), None, None, {})
    assert asked() == 1
    delta.overwrite(asked.lake.path("plans"), pa.table({"n": [1]}), None, None, {})
    assert asked() == 2
