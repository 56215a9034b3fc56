"""The live event stream: events encoded once, kept in a ring, replayed to whoever missed some.

One asyncio loop owns it. A reader holds nothing but its position, so a slow one costs nothing: when the
ring has moved past it, it gets a new snapshot.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from itertools import islice

import msgspec

from guidance.live import Event

RING_EVENTS = 4096
BEAT_S = 10.0
RETRY = b"retry: 2000\n\n"
BEAT = b": beat\n\n"


class Stream:
    """A numbered sequence of events and its readers. `name` differs from that of any earlier stream."""

    def __init__(self, name: str, snapshot: Callable[[], Iterable[Event]]) -> None:
        self._name = name
        self._snapshot = snapshot
        self._ring: deque[bytes] = deque(maxlen=RING_EVENTS)
        self._sequence = 0
        self._news = asyncio.Event()
        self._closed = False
        self.readers = 0

    @property
    def sequence(self) -> int:
        """Number of the newest event."""
        return self._sequence

    def append(self, event: Event) -> None:
        """Send one event to every reader."""
        self._sequence += 1
        self._ring.append(self._encode(event, self._sequence))
        self._wake()

    def restart(self) -> None:
        """Send every reader a new snapshot."""
        for event in self._snapshot():
            self.append(event)

    def close(self) -> None:
        """End the stream for every reader."""
        self._closed = True
        self._wake()

    def position_of(self, event_id: str | None) -> int | None:
        """Position named by an event id, or None where nothing can be replayed from it."""
        name, _, number = (event_id or "").rpartition("-")
        if name != self._name or not number.isdecimal():
            return None
        position = int(number)
        return position if self._oldest <= position <= self._sequence else None

    def after(self, position: int) -> bytes | None:
        """Everything after a position, ready to send; None when the ring no longer reaches back to it."""
        if position < self._oldest:
            return None
        return b"".join(islice(self._ring, position - self._oldest, None))

    def snapshot(self) -> bytes:
        """Everything as it is now, ready to send; what follows it comes after `sequence`."""
        return b"".join(self._encode(event, self._sequence) for event in self._snapshot())

    async def read(self, event_id: str | None, beat_s: float = BEAT_S) -> AsyncGenerator[bytes, None]:
        """Yield what one reader needs, from the event after `event_id` on, until the stream closes."""
        self.readers += 1
        try:
            yield RETRY
            position = self.position_of(event_id)
            while not self._closed:
                news = self._news
                chunk = None if position is None else self.after(position)
                position = self._sequence
                if chunk is None:
                    yield self.snapshot()
                elif chunk:
                    yield chunk
                elif not await _happens(news, beat_s):
                    yield BEAT
        finally:
            self.readers -= 1

    @property
    def _oldest(self) -> int:
        """Lowest position that can still be replayed from."""
        return self._sequence - len(self._ring)

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _encode(self, event: Event, sequence: int) -> bytes:
        body = msgspec.json.encode(event.body)
        return b"event: %b\nid: %b-%d\ndata: %b\n\n" % (
            event.kind.encode(),
            self._name.encode(),
            sequence,
            body,
        )


@dataclass(frozen=True, slots=True)
class Streams:
    """The same happenings twice: for staff, and for everybody without what only staff may see."""

    staff: Stream
    public: Stream

    @property
    def readers(self) -> int:
        """Open connections to either."""
        return self.staff.readers + self.public.readers

    def append(self, event: Event) -> None:
        """Send what everybody may see to every reader."""
        self.staff.append(event)
        self.public.append(event)

    def restart(self) -> None:
        """Send every reader a new snapshot."""
        self.staff.restart()
        self.public.restart()

    def close(self) -> None:
        """End both for every reader."""
        self.staff.close()
        self.public.close()


async def _happens(event: asyncio.Event, within_s: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), within_s)
    except TimeoutError:
        return False
    return True
