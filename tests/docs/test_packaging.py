"""What is declared for installation is what the code needs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "requirements").glob("*.txt")}
EXTRAS = {"core": (), "dev": ("dev",), "docs": ("docs",), "full": ("dev", "spark", "clickhouse")}


def names(requirements: list[str]) -> set[str]:
    return {normal(re.split(r"[\[<>=~!; ]", requirement, maxsplit=1)[0]) for requirement in requirements}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*extras: str) -> set[str]:
    optional = PROJECT["optional-dependencies"]
    return names(PROJECT["dependencies"]).union(*(names(optional[extra]) for extra in extras))


def imported(path: Path) -> set[str]:
    """The top-level modules that a file imports, at its head or inside its functions."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module.split(".")[0])
    return modules - set(sys.stdlib_module_names) - {"holdfast"}


def test_every_import_is_a_declared_dependency() -> None:
    provided = packages_distributions()
    allowed = declared("spark", "clickhouse", "pdf", "oidc")
    for path in sorted((ROOT / "src").rglob("*.py")):
        for module in imported(path):
            givers = {normal(name) for name in provided.get(module, [module])}
            assert givers & allowed, f"{path.relative_to(ROOT)} imports {module}, which pyproject.toml does not declare"


@pytest.mark.parametrize("lock", EXTRAS)
def test_lock_holds_every_dependency(lock: str) -> None:
    pinned = {normal(name) for name in re.findall(r"^([\w.-]+)==", LOCKS[lock], re.MULTILINE)}
    assert declared(*EXTRAS[lock]) <= pinned, "run `make lock`"


@pytest.mark.parametrize("lock", EXTRAS)
def test_lock_has_versions_and_checksums_and_no_addresses(lock: str) -> None:
    for line in LOCKS[lock].replace("\\\n", "").splitlines():
        assert re.fullmatch(r"[\w.-]+==[\w.]+( ; [^:]+?)? +(--hash=sha256:[0-9a-f]{64} *)+", line), line


def test_locks_agree() -> None:
    pins = {name: set(re.findall(r"^\S+==[^ ]+", lock, re.MULTILINE)) for name, lock in LOCKS.items()}
    assert pins["core"] <= pins["dev"] <= pins["full"]
    assert pins["core"] <= pins["docs"]
    shared = {pin.split("==")[0] for pin in pins["full"]}
    assert not [pin for pin in pins["docs"] - pins["full"] if pin.split("==")[0] in shared]


def test_make_lists_every_verb_with_a_sentence() -> None:
    shown = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    verbs = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert verbs == set(re.findall(r"make (\w+) +[A-Z].*\.$", shown, re.MULTILINE))


@pytest.mark.slow
def test_wheel_holds_the_whole_package(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src" / "holdfast"
    files = {path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {str(path.relative_to(ROOT / "src")) for path in files} <= inside
    assert any(name.endswith("licenses/LICENSE") for name in inside)
