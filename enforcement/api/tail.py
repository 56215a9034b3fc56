"""Following the feed as it grows: server-sent events from any number on, many readers at the price of one."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from enforcement.api.bodies import EventBody
from enforcement.store.reads import ViolationReads
from parking.errors import UnavailableError

POLL_S: Final = 0.5
BEAT_S: Final = 10.0
PAGE: Final = 500
RETRY: Final = b"retry: 2000\n\n"
BEAT: Final = b": beat\n\n"


class Tail:
    """Knows how far the feed goes; asks the database at most twice a second, however many wait."""

    def __init__(self, reads: ViolationReads) -> None:
        self._reads = reads
        self._lock = asyncio.Lock()
        self._asked_at = float("-inf")
        self._newest = 0
        self.readers = 0

    async def newest(self) -> int:
        """Number of the newest event, at most half a second old."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if now - self._asked_at >= POLL_S:
                self._newest = await self._reads.newest_event()
                self._asked_at = now
            return self._newest

    async def follow(self, after: int | None) -> AsyncGenerator[bytes, None]:
        """Yield each event after the number, from now on where it is None, until the reader goes.

        Ends when the database is lost: the reader comes again with the number that it saw last.
        """
        self.readers += 1
        try:
            yield RETRY
            position = await self.newest() if after is None else after
            quiet_s = 0.0
            while True:
                if await self.newest() > position:
                    rows = await self._reads.list_events(position, PAGE)
                    position = rows[-1]["event_no"]
                    quiet_s = 0.0
                    yield b"".join(_encode(EventBody.of(row)) for row in rows)
                    continue
                if quiet_s >= BEAT_S:
                    quiet_s = 0.0
                    yield BEAT
                await asyncio.sleep(POLL_S)
                quiet_s += POLL_S
        except UnavailableError:
            return
        finally:
            self.readers -= 1


def _encode(event: EventBody) -> bytes:
    return f"id: {event.event_no}\nevent: violation\ndata: {event.model_dump_json()}\n\n".encode()
