"""States of berths over time, and for how long they were wrong.

A timeline is what somebody says of each berth: changes in order, and UNKNOWN before the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from parking.states import BerthState
from simulators.draws import Flags, Floats, Ints
from simulators.faults.mishaps import Mishaps
from simulators.stays import Stays

States = NDArray[np.int8]
UNKNOWN = np.int8(BerthState.UNKNOWN)
# A change that the other of two merged timelines makes.
_SAME = np.int8(-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Changes sorted by (berth, time); of several at one instant the last counts."""

    berth: Ints
    at_ms: Ints
    state: States

    @classmethod
    def of(cls, berth: Ints, at_ms: Ints, state: States) -> Self:
        """Sort changes; those of one berth and instant keep their order."""
        order = np.lexsort((at_ms, berth))
        return cls(berth=berth[order], at_ms=at_ms[order], state=state[order])


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The stretch of time that is scored, half-open, and how many berths there are."""

    from_ms: int
    until_ms: int
    berths: int

    @property
    def length_ms(self) -> int:
        """How long it lasts."""
        return self.until_ms - self.from_ms


class Tally:
    """How long, of each berth and any part of the window, something was the case."""

    def __init__(self, window: Window, starts: Ints, holds: Flags) -> None:
        """`starts` are places on one line on which the berths' windows follow one another, ascending."""
        self._window = window
        ends = np.append(starts[1:], window.berths * window.length_ms)
        # As floats, which hold a day's milliseconds of a million berths exactly, or each look-up copies them.
        self._edges = np.append(starts, ends[-1:]).astype(np.float64)
        self._sums = np.concatenate([[0], np.cumsum((ends - starts) * holds)]).astype(np.float64)

    def of_berths(self) -> Ints:
        """Milliseconds of each berth in the whole window."""
        berths = np.arange(self._window.berths, dtype=np.int64)
        whole = np.full(len(berths), self._window.from_ms, dtype=np.int64)
        return self.between(berths, whole, whole + self._window.length_ms)

    def between(self, berth: Ints, from_ms: Ints, to_ms: Ints) -> Ints:
        """Milliseconds in the part of each stretch that lies in the window."""
        window = self._window
        low, high = (
            berth * window.length_ms + np.clip(at_ms, window.from_ms, window.until_ms) - window.from_ms
            for at_ms in (from_ms, to_ms)
        )
        sums = self._until(np.maximum(low, high)) - self._until(low)
        return np.rint(sums).astype(np.int64)

    def share(self, chosen: Flags) -> float:
        """Share of the time of these berths; 0 of none."""
        total = int(chosen.sum()) * self._window.length_ms
        return float(self.of_berths()[chosen].sum() / total) if total else 0.0

    def _until(self, place: Ints) -> Floats:
        sums: Floats = np.interp(place, self._edges, self._sums)
        return sums


def true_timeline(stays: Stays, blocked: Mishaps, window: Window) -> Timeline:
    """The truth: free at first, occupied from arrival to departure, and while a thing stands there."""
    berths = np.arange(window.berths, dtype=np.int64)
    begin = min(window.from_ms, int(stays.arrive_ms.min(initial=window.from_ms)))
    parts = (
        (berths, np.full(window.berths, begin - 1), BerthState.FREE),
        (stays.berth, stays.depart_ms, BerthState.FREE),
        (blocked.berth, blocked.to_ms, BerthState.FREE),
        (stays.berth, stays.arrive_ms, BerthState.OCCUPIED),
        (blocked.berth, blocked.from_ms, BerthState.OCCUPIED),
    )
    return Timeline.of(
        np.concatenate([berth for berth, _, _ in parts]),
        np.concatenate([at_ms for _, at_ms, _ in parts]),
        np.concatenate([np.full(len(berth), state, dtype=np.int8) for berth, _, state in parts]),
    )


def last_words(
    berth: Ints, observed_ms: Ints, received_ms: Ints, occupied: Flags, limit_ms: Ints
) -> Timeline:
    """What one source alone says of its berths: its last word, UNKNOWN when that is older than the limit.

    Rows stand in the order in which they were received; a word older than the last one is passed over.
    `limit_ms` is by berth.
    """
    order = np.lexsort((np.arange(len(berth)), berth))
    berth, observed, received = berth[order], observed_ms[order], received_ms[order]
    base = int(observed.min(initial=0))
    width = int(observed.max(initial=0)) - base + 1
    place = berth * width + (observed - base)
    newest = place >= np.maximum.accumulate(place)
    berth, received, said = berth[newest], received[newest], occupied[order][newest]
    following = np.full(len(berth), np.iinfo(np.int64).max, dtype=np.int64)
    same = berth[1:] == berth[:-1]
    following[:-1][same] = received[1:][same]
    until = received + limit_ms[berth]
    ends = until < following
    state = np.where(said, BerthState.OCCUPIED, BerthState.FREE).astype(np.int8)
    silent = np.full(int(ends.sum()), UNKNOWN, dtype=np.int8)
    return Timeline.of(
        np.concatenate([berth, berth[ends]]),
        np.concatenate([received, until[ends]]),
        np.concatenate([state, silent]),
    )


def tally_wrong(said: Timeline, truth: Timeline, window: Window) -> Tally:
    """For how long what was said was not the truth; UNKNOWN is not the truth."""
    starts, (one, other) = _merge((said, truth), window)
    return Tally(window, starts, one != other)


def tally_state(said: Timeline, state: int, window: Window) -> Tally:
    """For how long this state was said."""
    starts, (one,) = _merge((said,), window)
    return Tally(window, starts, one == state)


def tally_beyond(said: Timeline, heard: Timeline, window: Window) -> Tally:
    """For how long a state was said of a berth of which nothing was heard any more."""
    starts, (one, other) = _merge((said, heard), window)
    return Tally(window, starts, (one != UNKNOWN) & (other == UNKNOWN))


def _merge(lines: Sequence[Timeline], window: Window) -> tuple[Ints, list[States]]:
    """All changes on one line of time, and what each timeline says from each of them on."""
    berths = np.arange(window.berths, dtype=np.int64)
    berth = np.concatenate([berths, *(line.berth for line in lines)])
    at = np.concatenate([np.full(window.berths, -1, dtype=np.int64), *(line.at_ms for line in lines)])
    columns = []
    for number, line in enumerate(lines):
        parts = [np.full(window.berths, UNKNOWN, dtype=np.int8)]
        parts += [
            each.state if place == number else np.full(len(each.state), _SAME, dtype=np.int8)
            for place, each in enumerate(lines)
        ]
        columns.append(np.concatenate(parts))
        assert line.state.dtype == np.int8  # noqa: S101  the columns are joined as they are
    order = np.lexsort((np.arange(len(berth)), at, berth))
    place = berth[order] * window.length_ms + (
        np.clip(at[order], window.from_ms, window.until_ms) - window.from_ms
    )
    return place, [_fill(column[order]) for column in columns]


def _fill(state: States) -> States:
    """Carry each state on to where the next one is said."""
    said = np.where(state != _SAME, np.arange(len(state)), 0)
    return state[np.maximum.accumulate(said)]
