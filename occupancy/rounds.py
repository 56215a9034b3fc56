"""Records of many berths, played one a berth at a time."""

from typing import TYPE_CHECKING, Final

import numpy as np

from occupancy.cells import CAUSE_CODE, FREE, OCCUPIED, Records, gather, scatter, set_before
from occupancy.evidence import Changes, Flags, Int64, join_changes, no_changes
from occupancy.fusion import Stepped, step
from parking.states import TransitionCause

if TYPE_CHECKING:
    from occupancy.engine import Engine


# One number can hold a berth of millions and an instant within so long.
_SPAN_US: Final = 1 << 39
_STATUS = CAUSE_CODE[TransitionCause.STATUS]


def play(engine: "Engine", records: Records) -> Changes:
    """Let the berths hear these records in order of time, and write them into the journal.

    All are newer than what their berths have heard. Of equal statements of one instant the first counts.
    """
    if not len(records):
        return no_changes()
    order, meets = _order(records)
    if meets.any():
        ties = gather(records, order)
        order = order[np.lexsort((ties["tie"], ties["observed_us"], ties["berth"]))]
        order = order[~_repeats(gather(records, order))]
    turn = _turns(records["berth"][order])
    if not turn.any():
        return _round(engine, gather(records, order))
    return join_changes(
        [_round(engine, gather(records, order[turn == each])) for each in range(int(turn.max()) + 1)]
    )


def _round(engine: "Engine", records: Records) -> Changes:
    """Play at most one record a berth."""
    berth = records["berth"].astype(np.int64)
    before = gather(engine.cells, berth)
    set_before(records, before)
    stepped = step(before, records, engine.devices["weight"], engine.fresh_us(berth))
    scatter(engine.cells, berth, stepped.cells)
    _note(records, stepped)
    numbers = engine.journal.append(records)
    return _changes(records, stepped, numbers)


def _note(records: Records, stepped: Stepped) -> None:
    """Write into the records what they made known."""
    records["published_seq"] = 0
    records["is_done"] = False
    records["to_state"][:, 0] = FREE
    records["to_state"][:, 1] = stepped.cells["state"]
    records["earliest_us"][:, 0] = stepped.implied_from_us
    records["latest_us"][:, 0] = records["observed_us"]
    records["earliest_us"][:, 1] = stepped.earliest_us
    records["latest_us"][:, 1] = stepped.latest_us


def _changes(records: Records, stepped: Stepped, numbers: Int64) -> Changes:
    both = np.flatnonzero(stepped.changed)
    first = np.flatnonzero(stepped.implied)
    row = np.concatenate([first, both])
    before = np.where(stepped.implied, FREE, records["before"]["state"])
    departed, free, status = (np.full(len(first), code, np.int8) for code in (OCCUPIED, FREE, _STATUS))
    return Changes(
        berth=records["berth"][row].astype(np.int64),
        from_state=np.concatenate([departed, before[both]]),
        to_state=np.concatenate([free, stepped.cells["state"][both]]),
        earliest_us=np.concatenate([stepped.implied_from_us[first], stepped.earliest_us[both]]),
        latest_us=np.concatenate([records["observed_us"][first], stepped.latest_us[both]]),
        confidence=stepped.confidence[row],
        cause=np.concatenate([status, stepped.cause[both]]),
        reading_id=records["reading_id"][row],
        place=np.concatenate([numbers[first] * 2, numbers[both] * 2 + 1]),
        replaces=np.zeros(len(row), dtype=np.int64),
    )


def _order(records: Records) -> tuple[Int64, Flags]:
    """Order by berth and time; also tells which rows then share berth and instant with the row before."""
    at, berth = records["observed_us"].copy(), records["berth"].astype(np.int64)
    first = int(at.min())
    if int(at.max()) - first < _SPAN_US:
        order = np.argsort(berth * _SPAN_US + (at - first))
    else:
        order = np.lexsort((at, berth))
    at, berth = at[order], berth[order]
    return order, (berth[1:] == berth[:-1]) & (at[1:] == at[:-1])


def _repeats(records: Records) -> Flags:
    """Which of the sorted records say again what the one before them said."""
    again = np.zeros(len(records), dtype=np.bool_)
    again[1:] = True
    for name in ("berth", "observed_us", "tie"):
        again[1:] &= records[name][1:] == records[name][:-1]
    return again


def _turns(sorted_berths: Int64) -> Int64:
    """Count, for each row of a sorted column, the rows of the same berth before it."""
    starts = np.flatnonzero(np.r_[True, sorted_berths[1:] != sorted_berths[:-1]])
    lengths = np.diff(np.r_[starts, len(sorted_berths)])
    return np.arange(len(sorted_berths), dtype=np.int64) - np.repeat(starts, lengths)
