"""The interface's sentences: `python -m tools.words` brings every catalog up to date with the code, `--check` says what
is not translated.

They are found in the templates, in the calls of `_`, `say` and `says`, in the registry of metrics, and in the titles of
benchmarks.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from holdfast.web.words import LANGUAGES, LOCALES

WEB = LOCALES.parent
WORKSPACE, CHARTS = WEB.parent / "workspace", WEB.parent / "charts"
EXPLAINED = ("metrics", "explain", "workspace")
"""Where sentences about a number are put together."""
OF_ACCOUNTS = ("story.py", "terms.py", "due.py")
"""What tells the story of an account: its sentences are said by the pages."""
SAID: dict[str, Any] = {"Said": None}
KEYWORDS: dict[str, Any] = {"_": None, "say": None, "says": (1, 2), "ngettext": (1, 2)}
WIDTH = 120


def sentences() -> Catalog:
    """Every sentence of the interface, untranslated, in one order."""
    found = Catalog(fuzzy=False)
    for where, message in sorted(_all(), key=lambda one: (one[0], str(one[1]))):
        if message and message not in found:
            found.add(message, locations=[(where, 1)])
    return found


def _all() -> Iterator[tuple[str, Any]]:
    for file in sorted(WEB.rglob("*.html")):
        yield from _in(file, "jinja2.ext:babel_extract", {"silent": "false", "trimmed": "true"})
    for file in sorted(WEB.rglob("*.py")):
        yield from _in(file, "python", {})
    for file in sorted(CHARTS.glob("*.py")):
        yield from _in(file, "python", {})
    for file in (*(WORKSPACE / name for name in OF_ACCOUNTS), WEB.parent / "report" / "cohorts.py"):
        yield from _in(file, "python", {})
    for file in sorted(one for folder in EXPLAINED for one in (WEB.parent / folder).glob("*.py")):
        yield from _in(file, "python", {}, SAID)
    yield from (("metrics", text) for text in _of_metrics())


def _in(
    file: Path, method: str, options: dict[str, str], keywords: dict[str, Any] = KEYWORDS
) -> Iterator[tuple[str, Any]]:
    with file.open("rb") as opened:
        for _line, message, _comments, _context in extract(method, opened, keywords, options=options):
            yield str(file.relative_to(WEB.parent).as_posix().removeprefix("web/")), message


def _of_metrics() -> Iterator[str]:
    from holdfast.benchmarks import load
    from holdfast.charts import words
    from holdfast.explain.diff import called
    from holdfast.facts import TABLES
    from holdfast.metrics import catalog
    from holdfast.metrics.policy import SWITCHES
    from holdfast.report.changes import KINDS

    yield from (*catalog.GROUPS, catalog.OTHERS)
    for metric in catalog.load().values():
        yield from (metric.title, metric.definition, metric.formula)
        for column in metric.columns:
            yield from (words.words(column.name), column.meaning)
        yield from (option.meaning for option in metric.options)
    yield from (switch.meaning for switch in SWITCHES.values())
    yield from (called(name) for name, table in TABLES.items() if not table.derived)
    yield from (benchmark.title for benchmark in load())
    yield from (title for _, title, _, _ in KINDS)
    yield from ("grows on fewer accounts", "loses more than usual", "keeps more than usual")
    yield from ("day", "week", "month", "quarter", "year")


def catalog_of(language: str) -> Catalog:
    """A language's catalog as it stands."""
    file = LOCALES / f"{language}.po"
    if not file.exists():
        return _empty(language)
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def _empty(language: str) -> Catalog:
    return Catalog(
        locale=language, fuzzy=False, project="Holdfast", version="", header_comment=f"# The interface in {language}.",
        msgid_bugs_address="", language_team="", charset="utf-8",
    )  # fmt: skip


def update(language: str) -> list[str]:
    """Write a language's catalog with all sentences of the code. Returns those that are not translated."""
    known, fresh = catalog_of(language), _empty(language)
    for message in sentences():
        if message.id:
            found = known.get(message.id if isinstance(message.id, str) else message.id[0])
            fresh.add(message.id, found.string if found else None, locations=message.locations)
    file = BytesIO()
    write_po(file, fresh, width=WIDTH, sort_output=False, omit_header=False, no_location=False, include_lineno=False)
    (LOCALES / f"{language}.po").write_bytes(_without_dates(file.getvalue()))
    return untranslated(fresh)


def _without_dates(text: bytes) -> bytes:
    lines = text.splitlines(keepends=True)
    return b"".join(
        one for one in lines if not one.startswith((b'"POT-Creation', b'"PO-Revision', b'"Last-Translator'))
    )


def untranslated(catalog: Catalog) -> list[str]:
    """The sentences of a catalog without a translation, or with one that lacks a value."""
    return [str(one.id) for one in catalog if one.id and not _is_whole(one)]


def _is_whole(message: Any) -> bool:
    strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if not strings or not all(strings):
        return False
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    wanted = {name for text in ids[-1:] for name in _values(text)}
    return all(_values(text) <= {*wanted, "number"} and wanted - {"number"} <= _values(text) for text in strings)


def _values(text: str) -> set[str]:
    import re

    return set(re.findall(r"%\((\w+)\)s", text))


def missing(language: str) -> list[str]:
    """What the code says and a language's catalog does not."""
    known = catalog_of(language)
    ids = [one.id for one in sentences() if one.id]
    found = [known.get(one if isinstance(one, str) else one[0]) for one in ids]
    return [str(one) for one, message in zip(ids, found, strict=True) if message is None or not _is_whole(message)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.words", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a sentence is not translated")
    checked = parser.parse_args().check
    languages = [language for language in LANGUAGES if language != "en"]
    lacking = {language: missing(language) if checked else update(language) for language in languages}
    for language, texts in lacking.items():
        print(f"{language}: {len(texts)} not translated", *texts[:20], sep="\n  ")
    return int(checked and any(lacking.values()))


if __name__ == "__main__":
    sys.exit(main())
