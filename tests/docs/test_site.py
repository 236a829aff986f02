"""The site's pages are laid out as they are linked, and faults of a built site are found. `make site` builds it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT
from tools.site.built import Built
from tools.site.stage import DOCS, on_site, places, stage, staged

NOTEBOOKS = sorted(DOCS.rglob("*.ipynb"))
FINE = '<html><head><link rel="stylesheet" href="site.css"></head><body id="top"><a href="#top">a</a></body></html>'


def test_every_page_has_a_place_of_its_own() -> None:
    where = places()
    assert len(set(where.values())) == len(where)
    assert where[DOCS / "README.md"] == "index.md"
    assert where[DOCS / "decisions" / "README.md"] == "decisions/index.md"
    assert where[ROOT / "README.md"] == "readme.md"


@pytest.mark.parametrize(
    ("page", "link", "expected"),
    [
        ("docs/importing.md", "reference/metrics.md#mrr", "reference/metrics.md#mrr"),
        ("docs/importing.md", "README.md", "index.md"),
        ("docs/reference/metrics.md", "../../README.md", "../readme.md"),
        ("README.md", "docs/decisions/README.md", "decisions/index.md"),
        ("README.md", "docs", "index.md"),
        ("README.md", "LICENSE", "files/LICENSE"),
        ("README.md", "examples/mrr_playbook/SOURCE.md", "files/examples/mrr_playbook/SOURCE.md.txt"),
        ("docs/benchmarks.md", "../bench/sql", "files/bench/sql.md"),
    ],
)
def test_link_leads_to_the_same_thing_on_the_site(page: str, link: str, expected: str, tmp_path: Path) -> None:
    assert on_site(ROOT / page, link, places(), tmp_path) == expected
    target = (tmp_path / expected) if "files/" in expected else None
    assert target is None or target.read_text(encoding="utf-8")


def test_index_makes_the_table_of_contents(tmp_path: Path) -> None:
    index = staged(DOCS / "README.md", places(), tmp_path)
    assert ":caption: Tutorials\nFirst numbers from a file <first-numbers.md>\n" in index


def test_what_is_staged_is_the_pages(tmp_path: Path) -> None:
    stage(tmp_path / "source")
    assert all((tmp_path / "source" / place).exists() for place in places().values())


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<script src="https://cdn.example/a.js"></script>', "loads https://cdn.example/a.js from another host"),
        ('<img src="//cdn.example/a.png">', "loads //cdn.example/a.png from another host"),
        ("<style>@import url(https://fonts.example/inter);</style>", "loads https://fonts.example/inter"),
        ('<script>load("https://cdn.example/require.js")</script>', "loads https://cdn.example/require.js"),
        ('<p style="background: url(http://x.example/a.png)">', "loads http://x.example/a.png from another host"),
        ('<a href="gone.html">a</a>', "leads to gone.html: there is no such file"),
        ('<a href="#gone">a</a>', "leads to #gone: that page has no such place"),
        ('<a href="/a.html">a</a>', "leads to /a.html: an address that works on one host only"),
    ],
)
def test_fault_of_a_built_page_is_found(body: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "site.css").write_text("p { color: red }")
    (tmp_path / "index.html").write_text(FINE)
    assert [*Built(tmp_path).faults()] == []
    (tmp_path / "index.html").write_text(FINE.replace("</body>", f"{body}</body>"))
    assert any(fault in found for found in Built(tmp_path).faults())


def test_link_to_another_host_is_fine_and_a_style_from_there_is_not(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<a href="https://example.org/">a</a>')
    assert [*Built(tmp_path).faults()] == []
    (tmp_path / "site.css").write_text('@import "https://fonts.example/inter.css";')
    assert [*Built(tmp_path).faults()] == ["site.css loads https://fonts.example/inter.css from another host"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_is_stored_without_outputs(path: Path) -> None:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
            assert ast.parse("".join(cell["source"]))
