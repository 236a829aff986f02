"""The one root of every error that Holdfast raises on purpose.

A message says what was given, what is allowed, and what to do. A `hint` is one
more sentence, shown on a line of its own.
"""

from __future__ import annotations


class HoldfastError(Exception):
    """Root of Holdfast's own errors; the command line shows it without a traceback.

    >>> str(HoldfastError("no such metric 'mmr'", hint="did you mean 'mrr'?"))
    "no such metric 'mmr'\\nhint: did you mean 'mrr'?"
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"


class InputError(HoldfastError, ValueError):
    """A value that a person or a file gave cannot be used."""


class UnusableFile(InputError):
    """A whole file cannot be read as what it was said to be."""


class UnknownName(HoldfastError, KeyError):
    """A metric, policy, dimension or setting that does not exist."""

    __str__ = HoldfastError.__str__


class MissingRate(InputError):
    """No exchange rate is known for a currency on a day."""


class MissingExtra(HoldfastError, ImportError):
    """An optional library or program is not installed."""


class LakeError(HoldfastError, OSError):
    """The data folder cannot be read or written."""

    __str__ = HoldfastError.__str__
