"""Ids that identify nobody: what programs write where they have no id. They never merge anybody with anybody."""

from __future__ import annotations

PLACEHOLDERS = frozenset(
    {
        "", "null", "undefined", "none", "nil", "nan", "n/a", "#n/a", "\\n", "[object object]", "0", "-1", "anonymous",
        "guest", "unknown", "test", "true", "false", "00000000-0000-0000-0000-000000000000",
        "00000000000000000000000000000000",
    }
)  # fmt: skip
_LONGEST = max(map(len, PLACEHOLDERS))


def usable(given: str | None) -> bool:
    """Whether an id tells one person or account from another.

    >>> usable("u_1"), usable(" Undefined "), usable("[object Object]"), usable(None)
    (True, False, False, False)
    """
    if given is None:
        return False
    if len(given) > 2 * _LONGEST:
        return not given.isspace()
    return given.strip().casefold() not in PLACEHOLDERS
