"""Search: accounts, metrics and pages by what a person types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from holdfast.metrics import catalog

if TYPE_CHECKING:
    from holdfast.metrics.registry import Metric
    from holdfast.web.company import Company
    from holdfast.web.words import Words
    from holdfast.workspace import Workspace

MOST_ACCOUNTS = 8
MOST_METRICS = 6
NOWHERE = 4


@dataclass(frozen=True)
class Known:
    """An account as it can be searched for."""

    id: str
    name: str

    @property
    def url(self) -> str:
        return f"/accounts/{quote(self.id, safe='')}"


@dataclass(frozen=True)
class Hit:
    """Something that was found: where it is, what it is called, and what else to say of it."""

    url: str
    title: str
    more: str = ""


def place_in(texts: Iterable[str], wanted: str) -> int:
    """How well texts fit: 0 the same, 1 begins so, 2 a word begins so, 3 somewhere inside, 4 not at all.

    >>> [place_in([text], "ac") for text in ("AC", "Acme", "The Acme", "Black", "Zen")]
    [0, 1, 2, 3, 4]
    """
    return min((_place(text.casefold(), wanted.casefold()) for text in texts), default=NOWHERE)


def _place(text: str, wanted: str) -> int:
    at = text.find(wanted)
    if at < 0 or not wanted:
        return NOWHERE
    if at == 0:
        return 0 if len(text) == len(wanted) else 1
    starts = any(not text[n - 1].isalnum() and text.startswith(wanted, n) for n in range(1, len(text)))
    return 2 if starts else 3


def accounts_like(accounts: Sequence[Known], wanted: str) -> list[Known]:
    """The accounts whose name or id fits, those that fit best first.

    >>> [one.id for one in accounts_like([Known("1", "Black"), Known("2", "Acme"), Known("3", "Zen")], "ac")]
    ['2', '1']
    """
    placed = [(place_in((one.name, one.id), wanted), one.name.casefold(), one.id, one) for one in accounts]
    return [one for place, *_, one in sorted(placed, key=lambda found: found[:3]) if place < NOWHERE]


def metrics_like(wanted: str, words: Words) -> list[Metric]:
    """The metrics whose name or title, in the reader's language too, fits; then those whose definition does."""
    found = []
    for number, metric in enumerate(catalog.load().values()):
        place = place_in((metric.name, metric.title, words.say(metric.title)), wanted)
        if place < NOWHERE or place_in((metric.definition,), wanted) < NOWHERE:
            found.append((place, number, metric))
    return [metric for _, _, metric in sorted(found, key=lambda one: one[:2])]


def pages_like(places: Iterable[Any], wanted: str, words: Words) -> list[Hit]:
    """The pages whose title fits, in the reader's language or in English."""
    found = [Hit(one.path, words.say(one.title)) for one in places if _fits(one.title, wanted, words)]
    return sorted(found, key=lambda hit: place_in((hit.title,), wanted))


def _fits(title: str, wanted: str, words: Words) -> bool:
    return place_in((title, words.say(title)), wanted) < NOWHERE


def directory(company: Company) -> tuple[Known, ...]:
    """Every account that is known, by name: kept until facts change."""
    found: tuple[Known, ...] = company.once(("directory",), _directory)
    return found


def _directory(workspace: Workspace) -> tuple[Known, ...]:
    from holdfast.workspace.directory import directory as listed

    return tuple(Known(account, name) for account, name in listed(workspace))
