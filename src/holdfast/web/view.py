"""What is looked at: the controls that are the same on every page, and the URL that they live in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from holdfast.errors import InputError

SINGLE = {"from": "start", "to": "end", "grain": "grain", "policy": "policy", "currency": "currency", "as_of": "as_of"}
"""The controls that have one value, by their name in the URL and here."""
LONGEST = 2_000
"""Characters of one value; a longer one was typed by nobody."""


@dataclass(frozen=True)
class View:
    """The period, grain, split, filter, segment, policy, currency and as-of date that a page is seen with.

    >>> view = View.of(QueryParams("from=2026-01-01&by=plan&where=country+%3D+'DE'"))
    >>> view.start, view.by, view.where
    ('2026-01-01', ('plan',), ("country = 'DE'",))
    >>> view.url("/revenue", grain="quarter")
    '/revenue?from=2026-01-01&grain=quarter&by=plan&where=country+%3D+%27DE%27'
    """

    start: str = ""
    end: str = ""
    grain: str = ""
    by: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    segment: str = ""
    policy: str = ""
    currency: str = ""
    as_of: str = ""
    rules: tuple[str, ...] = ()
    """Other values for rules of the policy, as `switch=value`; `set` in the URL."""
    meant: tuple[str, ...] = ()
    """The conditions that the segment stands for; not in the URL."""

    @classmethod
    def of(cls, given: QueryParams) -> View:
        one: dict[str, Any] = {own: given.get(name, "").strip()[:LONGEST] for name, own in SINGLE.items()}
        return cls(
            **one,
            by=_texts(given.getlist("by")),
            where=_texts(given.getlist("where")),
            segment=given.get("segment", "").strip()[:LONGEST],
            rules=_texts(given.getlist("set")),
        )

    def question(self, **instead: Any) -> dict[str, Any]:
        """What `Workspace.query` is asked with. `instead` replaces what a page decides itself; null leaves it out."""
        asked: dict[str, Any] = {own: getattr(self, own) or None for own in SINGLE.values()}
        asked |= {"by": self.by or None, "where": (*self.where, *self.meant) or None, "set": self._rules() or None}
        asked |= instead
        return {name: value for name, value in asked.items() if value is not None}

    def _rules(self) -> dict[str, str]:
        for one in self.rules:
            if "=" not in one:
                raise InputError(f"set={one!r} is not understood; write it as set=paused=count")
        return dict(one.split("=", 1) for one in self.rules)

    def pairs(self, **change: Any) -> list[tuple[str, str]]:
        """The view as names and values of a URL, in one order; `change` replaces some."""
        names = {field.name for field in fields(self)}
        view = replace(self, **{name: value for name, value in change.items() if name in names})
        found = [(name, getattr(view, own)) for name, own in SINGLE.items() if getattr(view, own)]
        found += [("by", one) for one in view.by] + [("where", one) for one in view.where]
        found += [("segment", view.segment)] if view.segment else []
        found += [("set", one) for one in view.rules]
        return found + [(name, str(value)) for name, value in change.items() if name not in names and value != ""]

    def url(self, path: str, **change: Any) -> str:
        """The address of a page seen with this view."""
        pairs = self.pairs(**change)
        return f"{path}?{urlencode(pairs)}" if pairs else path


def _texts(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for one in given if (text := one.strip()[:LONGEST])))


def chosen(options: Mapping[str, str], value: str) -> str:
    """A value where it is one of those offered, else nothing."""
    return value if value in options else ""
