"""What is read out of Markdown text: fenced code, links, headings."""

from __future__ import annotations

import json
import re
from pathlib import Path

FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>\w*).*\n(?P<body>(?:.*\n)*?)(?P=indent)(?P=fence) *$", re.MULTILINE
)
INLINE_CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"!?\[(?P<text>[^\]\n]*)\]\(<?(?P<target>[^)>\s]+)>?(?: \"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


def text_of(page: Path) -> str:
    """The Markdown of a page; of a notebook, that of its Markdown cells."""
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".ipynb":
        return text
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
    return "\n\n".join("".join(cell["source"]) for cell in cells) + "\n"


def prose_of(text: str) -> str:
    """The text without its fenced code."""
    return FENCE.sub("", text)


def links_in(text: str) -> list[str]:
    """The targets of the links, in their order.

    >>> links_in("See [one](a.md#b), `[two](c.md)` and ![three](d.svg).")
    ['a.md#b', 'd.svg']
    """
    return [found["target"] for found in LINK.finditer(INLINE_CODE.sub("code", prose_of(text)))]


def is_internal(link: str) -> bool:
    """Whether a link leads to another file of the project, or into the page itself.

    >>> is_internal("a.md#b"), is_internal("https://example.org/a#b"), is_internal("mailto:a@example.org")
    (True, False, False)
    """
    return ":" not in link.split("#", maxsplit=1)[0]
