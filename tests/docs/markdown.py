"""What the documentation tests need to know of a Markdown page: its code blocks, headings and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    if path.name in {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} or (ROOT / "docs") in path.parents
)

FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>\w*).*\n(?P<body>(?:.*\n)*?)(?P=indent)(?P=fence) *$", re.MULTILINE
)
INLINE_CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"!?\[[^\]\n]*\]\(<?([^)>\s]+)>?(?: \"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
NOT_RUN = re.compile(r"<!-- not run: (.+?) -->\s*\Z")


@dataclass(frozen=True)
class Block:
    """A fenced piece of code and the line it begins on. `why_not` is the reason given for not running it."""

    page: Path
    line: int
    language: str
    body: str
    why_not: str | None = None

    @property
    def commands(self) -> list[str]:
        """What a reader would type: the lines after `$ `, joined with those that continue them.

        >>> Block(Path("x.md"), 1, "console", "$ one \\\\\\n>   more\\nits output\\n$ two\\n").commands
        ['one \\\\\\n  more', 'two']
        """
        commands: list[str] = []
        continued = False
        for line in self.body.splitlines():
            if line.startswith("$ "):
                commands.append(line[2:])
            elif continued:
                commands[-1] += "\n" + line.removeprefix("> ")
            else:
                continue
            continued = line.endswith("\\")
        return commands


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        why_not = NOT_RUN.search(text[: found.start()])
        line = text.count("\n", 0, found.start()) + 1
        body = "\n".join(row.removeprefix(found["indent"]) for row in found["body"].splitlines())
        yield Block(page, line, found["language"], body, why_not and why_not[1])


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    return LINK.findall(INLINE_CODE.sub("code", prose(page)))


def anchors(page: Path) -> set[str]:
    """The fragments that a link into the page may name."""
    from tools.gen_docs import anchor

    seen: dict[str, int] = {}
    names = set()
    for heading in HEADING.findall(prose(page)):
        name = anchor(LINK.sub(lambda link: link[0][1:].split("]")[0], heading))
        count = seen[name] = seen.get(name, -1) + 1
        names.add(f"{name}-{count}" if count else name)
    return names
