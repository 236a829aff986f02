"""Text that others sent, as it can be printed: nothing in it moves the cursor or turns the line around."""

from __future__ import annotations


def printable(text: str | None, longest: int | None = None) -> str:
    r"""The text with every character that has no picture spelt out.

    >>> printable("a\x1b[2Jb\u202e"), printable("abcdef", 4), printable(None)
    ('a\\x1b[2Jb\\u202e', 'abc…', '–')
    """
    if text is None:
        return "–"
    shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    return shown if longest is None or len(shown) <= longest else shown[: longest - 1] + "…"
