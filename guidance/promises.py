"""Where drivers were sent lately: what was promised to one is not promised to the next.

Without it everybody who asks within a minute is sent to the same best street. A driver counts as on the way
to the first suggestions, most of all to the first, until a little after the arrival asked for; whoever asks
again is counted once. Memory only.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

# How likely a driver goes to the first, second and third suggestion: an assumption; the rest goes elsewhere.
GOING = (0.7, 0.15, 0.05)
# A car that has arrived shows in the counts after about this long.
SLACK = timedelta(minutes=3)
# Promises kept in all, and for one address: one machine that asks for many drivers must not empty the map.
KEPT = 20_000
KEPT_EACH = 200


@dataclass(frozen=True, slots=True)
class _Promise:
    until_at: datetime
    sections: tuple[int, ...]


class Promises:
    """Expected cars on the way to each section. One thread owns it."""

    def __init__(self, sections: int) -> None:
        self._coming = np.zeros(sections, dtype=np.float32)
        self._promises: OrderedDict[tuple[Hashable, Hashable], _Promise] = OrderedDict()
        self._each: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._promises)

    @property
    def coming(self) -> NDArray[np.float32]:
        """Expected cars by section; not to be written to."""
        return self._coming

    def forget(self, now: datetime) -> None:
        """Let go of what is over, oldest first."""
        while self._promises:
            key, promise = next(iter(self._promises.items()))
            if promise.until_at > now and len(self._promises) <= KEPT:
                break
            self._drop(key)

    def drop(self, who: Hashable, what: Hashable) -> None:
        """Let go of what was promised to somebody who asks again."""
        if (who, what) in self._promises:
            self._drop((who, what))

    def note(self, who: Hashable, what: Hashable, sections: Sequence[int], arrive_at: datetime) -> None:
        """Remember that somebody was sent to these sections, best first."""
        self.drop(who, what)
        if self._each.get(who, 0) >= KEPT_EACH:
            return
        promise = _Promise(arrive_at + SLACK, tuple(sections[: len(GOING)]))
        self._promises[who, what] = promise
        self._each[who] = self._each.get(who, 0) + 1
        for section, share in zip(promise.sections, GOING, strict=False):
            self._coming[section] += share

    def _drop(self, key: tuple[Hashable, Hashable]) -> None:
        promise = self._promises.pop(key)
        self._each[key[0]] -= 1
        if not self._each[key[0]]:
            del self._each[key[0]]
        for section, share in zip(promise.sections, GOING, strict=False):
            self._coming[section] = max(0.0, self._coming[section] - share)
