"""File names that engines would read as patterns."""

from __future__ import annotations

import re


def without_globs(path: str) -> str:
    """A path whose `*`, `?` and `[` stand for themselves, where a bracket is the only escape.

    >>> without_globs("/data/a[1]/*.parquet")
    '/data/a[[]1]/[*].parquet'
    """
    return re.sub(r"([*?\\[])", r"[\1]", path)


def backslashed(path: str) -> str:
    r"""A path whose pattern characters stand for themselves, where a backslash escapes.

    >>> backslashed("/data/a{1}")
    '/data/a\\{1\\}'
    """
    return re.sub(r"([*?\[\]{}\\])", r"\\\1", path)
