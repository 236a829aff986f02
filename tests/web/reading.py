"""Pages as a reader sees them: tables by their label, headline figures by theirs."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class Page(HTMLParser):
    """Tables as rows of cell texts, by the label of the region that they stand in; figures as label and value."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.figures: dict[str, str] = {}
        self.links: list[str] = []
        self.headings: list[int] = []
        self.text = ""
        self._label, self._cell, self._term, self._held = "", False, "", ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = dict(attrs)
        if given.get("role") == "region":
            self._label = given["aria-label"]
            self.tables.setdefault(self._label, [])
        elif tag == "tr" and self._label:
            self.tables[self._label].append([])
        elif tag in ("td", "th") and self._label:
            self._cell, self._held = True, ""
        elif tag in ("dt", "dd"):
            self._held = ""
        elif tag in ("h1", "h2", "h3"):
            self.headings.append(int(tag[1]))
        elif tag == "a":
            self.links.append(given.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell:
            self.tables[self._label][-1].append(" ".join(self._held.split()))
            self._cell = False
        elif tag == "table":
            self._label = ""
        elif tag == "dt":
            self._term = self._held.strip()
        elif tag == "dd" and self._term:
            self.figures.setdefault(self._term, self._held.strip())
            self._term = ""

    def handle_data(self, data: str) -> None:
        self._held += data
        self.text += data
