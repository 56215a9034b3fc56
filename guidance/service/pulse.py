"""Makes a view of the board whenever something changed, at most ten times a second, and feeds the stream."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial

from guidance.board import Belief
from guidance.desk import Desk
from guidance.figures import Lines
from guidance.kpi import kpi_body
from guidance.live import Event, delta_body, snapshot_body, wants_snapshot
from guidance.service.figures import Newest
from guidance.service.stream import Stream, Streams
from guidance.signbook import SignStatus
from parking.plumbing.health import Health

# Also without any news, because silence changes what may be said.
KPI_EVERY_S = 1.0
PAUSE_S = 0.1
# Requests wait while a view is made, so in a very large city views come less often than ten times a second.
BEAT_SHARE = 0.1
# Beliefs taken over at a time, between which requests are answered.
CHUNK = 500


class Pulse:
    """Ties board, desk and stream together. All but `take`, `tell` and `tell_sign` runs in its loop."""

    def __init__(self, desk: Desk, newest: Newest, board: Health, signs: Health) -> None:
        self._desk, self._newest = desk, newest
        self._board_health, self._signs_health = board, signs
        self._dirty = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        started = desk.clock.now()
        name = f"{started:%Y%m%dT%H%M%S%f}"
        self.streams = Streams(
            Stream(f"{name}s", partial(self._snapshot, for_staff=True)),
            Stream(f"{name}p", partial(self._snapshot, for_staff=False)),
        )

    def take(self, beliefs: list[Belief], read_at: datetime) -> None:
        """Put beliefs on the board and show them soon; from any thread."""
        for start in range(0, max(len(beliefs), 1), CHUNK):
            self._loop.call_soon_threadsafe(self._apply, beliefs[start : start + CHUNK], read_at)

    def tell(self, events: Iterable[Event]) -> None:
        """Send events to the staff's readers; from any thread."""
        for event in events:
            self._loop.call_soon_threadsafe(self.streams.staff.append, event)

    def tell_sign(self, status: SignStatus) -> None:
        """Tell every reader of a sign's new status; from any thread."""
        self._loop.call_soon_threadsafe(self.streams.append, self._sign_event(status))

    async def run(self) -> None:
        """Beat until cancelled."""
        due = self._loop.time()
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._dirty.wait(), max(0.0, due - self._loop.time()))
            self._dirty.clear()
            is_due = self._loop.time() >= due
            if is_due:
                due = max(due, self._loop.time() - KPI_EVERY_S) + KPI_EVERY_S
            started = self._loop.time()
            self.beat(with_kpi=is_due)
            await asyncio.sleep(max(PAUSE_S, (self._loop.time() - started) / BEAT_SHARE))

    def beat(self, *, with_kpi: bool) -> None:
        """Make a view of this moment and send what differs from the one before, and the figures where due."""
        desk, streams = self._desk, self.streams
        before, view = desk.latest.view, desk.board.view(desk.clock.now())
        desk.latest.put(view)
        desk.lines = Lines(
            database=_word(self._board_health, "work"), broker=_word(self._signs_health, "broker")
        )
        if wants_snapshot(before, view):
            streams.restart()
        elif (body := delta_body(desk.board, before, view)) is not None:
            streams.append(Event("delta", body))
        if with_kpi:
            streams.staff.append(Event("kpi", kpi_body(desk, view)))
            streams.public.append(Event("kpi", kpi_body(desk, view, for_staff=False)))

    def _apply(self, beliefs: list[Belief], read_at: datetime) -> None:
        self._desk.board.apply(beliefs, read_at)
        if beliefs:
            self._dirty.set()

    def _snapshot(self, *, for_staff: bool) -> Iterable[Event]:
        view = self._desk.latest.view
        kpi = kpi_body(self._desk, view, for_staff=for_staff)
        body = snapshot_body(self._desk.board, view)
        yield Event("snapshot", {**body, "layout": self._desk.layout, "kpi": kpi})
        if for_staff:
            yield from self._newest.events()
        for status in self._desk.signs.list_all():
            if status.frame.sign_id in self._desk.city.signs:
                yield self._sign_event(status)

    def _sign_event(self, status: SignStatus) -> Event:
        sign, frame = self._desk.city.signs[status.frame.sign_id], status.frame
        return Event("sign", {
            "sign_id": sign.sign_id,
            "level": sign.level,
            "name": sign.name,
            "name_en": sign.name_en,
            "frame_no": frame.frame_no,
            "as_of": frame.as_of,
            "published_at": frame.published_at,
            "expires_at": frame.expires_at,
            "shown_at": status.shown_at,
            "cause": frame.cause,
            "rows": frame.rows,
        })  # fmt: skip


def _word(health: Health, check: str) -> str:
    faults = health.faults
    return faults.get(check) or faults.get("start") or "ok"
