"""What the city believes about each berth, for all berths at once.

Theory of operation. The grid holds, per berth, the believed state, since when, the newest evidence for it
(`evidence_us`, the device's time) and when anything was last received (`received_us`, our time). Four verbs:

- `apply(evidence)` takes readings. Those of one berth are ordered by the device's time; a reading older
  than what is already believed is passed over. A reported change is dated by the device; a change that only
  a later status betrays can have happened any time since the evidence before it: its bounds say so.
- `advance(now)` turns berths UNKNOWN of which nothing was received, nor observed, beyond their limit. The
  bounds of that transition start at the last evidence: the vehicle can have left at once.
- `snapshot()` and `restore(body)` carry the whole state; restoring and applying the rest equals never
  stopping.

`shown(now)` is what may be published: the believed state of berths heard within their limit, and nothing at
all while the newest evidence of the whole street is older than `quiet_us`. Then a backlog or a replay is
being told: it still makes exact stays, and no sign shows it.
"""

import io
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from occupancy.evidence import Changes, Evidence, Int8, Int64, join_changes, no_changes
from parking.readings import ReadingKind
from parking.states import BerthState, TransitionCause

CAUSES: Final = tuple(TransitionCause)
_CODE: Final = {cause: code for code, cause in enumerate(CAUSES)}

# Published accuracy of berth sensors runs from 0.87 on disturbed sites to 0.99 on good ones; a reported
# change is taken at the good end, a state that only a status shows lost the message that should have told.
CONFIDENCE_CHANGE: Final = 0.99
CONFIDENCE_STATUS: Final = 0.95
CONFIDENCE_SILENCE: Final = 1.0  # that we know nothing is certain

_NEVER: Final = np.iinfo(np.int64).min // 2
FREE, OCCUPIED, UNKNOWN = (np.int8(state) for state in BerthState)


