"""What the commands show of events, while the collector holds the folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from holdfast.cli.main import app, in_front
from tests.collector.events.conftest import Product, track


def run(data: Path, *arguments: str) -> Any:
    return CliRunner().invoke(app, in_front([*arguments, "--data", str(data)]))


def lines(data: Path, *arguments: str) -> list[dict[str, object]]:
    done = run(data, *arguments, "--format", "json")
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def busy(product: Product) -> Product:
    product.send(track("a", "Evil \x1b[2J\u202e"), track("b", anonymousId="x"), 7, track("a", "Other"))
    product.send(track("c", timestamp="9999-01-01T00:00:00Z"), source="app")
    product.put(track("d"), source="app")
    return product


def test_what_arrives(busy: Product) -> None:
    shown = run(busy.data, "events", "tail")
    assert shown.exit_code == 0
    assert "track 'Evil \\x1b[2J\\u202e', user u1" in shown.output
    assert "\x1b[2J" not in shown.output
    assert "time future" in shown.output
    assert [one["outcome"] for one in lines(busy.data, "events", "tail", "--source", "web")] == [
        "accepted", "accepted", "rejected", "conflict",
    ]  # fmt: skip
    assert len(lines(busy.data, "events", "tail", "--limit", "2")) == 2


def test_what_did_not_go_in(busy: Product) -> None:
    assert lines(busy.data, "events", "rejected")[0]["raw"] == "7"
    shown = run(busy.data, "events", "rejected")
    assert "it is not an object" in shown.output
    assert "the id a came before with other content" in shown.output


def test_the_sources(busy: Product) -> None:
    shown = run(busy.data, "sources")
    assert shown.exit_code == 0
    assert "Everything that was received is accounted for." in shown.output
    assert "1 request waits" in shown.output
    (found,) = lines(busy.data, "sources")
    listed = found["sources"]
    assert isinstance(listed, list)
    assert [(one["source"], one["received"], one["loaded"], one["in_lake"], one["holds"]) for one in listed] == [
        ("app", 1, 1, 1, True), ("web", 4, 2, 2, True),
    ]  # fmt: skip


def test_something_is_missing(busy: Product) -> None:
    busy.handler._book.db.execute("UPDATE counts SET received = received + 1 WHERE source = 'web'")  # type: ignore[union-attr]
    shown = run(busy.data, "sources")
    assert shown.exit_code == 1
    assert "The counts do not add up: web." in shown.output


@pytest.mark.parametrize("arguments", [("events", "tail"), ("events", "rejected"), ("sources",), ("people", "links")])
def test_nothing_arrived_yet(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    tmp_path.joinpath("data").mkdir()
    done = run(tmp_path / "data", *arguments)
    assert done.exit_code == 0
    assert done.output.strip()


def test_a_link_is_taken_back_for_good(busy: Product) -> None:
    assert [
        (one["anonymous_id"], one["user_id"])
        for one in json.loads(run(busy.data, "people", "links", "--format", "json").stdout)
    ] == [("x", "u1")]
    assert run(busy.data, "people", "unlink", "x", "u1").exit_code == 0
    busy.send(track("e", anonymousId="x", timestamp="2020-01-01T00:00:00Z"))
    assert busy.rows("identities") == []
    assert run(busy.data, "people", "unlink", "x", "u1").exit_code == 2
    assert run(busy.data, "people", "link", "x", "u1").exit_code == 0
    assert busy.pairs("identities", "anonymous_id", "user_id") == [("x", "u1")]
