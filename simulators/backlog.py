"""How far the platform lags behind what the devices have said, by what its street process announces."""

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from datetime import datetime

import msgspec

from simulators.calendar import to_ms

# The platform is never left further behind than this many messages while a day is replayed.
MOST_AHEAD = 20_000
# A platform that has already stored newer readings than these when a run begins cannot tell by time how far
# it is; its count does.
_STALE_MS = 3_600_000
# Once no figure moves for so long although the platform speaks, its queue is empty.
_IDLE_MS = 5_000
# The record of what was published: so many entries, each of at least so many messages (but for the last).
_REMEMBERED, _GRAIN = 2_000, 20


class Progress(msgspec.Struct, frozen=True):
    """What the street process announces (`deploy/asyncapi.yaml`, StreetProgress)."""

    stored: int
    observed_until: datetime | None = None


def decode_progress(payload: bytes) -> Progress | None:
    """Read an announcement; None for bytes that are not one."""
    try:
        return msgspec.json.decode(payload, type=Progress)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


@dataclass(frozen=True, slots=True)
class _Sent:
    publish_ms: int
    total: int


class Backlog:
    """Compares what was published since the run began with what the platform says that it has stored.

    Two measures, each of which can only miss something stored: the platform's count, which forgets at its
    restart what it did not announce, and its newest event time, which stands still while repeats are
    refused (and tells nothing where the platform already holds newer readings than the run will bring).
    Event time is trusted less `lead_ms`, by which a wrong clock may be ahead, and not at all where messages
    are not `in_order`: brokers keep it within a topic only, and several subscriptions overtake each other.
    `stored_ms` is up to where a run before this one has learnt that all is stored.
    """

    def __init__(
        self, position_ms: int, *, stored_ms: int = 0, lead_ms: int = 0, in_order: bool = True
    ) -> None:
        self._known_ms, self._lead_ms = stored_ms, lead_ms
        self._log: deque[_Sent] = deque()
        self._sent = self._done = self._counted = 0
        self._newest_ms = position_ms
        self._stored = self._observed_ms = 0
        self._by_count = not in_order
        self._heard = self._began = self._unsure = False
        self._moved_at_ms = self._heard_at_ms = 0

    @property
    def heard(self) -> bool:
        """Whether the platform has spoken on the present connection."""
        return self._heard

    @property
    def moved_at_ms(self) -> int:
        """When the platform's figures moved last."""
        return self._moved_at_ms

    @property
    def safe_ms(self) -> int | None:
        """Event time up to which everything published is stored; None where nobody can tell."""
        timed = 0 if self._by_count else self._observed_ms
        seen = 0 if self._unsure else bisect_right(self._log, self._counted, key=lambda sent: sent.total)
        counted = self._log[seen - 1].publish_ms if seen else 0
        return max(self._known_ms, timed, counted) or None

    @property
    def ahead(self) -> int:
        """How many published messages the platform has not stored yet."""
        return self._sent - self._done

    @property
    def room(self) -> int:
        """How many messages may be published now."""
        return max(0, MOST_AHEAD - self.ahead)

    def is_stored(self, now_ms: int) -> bool:
        """Whether everything published is stored, or refused with a row."""
        sure = not self._unsure and (self._by_count or self._observed_ms >= self._newest_ms)
        return self._heard and not self.ahead and (sure or self._is_idle(now_ms))

    def publish(self, count: int, newest_ms: int) -> None:
        """Note messages handed to the broker, the newest published at `newest_ms` of event time."""
        self._sent += count
        self._newest_ms = max(self._newest_ms, newest_ms)
        if len(self._log) > 1 and self._sent - self._log[-2].total <= _GRAIN:
            self._log.pop()
        self._log.append(_Sent(newest_ms, self._sent))
        if len(self._log) > _REMEMBERED:
            self._log.popleft()

    def hear(self, progress: Progress, now_ms: int) -> None:
        """Take an announcement in."""
        observed_ms = to_ms(progress.observed_until) - self._lead_ms if progress.observed_until else 0
        if not self._began:
            self._began, self._stored = True, progress.stored
            self._by_count |= observed_ms > self._newest_ms + _STALE_MS
        if not self._heard or progress.stored != self._stored or observed_ms > self._observed_ms:
            self._moved_at_ms = now_ms
        if progress.stored < self._stored:
            self._stored, self._unsure = 0, True
        self._counted = min(self._sent, self._counted + progress.stored - self._stored)
        # What was announced once is stored for good, whatever a newer process knows of it.
        self._stored, self._observed_ms = progress.stored, max(self._observed_ms, observed_ms)
        self._heard, self._heard_at_ms = True, now_ms
        if self._is_idle(now_ms):
            self._counted = self._sent
        self._done = max(self._done, self._counted, self._timed())

    def lose_connection(self) -> None:
        """Note that the broker is gone, perhaps with what it held: wait for the platform to speak again."""
        self._heard = False

    def rewind(self) -> None:
        """Note that publishing goes on from an earlier instant: what comes are repeats at first."""
        self._log.clear()
        self._done = self._counted = self._sent
        self._unsure = True

    def _timed(self) -> int:
        """How many messages event time says are stored."""
        if self._by_count:
            return 0
        seen = bisect_right(self._log, self._observed_ms, key=lambda sent: sent.publish_ms)
        return self._log[seen - 1].total if seen else 0

    def _is_idle(self, now_ms: int) -> bool:
        """Whether the platform speaks but has nothing left to store."""
        return now_ms - self._moved_at_ms > _IDLE_MS and now_ms - self._heard_at_ms < _IDLE_MS
