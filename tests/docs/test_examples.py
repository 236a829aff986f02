"""The commands and the Python that the documentation shows run as they stand.

All blocks of a page run in its order, in one empty folder beside links to `docs`, `examples` and `tests`.
A `console` or `sh` block runs its lines after `$ `; a `python` block runs whole. What sets Holdfast up (`make`,
`pip` …) is left out here; so is a block under `<!-- not run: reason -->`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.markdown import PAGES, ROOT, Block, blocks

SET_UP = {"make", "git", "sudo", "apt-get", "pip", "uv", "python3", "cd"}
LINKED = ("docs", "examples", "tests")


def script(block: Block) -> list[str] | None:
    """The program and its arguments that run a block; null where there is nothing to run."""
    if block.why_not:
        return None
    if block.language == "python":
        return [sys.executable, "-W", "error", "-c", block.body]
    if block.language in {"console", "sh"}:
        commands = [command for command in block.commands if command.split()[0] not in SET_UP]
        return ["sh", "-eux", "-c", "\n".join(commands)] if commands else None
    return None


PAGES_TO_RUN = [page for page in PAGES if page.parent.name != "reference" and any(map(script, blocks(page)))]


def environment(home: Path) -> dict[str, str]:
    """The caller's, without settings of Holdfast, and with this Python's `holdfast` first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST_", "PYTHON"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PATH": path, "HOME": str(home), "COLUMNS": "120", "PYTHONPATH": str(ROOT / "src")}


@pytest.mark.parametrize("page", PAGES_TO_RUN, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_runs(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    for name in LINKED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    for block in blocks(page):
        if (command := script(block)) is not None:
            done = subprocess.run(
                command, cwd=folder, env=environment(tmp_path), capture_output=True, text=True, timeout=240, check=False
            )
            where = f"{page.relative_to(ROOT)}:{block.line}"
            assert done.returncode == 0, f"{where} ends with {done.returncode}\n{done.stdout}\n{done.stderr}"


def test_make_verbs_exist() -> None:
    verbs = set(re.findall(r"^(\w+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        shown = re.findall(r"(?:^\$ |^|`)make (\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(shown) <= verbs, f"{page.name} shows a verb that the Makefile does not have"


def test_readme_says_how_to_test() -> None:
    assert re.search(
        r"^\$ make test$|^make test$|`make test`", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )


def test_a_reason_is_given_for_what_is_not_run() -> None:
    for page in PAGES:
        for block in blocks(page):
            assert block.why_not is None or len(block.why_not) > 10, f"{page.name}:{block.line}"
