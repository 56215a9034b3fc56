"""Feeds the board: woken by the street's commits, polling every second, one slice of all states a turn.

A commit wakes the reader, which asks the transitions which berths moved and reads only those. That a berth
was heard again without a change is no transition: a rolling slice of `berth_states` brings that in.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime

from guidance.board import Belief
from guidance.store.beliefs import list_moved, list_positions, list_states_after, list_states_of
from parking.clock import Clock
from parking.plumbing.database import Wakeups, connect, transaction
from parking.plumbing.feed import Positions, advance

POLL_S = 1.0
# Views go out at most ten times a second, so reading more often would be work for nobody.
PAUSE_S = 0.1
MOVED_LIMIT = 200
# All states are read again within about this many seconds, in slices of at least and at most so many rows: a
# longer one would hold the interpreter while requests wait. A million berths take two minutes.
ROUND_S = 10
SLICE_LEAST = 500
SLICE_MOST = 1_000
LOAD_ROWS = 10_000


class BoardReader:
    """One open reader of a city of this many berths: loads all states, then follows.

    `deliver` gets beliefs and the moment of reading, from the reader's thread; no beliefs means no news.
    """

    def __init__(
        self, url: str, berth_count: int, clock: Clock, deliver: Callable[[list[Belief], datetime], None]
    ) -> None:
        self._clock = clock
        self._deliver = deliver
        wanted = max(berth_count // ROUND_S, SLICE_LEAST)
        self._slice = min(wanted, SLICE_MOST)
        self._slice_every_s = max(POLL_S * self._slice / wanted, PAUSE_S)
        self._after = ""
        self._sliced_at = float("-inf")
        with ExitStack() as opened:
            self._connection = opened.enter_context(closing(connect(url, "guidance-board")))
            listening = opened.enter_context(closing(connect(url, "guidance-wakeups")))
            self._wakeups = Wakeups(listening, ("berth_states", "transitions"))
            with transaction(self._connection):
                self._positions = self._load()
            self._opened = opened.pop_all()

    def step(self) -> None:
        """Wait for a commit or a second, then bring the board up to date."""
        started = time.monotonic()
        self._wakeups.wait(self._slice_every_s)
        with transaction(self._connection):
            self._follow()
            if time.monotonic() - self._sliced_at >= self._slice_every_s:
                self._read_slice(self._slice)
        time.sleep(max(0.0, PAUSE_S - (time.monotonic() - started)))

    def close(self) -> None:
        """Let go of both connections."""
        self._opened.close()

    def _load(self) -> Positions:
        """Read all states; returns positions from before that, so nothing that comes meanwhile is lost."""
        positions = list_positions(self._connection)
        while self._read_slice(LOAD_ROWS):
            pass
        return positions

    def _follow(self) -> None:
        moved = list_moved(self._connection, self._positions, MOVED_LIMIT)
        if moved:
            berth_ids = sorted({berth_id for _, _, berth_id in moved})
            self._deliver(list_states_of(self._connection, berth_ids), self._clock.now())
            self._positions = advance(self._positions, ((partition, seq) for partition, seq, _ in moved))

    def _read_slice(self, limit: int) -> bool:
        """Read the next slice of so many rows; returns False after the last one: the round starts again."""
        read_at = self._clock.now()
        beliefs = list_states_after(self._connection, self._after, limit)
        self._deliver(beliefs, read_at)
        self._sliced_at = time.monotonic()
        is_last = len(beliefs) < limit
        self._after = "" if is_last else beliefs[-1].berth_id
        return not is_last
