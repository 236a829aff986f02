"""Every link inside the documentation leads somewhere, and every page can be reached from the README."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.markdown import PAGES, ROOT, anchors, links
from tools.markdown import is_internal


def target(page: Path, link: str) -> tuple[Path, str]:
    path, _, fragment = unquote(link).partition("#")
    return (page.parent / path).resolve() if path else page.resolve(), fragment


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    for link in filter(is_internal, links(page)):
        path, fragment = target(page, link)
        assert path.exists(), f"{page.name} links to {link}, which does not exist"
        assert ROOT in path.parents or path == ROOT, f"{page.name} links to {link}, outside of the project"
        if fragment and path.suffix == ".md":
            assert fragment in anchors(path), f"{page.name} links to {link}; {path.name} has no such heading"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix in {".md", ".ipynb"} and page.exists():
            reached.add(page)
            waiting += [target(page, link)[0] for link in links(page) if is_internal(link)]
    assert set(PAGES) - reached == set()