class Engine:
    """Belief over a fixed list of berths; indices are positions in `berth_ids`.

    `limit_us` is how long each berth's device may be unheard, `quiet_us` how long the whole street
    (parking.staleness). Nothing is known at first.
    """

    def __init__(self, berth_ids: Sequence[str], limit_us: Int64, quiet_us: int) -> None:
        size = len(berth_ids)
        self._berth_ids = np.array(berth_ids, dtype=np.str_)
        self.limit_us = limit_us
        self.quiet_us = quiet_us
        self.state: Int8 = np.full(size, UNKNOWN, dtype=np.int8)
        self.since_us: Int64 = np.full(size, _NEVER, dtype=np.int64)
        self.evidence_us: Int64 = np.full(size, _NEVER, dtype=np.int64)
        self.received_us: Int64 = np.full(size, _NEVER, dtype=np.int64)

    def apply(self, evidence: Evidence) -> Changes:
        """Take readings in; returns the changes of belief that they cause, dated and bounded."""
        speaks = np.flatnonzero(evidence.occupied >= 0)
        if not len(speaks):
            return no_changes()
        order = speaks[np.lexsort((speaks, evidence.observed_us[speaks], evidence.berth[speaks]))]
        turn = _turns(evidence.berth[order])
        parts = [self._round(evidence, order[turn == number]) for number in range(int(turn.max()) + 1)]
        return join_changes(parts)

    def advance(self, now_us: int) -> Changes:
        """Turn berths UNKNOWN that were silent beyond their limit at `now_us`."""
        deadline = self._heard_us() + self.limit_us
        silent = np.flatnonzero((self.state != UNKNOWN) & (deadline < now_us))
        if not len(silent):
            return no_changes()
        changes = Changes(
            berth=silent,
            from_state=self.state[silent],
            to_state=np.full(len(silent), UNKNOWN, dtype=np.int8),
            earliest_us=self.evidence_us[silent],
            latest_us=deadline[silent],
            confidence=np.full(len(silent), CONFIDENCE_SILENCE, dtype=np.float32),
            cause=np.full(len(silent), _CODE[TransitionCause.SILENCE], dtype=np.int8),
            reading_id=np.full(len(silent), -1, dtype=np.int64),
            row=np.full(len(silent), -1, dtype=np.int64),
        )
        self.state[silent] = UNKNOWN
        self.since_us[silent] = changes.latest_us
        return changes

    def shown(self, now_us: int) -> Int8:
        """Return the state of each berth as it may be published at `now_us`."""
        if self.evidence_us.max(initial=_NEVER) + self.quiet_us < now_us:
            return np.full(len(self.state), UNKNOWN, dtype=np.int8)
        return np.where(self._heard_us() + self.limit_us >= now_us, self.state, UNKNOWN)

    def ever_heard(self) -> Int64:
        """Return the berths of which anything was ever heard."""
        return np.flatnonzero(self.evidence_us != _NEVER)

    def snapshot(self) -> bytes:
        """Return everything as bytes."""
        body = io.BytesIO()
        np.savez(
            body, berth_ids=self._berth_ids, state=self.state, since_us=self.since_us,
            evidence_us=self.evidence_us, received_us=self.received_us,
        )  # fmt: skip
        return body.getvalue()

    def restore(self, body: bytes) -> None:
        """Take a snapshot over; berths that it does not know stay unknown, those gone are dropped."""
        with np.load(io.BytesIO(body)) as saved:
            _, here, there = np.intersect1d(
                self._berth_ids, saved["berth_ids"], assume_unique=True, return_indices=True
            )
            for name in ("state", "since_us", "evidence_us", "received_us"):
                getattr(self, name)[here] = saved[name][there]

    def _heard_us(self) -> Int64:
        return np.maximum(self.evidence_us, self.received_us)

    def _round(self, evidence: Evidence, rows: Int64) -> Changes:
        """Apply at most one reading a berth."""
        berth, observed = evidence.berth[rows], evidence.observed_us[rows]
        self.received_us[berth] = np.maximum(self.received_us[berth], evidence.received_us[rows])
        timely = observed >= self.evidence_us[berth]
        rows, berth, observed = rows[timely], berth[timely], observed[timely]
        stated = evidence.occupied[rows]
        turned = stated != self.state[berth]
        changes = self._changes(evidence, rows[turned], berth[turned], observed[turned])
        self.evidence_us[berth] = observed
        self.state[berth] = stated
        self.since_us[berth[turned]] = observed[turned]
        return changes

    def _changes(self, evidence: Evidence, rows: Int64, berth: Int64, observed: Int64) -> Changes:
        """Describe the turns of these berths, while the grid still holds what was believed before."""
        before = self.state[berth]
        reported = evidence.kind[rows] == ReadingKind.CHANGE
        known = before != UNKNOWN
        first = self.evidence_us[berth] == _NEVER
        cause = np.select(
            [first, ~known, reported],
            [_CODE[TransitionCause.FIRST_SEEN], _CODE[TransitionCause.RETURN], _CODE[TransitionCause.CHANGE]],
            default=_CODE[TransitionCause.STATUS],
        ).astype(np.int8)
        earliest: NDArray[np.int64] = np.where(known & ~reported, self.evidence_us[berth], observed)
        return Changes(
            berth=berth,
            from_state=before,
            to_state=evidence.occupied[rows],
            earliest_us=earliest,
            latest_us=observed,
            confidence=np.where(reported, CONFIDENCE_CHANGE, CONFIDENCE_STATUS).astype(np.float32),
            cause=cause,
            reading_id=evidence.reading_id[rows],
            row=rows,
        )


def _turns(sorted_berths: Int64) -> Int64:
    """Count, for each row of a sorted column, the rows of the same berth before it."""
    starts = np.flatnonzero(np.r_[True, sorted_berths[1:] != sorted_berths[:-1]])
    lengths = np.diff(np.r_[starts, len(sorted_berths)])
    return np.arange(len(sorted_berths), dtype=np.int64) - np.repeat(starts, lengths)
