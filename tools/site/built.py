"""What must hold of the pages that were built: they load nothing from another host, and every link leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

LOADED = {"src", "srcset", "poster", "data"}
STYLE = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])(?P<target>[^"')\s;]+)""")
SCRIPT = re.compile(r"""["'](?P<target>(?:https?:)?//[^"'\s]+\.(?:js|css|json|woff2?|wasm))["']""")
ELSEWHERE = re.compile(r"^(?:https?:|wss?:)?//")


class Page(HTMLParser):
    """What a built page loads, where it links to, and the places in it that can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.loads: list[str] = []
        self.links: list[str] = []
        self.marks: set[str] = set()
        self._inside = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        given = {name: value for name, value in attrs if value}
        self.marks.update(value for name, value in given.items() if name in {"id", "name"})
        self.loads += [value for name, value in given.items() if name in LOADED and tag != "meta"]
        self.loads += [found["target"] for found in STYLE.finditer(given.get("style", ""))]
        if tag == "link":
            self.loads.append(given.get("href", ""))
        elif "href" in given:
            self.links.append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in {"style", "script"}:
            pattern = STYLE if self._inside == "style" else SCRIPT
            self.loads += [found["target"] for found in pattern.finditer(data)]


class Built:
    """A built site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def pages(self) -> dict[Path, Page]:
        return {path.resolve(): Page(path) for path in sorted(self.folder.rglob("*.html"))}

    def faults(self) -> Iterator[str]:
        """Each thing that is wrong, in a sentence."""
        yield from self._loaded_elsewhere()
        for page in self.pages.values():
            for link in (*page.loads, *page.links):
                if fault := self._broken(page, link):
                    yield f"{page.path.relative_to(self.folder)} leads to {link}: {fault}"

    def _loaded_elsewhere(self) -> Iterator[str]:
        for page in self.pages.values():
            for load in page.loads:
                if ELSEWHERE.match(load):
                    yield f"{page.path.relative_to(self.folder)} loads {load} from another host"
        for path, pattern in (*self._files("*.css", STYLE), *self._files("*.js", SCRIPT)):
            for found in pattern.finditer(path.read_text(encoding="utf-8")):
                if ELSEWHERE.match(found["target"]):
                    yield f"{path.relative_to(self.folder)} loads {found['target']} from another host"

    def _files(self, name: str, pattern: re.Pattern[str]) -> list[tuple[Path, re.Pattern[str]]]:
        return [(path, pattern) for path in sorted(self.folder.rglob(name))]

    def _broken(self, page: Page, link: str) -> str:
        path, _, fragment = unquote(link).partition("#")
        path = path.partition("?")[0]
        if not link or ELSEWHERE.match(link) or re.match(r"[a-z]+:", link):
            return ""
        if path.startswith("/"):
            return "an address that works on one host only"
        target = (page.path.parent / path).resolve() if path else page.path.resolve()
        if not target.exists():
            return "there is no such file"
        known = self.pages.get(target)
        return "" if not fragment or known is None or fragment in known.marks else "that page has no such place"
