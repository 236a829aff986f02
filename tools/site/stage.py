"""Lays the pages out as the site has them.

The pages are written to be read where they lie, so an index is called README.md and a page may link to any file of
the project. On the site an index is the folder's own page, and every page of the project that is linked has a place.
Nothing else about a page is changed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

from tools.markdown import FENCE, INLINE_CODE, LINK, is_internal, prose_of, text_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OUTSIDE = {"README.md": "readme.md", "CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
"""Pages that lie beside `docs/`, and their names on the site."""
SECTION = re.compile(r"^## +(?P<title>.+?) *$", re.MULTILINE)
CODE = re.compile(f"{FENCE.pattern}|{INLINE_CODE.pattern}", re.MULTILINE)


def places() -> dict[Path, str]:
    """Where each page stands on the site."""
    pages = sorted([*DOCS.rglob("*.md"), *DOCS.rglob("*.ipynb")])
    inside = {page: page.relative_to(DOCS).as_posix() for page in pages if ".ipynb_checkpoints" not in page.parts}
    named = {page: re.sub(r"\bREADME\.md$", "index.md", place) for page, place in inside.items()}
    return named | {ROOT / name: place for name, place in OUTSIDE.items()}


def stage(folder: Path) -> None:
    """Write all pages into the folder, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    where = places()
    for page, place in where.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(staged(page, where, folder), encoding="utf-8")


def staged(page: Path, where: dict[Path, str], folder: Path) -> str:
    """The page with the links that it has on the site; an index with the contents that its links make."""

    def lead(link: str) -> str:
        return on_site(page, link, where, folder)

    if page.suffix == ".ipynb":
        return _notebook(page, lead)
    text = with_links(text_of(page), lead)
    return text + "\n" + "\n".join(contents(text)) if page.name == "README.md" and page.parent != ROOT else text


def _notebook(page: Path, lead: Callable[[str], str]) -> str:
    notebook = json.loads(page.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = with_links("".join(cell["source"]), lead)
    return json.dumps(notebook)


def with_links(text: str, lead: Callable[[str], str]) -> str:
    """The text with every internal link replaced, but for those that stand in code.

    >>> with_links("[a](b.md) `[a](b.md)`", str.upper)
    '[a](B.MD) `[a](b.md)`'
    """
    parts, end = [], 0
    for kept in CODE.finditer(text):
        parts += [_led(text[end : kept.start()], lead), kept[0]]
        end = kept.end()
    return "".join([*parts, _led(text[end:], lead)])


def _led(text: str, lead: Callable[[str], str]) -> str:
    def replaced(found: re.Match[str]) -> str:
        target = found["target"]
        return found[0].replace(f"({target}", f"({lead(target)}") if is_internal(target) else found[0]

    return LINK.sub(replaced, text)


def on_site(page: Path, link: str, where: dict[Path, str], folder: Path) -> str:
    """Where a link of a page leads on the site. A file that is no page is copied, and a folder's files listed."""
    path, mark, fragment = unquote(link).partition("#")
    if not path:
        return link
    target = (page.parent / path).resolve()
    place = where.get(target) or where.get(target / "README.md")
    if place is None:
        place = _listing(target, folder) if target.is_dir() else _copied(target, folder)
    return os.path.relpath(place, Path(where[page]).parent) + mark + fragment


def _copied(target: Path, folder: Path) -> str:
    place = f"files/{target.relative_to(ROOT).as_posix()}"
    path = folder / (place if target.suffix != ".md" else f"{place}.txt")
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(target, path)
    return path.relative_to(folder).as_posix()


def _listing(target: Path, folder: Path) -> str:
    """A page with the text of each file in the folder."""
    name = target.relative_to(ROOT).as_posix()
    place = folder / "files" / f"{name}.md"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("\n".join(["---", "orphan: true", "---", f"# {name}", *_files(target)]), encoding="utf-8")
    return place.relative_to(folder).as_posix()


def _files(target: Path) -> Iterator[str]:
    for file in sorted(path for path in target.iterdir() if path.is_file()):
        yield from ("", f"## {file.name}", "", f"```{file.suffix[1:]}", file.read_text("utf-8").rstrip(), "```")


def contents(index: str) -> Iterator[str]:
    """The table of contents that an index of links amounts to: a part for each heading, a page under its link's text
    (under its own title, where the text is no more than its number).

    >>> print("\\n".join(contents("# Docs\\n\\n## Guides\\n\\n- [One](one.md), see [it](one.md#it)\\n")))
    ```{toctree}
    :hidden:
    :caption: Guides
    One <one.md>
    ```
    """
    headings = [*SECTION.finditer(index)]
    ends = [heading.start() for heading in headings]
    yield from _toctree(None, index[: ends[0] if ends else None])
    for heading, end in zip(headings, [*ends, len(index)][1:], strict=True):
        yield from _toctree(heading["title"], index[heading.end() : end])


def _toctree(caption: str | None, text: str) -> Iterator[str]:
    pages = {link["target"]: link for link in LINK.finditer(prose_of(text)) if is_page(link["target"])}.values()
    if pages:
        entries = [
            link["target"] if link["text"].isdigit() else f"{capital(link)} <{link['target']}>" for link in pages
        ]
        yield from ("```{toctree}", ":hidden:", *([f":caption: {caption}"] if caption else []), *entries, "```")


def is_page(link: str) -> bool:
    return is_internal(link) and link.endswith((".md", ".ipynb"))


def capital(link: re.Match[str]) -> str:
    return link["text"][:1].upper() + link["text"][1:]
