"""The commands and the Python that the documentation shows run as they stand, and print what it says.

All blocks of a page run in its order, in one empty folder beside links to `docs`, `examples` and `tests`.
A `console` or `sh` block runs its lines after `$ `; what stands below one must be what it prints, where a line `…`
stands for any lines. A `python` block runs whole. What sets Holdfast up (`make`, `pip` …) is left out here; so is a
block under `<!-- not run: reason -->`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.markdown import PAGES, ROOT, Block, Step, blocks

SET_UP = {"make", "git", "sudo", "apt-get", "pip", "uv", "python3", "cd"}
LINKED = ("docs", "examples", "tests")
LONG = {
    "README.md",
    "benchmarks-published.md",
    "calculators.md",
    "count-by-other-rules.md",
    "first-numbers.md",
    "import-stripe-exports.md",
    "import-warehouse.md",
    "merge-accounts.md",
    "publish-a-month.md",
    "question-a-number.md",
    "split-a-number.md",
    "stripe-dashboard.md",
    "usage.md",
    "what-if.md",
}
"""Pages whose questions take long: they are run with the slow tests."""
BETWEEN = "\N{INFORMATION SEPARATOR TWO}"


def steps(block: Block) -> list[Step]:
    """The commands of a block that are run."""
    if block.why_not or block.language not in {"console", "sh"}:
        return []
    return [step for step in block.steps if step.command.split()[0] not in SET_UP]


def script(block: Block) -> list[str] | None:
    """The program and its arguments that run a block; null where there is nothing to run."""
    if block.language == "python" and not block.why_not:
        return [sys.executable, "-W", "error", "-c", block.body]
    commands = [f"{step.command}\nprintf '{BETWEEN}'" for step in steps(block)]
    return ["sh", "-eux", "-c", "\n".join(commands)] if commands else None


def runs() -> Iterator[Any]:
    for page in PAGES:
        if page.parent.name != "reference" and any(map(script, blocks(page))):
            yield pytest.param(
                page, id=str(page.relative_to(ROOT)), marks=pytest.mark.slow if page.name in LONG else []
            )


def environment(home: Path) -> dict[str, str]:
    """The caller's, without settings of Holdfast, and with this Python's `holdfast` first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST_", "PYTHON"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PATH": path, "HOME": str(home), "COLUMNS": "88", "PYTHONPATH": str(ROOT / "src")}


def is_as_shown(shown: str, printed: str) -> bool:
    """Whether a command printed what the page shows; blanks at the ends of lines and blank lines do not count.

    >>> is_as_shown("a\\n…\\nd", "a\\n\\nb\\nc\\nd "), is_as_shown("a\\n…", "a"), is_as_shown("a", "a\\nb")
    (True, True, False)
    """
    lines = [line.rstrip() for line in shown.splitlines() if line.strip()]
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line) + r"\n" for line in lines)
    text = "".join(f"{line.rstrip()}\n" for line in printed.splitlines() if line.strip())
    return re.fullmatch(pattern, text) is not None


@pytest.mark.parametrize("page", [*runs()])
def test_page_runs(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    for name in LINKED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    for block in blocks(page):
        if (command := script(block)) is not None:
            done = subprocess.run(
                command, cwd=folder, env=environment(tmp_path), capture_output=True, text=True, timeout=600, check=False
            )
            where = f"{page.relative_to(ROOT)}:{block.line}"
            assert done.returncode == 0, f"{where} ends with {done.returncode}\n{done.stdout}\n{done.stderr}"
            for step, printed in zip(steps(block), done.stdout.split(BETWEEN), strict=False):
                if step.output:
                    assert is_as_shown(step.output, printed), f"{where}: {step.command} prints\n{printed}"


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
