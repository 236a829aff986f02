"""What the documentation tests need to know of a page: its code blocks, headings and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.markdown import FENCE, HEADING, LINK, links_in, prose_of, text_of

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "docs").rglob("*.ipynb"))
    if path.name in {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} or (ROOT / "docs") in path.parents
)
NOT_RUN = re.compile(r"<!-- not run: (.+?) -->\s*\Z")


@dataclass(frozen=True)
class Step:
    """A command that a reader would type, and the output that the page shows below it, where it shows any."""

    command: str
    output: str = ""


@dataclass(frozen=True)
class Block:
    """A fenced piece of code and the line it begins on. `why_not` is the reason given for not running it."""

    page: Path
    line: int
    language: str
    body: str
    why_not: str | None = None

    @property
    def steps(self) -> list[Step]:
        """The lines after `$ `, joined with those that continue them, and what stands below.

        >>> Block(Path("x.md"), 1, "console", "$ one \\\\\\n>   more\\nits output\\n$ two\\n").steps
        [Step(command='one \\\\\\n  more', output='its output'), Step(command='two', output='')]
        """
        found: list[tuple[str, list[str]]] = []
        continued = False
        for line in self.body.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif continued:
                found[-1] = (found[-1][0] + "\n" + line.removeprefix("> "), [])
            elif found:
                found[-1][1].append(line)
            continued = line.endswith("\\") and (continued or line.startswith("$ "))
        return [Step(command, "\n".join(output).strip("\n")) for command, output in found]


def blocks(page: Path) -> Iterator[Block]:
    text = text_of(page)
    for found in FENCE.finditer(text):
        why_not = NOT_RUN.search(text[: found.start()])
        line = text.count("\n", 0, found.start()) + 1
        body = "\n".join(row.removeprefix(found["indent"]) for row in found["body"].splitlines())
        yield Block(page, line, found["language"], body, why_not and why_not[1])


def links(page: Path) -> list[str]:
    return links_in(text_of(page))


def anchors(page: Path) -> set[str]:
    """The fragments that a link into the page may name."""
    from tools.gen_docs import anchor

    seen: dict[str, int] = {}
    names = set()
    for heading in HEADING.findall(prose_of(text_of(page))):
        name = anchor(LINK.sub(lambda link: link[0][1:].split("]")[0], heading))
        count = seen[name] = seen.get(name, -1) + 1
        names.add(f"{name}-{count}" if count else name)
    return names
