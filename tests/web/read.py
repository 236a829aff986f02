"""What a page says, as a reader has it: text without tags, tables as rows of texts."""

from __future__ import annotations

import html
import re


def text(page: str) -> str:
    """All that is written, in one line.

    >>> text("<p>A &amp; <b>B</b></p> <script>no</script>")
    'A & B'
    """
    plain = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", plain))).strip()


def section(page: str, name: str) -> str:
    """The part of a page under an id."""
    found = re.search(rf'<section[^>]*id="{re.escape(name)}".*?</section>', page, flags=re.DOTALL)
    assert found, f"there is no section {name}"
    return found[0]


def table(part: str) -> list[list[str]]:
    """The rows of the first table."""
    rows = re.findall(r"<tr\b.*?</tr>", part.partition("</table>")[0], flags=re.DOTALL)
    return [[text(cell) for cell in re.findall(r"<t[hd]\b[^>]*>.*?</t[hd]>", row, flags=re.DOTALL)] for row in rows]


def links(part: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'href="([^"]*)"', part)]
