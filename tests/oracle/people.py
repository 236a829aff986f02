"""Who did it: from the ids of an event to a person, and from the person to an account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from .usage_facts import Link, Membership

MOST_USERS = 5
"""An id that was linked to more users is a shared device or a placeholder."""
MOST_IDS = 50
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def order(link: Link) -> tuple[Any, ...]:
    """Which of two links came first."""
    return (link.day or date.min, link.at or LONG_AGO, link.user_id)


class People:
    """Links and memberships up to the as-of day."""

    def __init__(self, links: Iterable[Link], memberships: Iterable[Membership], today: date) -> None:
        self.following = first_users([link for link in links if link.day is None or link.day <= today])
        self.accounts: dict[str, list[Membership]] = defaultdict(list)
        for membership in memberships:
            self.accounts[self.end_of(membership.user_id)].append(membership)

    def end_of(self, name: str) -> str:
        """The end of the chain of links; of a circle, its first id."""
        passed = [name]
        while (following := self.following.get(passed[-1])) is not None:
            if following in passed:
                return min(passed[passed.index(following) :])
            passed.append(following)
        return passed[-1]

    def person(self, user_id: str | None, anonymous_id: str | None) -> str | None:
        named = user_id if user_id is not None else anonymous_id
        return None if named is None else self.end_of(named)

    def account(self, person: str | None, day: date) -> str | None:
        """The one account that the person belongs to on a day."""
        if person is None:
            return None
        found = {
            one.account_id
            for one in self.accounts.get(person, ())
            if (one.valid_from is None or one.valid_from <= day) and (one.valid_to is None or day < one.valid_to)
        }
        return found.pop() if len(found) == 1 else None


def first_users(links: list[Link]) -> dict[str, str]:
    """Each id that is followed, and the user that it leads to."""
    by_id: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        if link.anonymous_id != link.user_id:
            by_id[link.anonymous_id].append(link)
    firsts = [min(own, key=order) for own in by_id.values() if len({link.user_id for link in own}) <= MOST_USERS]
    by_user: dict[str, list[Link]] = defaultdict(list)
    for link in sorted(firsts, key=lambda link: (*order(link), link.anonymous_id)):
        by_user[link.user_id].append(link)
    return {link.anonymous_id: link.user_id for own in by_user.values() for link in own[:MOST_IDS]}
