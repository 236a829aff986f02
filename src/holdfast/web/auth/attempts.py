"""Failed attempts to sign in: after some of them, one has to wait."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

WINDOW_SECONDS = 15 * 60
PER_ACCOUNT, PER_ADDRESS = 10, 40
MOST_NAMES = 20_000
"""Accounts and addresses that are remembered at once; who failed longest ago is forgotten first."""


class Attempts:
    """Attempts of the last quarter of an hour, by account and by address.

    An attempt counts from when it begins, so that many at once are not more than many in a row, and is taken back when
    it succeeds. Whether the account exists makes no difference.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, account: str, address: str) -> int:
        """Seconds to wait before the next one; 0 where this one may go ahead, and then it counts."""
        now, names = self.clock(), _names(account, address)
        with self._lock:
            waits = [self._wait(name, most, now) for name, most in names]
            if any(waits):
                return max(waits)
            for name, _ in names:
                self._times.setdefault(name, deque()).append(now)
                self._times.move_to_end(name)
            while len(self._times) > MOST_NAMES:
                self._times.popitem(last=False)
        return 0

    def succeeded(self, account: str, address: str) -> None:
        """Forget the account's attempts, and of the address's this one."""
        (first, _), (second, _) = _names(account, address)
        with self._lock:
            self._times.pop(first, None)
            if self._times.get(second):
                self._times[second].pop()

    def _wait(self, name: str, most: int, now: float) -> int:
        times = self._times.get(name)
        if times is None:
            return 0
        while times and times[0] <= now - WINDOW_SECONDS:
            times.popleft()
        return 0 if len(times) < most else max(1, int(times[0] + WINDOW_SECONDS - now) + 1)


def _names(account: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    return (f"account {account[:300]}", PER_ACCOUNT), (f"address {network(address)}", PER_ADDRESS)


def network(address: str) -> str:
    """An address, or for IPv6 the network of which one customer of a provider has all addresses.

    >>> network("2001:db8:1:2:3:4:5:6"), network("192.0.2.7"), network("testclient")
    ('2001:db8:1:2::/64', '192.0.2.7', 'testclient')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
