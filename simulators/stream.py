"""Day after day as one stream of messages that can be read on from any instant."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from parking.clock import local_day
from simulators.days import SimulatedDay
from simulators.messages import Encoder, Message


class Stream:
    """Messages by publication time. Holds one day; `generate` gives all that is published on a local day."""

    def __init__(self, generate: Callable[[date], SimulatedDay], encoder: Encoder, zone: ZoneInfo) -> None:
        self._generate = generate
        self._encoder = encoder
        self._zone = zone
        self._day: SimulatedDay | None = None
        self._next = 0
        self._sought_ms: int | None = None

    def seek(self, at_ms: int) -> None:
        """Go on with the first message published at this instant or later."""
        on = local_day(datetime.fromtimestamp(at_ms / 1000, UTC), self._zone)
        day = self._day
        if day is None or day.day.on != on:
            day = self._open(on)
        self._next = int(np.searchsorted(day.events.publish_ms, at_ms, "left"))
        self._sought_ms = at_ms

    @property
    def position_ms(self) -> int:
        """Nothing is left before this instant: what was sought, later the next message or the end of day."""
        day = self._current()
        if self._sought_ms is not None:
            return self._sought_ms
        return int(day.events.publish_ms[self._next]) if self._next < len(day.events) else day.day.end_ms

    def earlier_ms(self, count: int) -> int:
        """An event time at least `count` messages before the position; across midnight an estimate."""
        day = self._current()
        if count <= self._next:
            return int(day.events.publish_ms[self._next - count])
        length_ms = day.day.end_ms - day.day.start_ms
        return day.day.start_ms - 2 * length_ms * (count - self._next) // max(1, len(day.events))

    def take(self, limit: int, until_ms: int) -> list[Message]:
        """The next messages published before `until_ms`, at most `limit` (from 1)."""
        day = self._current()
        if self._next >= len(day.events) and day.day.end_ms < until_ms:
            day = self._open(day.day.on + timedelta(days=1))
        last = min(self._next + limit, int(np.searchsorted(day.events.publish_ms, until_ms, "left")))
        taken = list(self._encoder.messages(day, self._next, last)) if last > self._next else []
        self._next += len(taken)
        self._sought_ms = None
        return taken

    def count_until(self, until_ms: int) -> int:
        """How many messages lie before `until_ms`: exact within the day, estimated for later days."""
        day = self._current()
        count = int(np.searchsorted(day.events.publish_ms, until_ms, "left")) - self._next
        later_ms = max(0, until_ms - day.day.end_ms)
        return max(0, count) + len(day.events) * later_ms // (day.day.end_ms - day.day.start_ms)

    def _current(self) -> SimulatedDay:
        if self._day is None:
            raise RuntimeError("seek comes before reading")
        return self._day

    def _open(self, on: date) -> SimulatedDay:
        # The day before goes first: two days at once would double the memory.
        self._day, self._next = None, 0
        self._day = self._generate(on)
        return self._day
