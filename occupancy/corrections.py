"""Late evidence: berths are taken back to just before it, hear the rest again, and correct what was said.

What was made known and still holds stands as it is. The rest is replaced, row by row, by what holds now; a
row whose states are equal takes back what never happened.
"""

from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from occupancy.cells import CAUSE_CODE, Records, heard_us
from occupancy.evidence import Changes, Flags, Int64, join_changes
from occupancy.rounds import play
from parking.states import TransitionCause

if TYPE_CHECKING:
    from occupancy.engine import Engine

# Sources date one event some seconds apart. A statement is not worth a correction that moves it by less.
SAME_MOMENT_US: Final = 10_000_000
_CORRECTION: Final = CAUSE_CODE[TransitionCause.CORRECTION]


class _Said(NamedTuple):
    """One thing that was made known; `slot` is (record, part)."""

    berth: int
    seq: int
    to_state: int
    earliest_us: int
    latest_us: int


def correct(engine: "Engine", records: Records, only_wire: Int64) -> Changes:
    """Play records of which some are late. In berths `only_wire` it was the wire that was silent."""
    late = records["observed_us"] <= heard_us(engine.cells[records["berth"]])
    berths = np.unique(np.concatenate([records["berth"][late].astype(np.int64), only_wire]))
    taken, whole = engine.journal.take_back(berths, _first_us(engine, records, berths, only_wire))
    lost = berths[~whole]
    records = records[~(late & np.isin(records["berth"], lost))]
    first = np.unique(taken["berth"], return_index=True)
    engine.cells[first[0]] = taken["before"][first[1]]
    again = taken[taken["reading_id"] >= 0]
    changes = play(engine, np.concatenate([again, records]))
    return _replace(engine, changes, _said(taken))


def _first_us(engine: "Engine", records: Records, berths: Int64, only_wire: Int64) -> Int64:
    """From when on each of these berths must hear anew."""
    first = np.full(len(berths), np.iinfo(np.int64).max, dtype=np.int64)
    wire = np.isin(berths, only_wire)
    first[wire] = engine.cells["since_us"][berths[wire]]
    mine = np.isin(records["berth"], berths)
    np.minimum.at(first, np.searchsorted(berths, records["berth"][mine]), records["observed_us"][mine])
    return first


def _said(taken: Records) -> dict[int, list[_Said]]:
    """What the records taken back had made known, per berth and in order."""
    row, part = np.nonzero(taken["published_seq"])
    columns = [
        taken["berth"][row],
        *(taken[name][row, part] for name in ("published_seq", "to_state", "earliest_us", "latest_us")),
    ]
    said = [_Said(*each) for each in zip(*(column.tolist() for column in columns), strict=True)]
    return {berth: list(rows) for berth, rows in groupby(sorted(said, key=_berth), key=_berth)}


def _berth(said: _Said) -> int:
    return said.berth


def _replace(engine: "Engine", changes: Changes, said: dict[int, list[_Said]]) -> Changes:
    """Set the new statements of each berth against the old ones."""
    keep = np.ones(len(changes), dtype=np.bool_)
    gone: list[_Said] = []
    concerned = np.flatnonzero(np.isin(changes.berth, list(said)))
    rows = {berth: list[int]() for berth in said}
    for row in concerned.tolist():
        rows[int(changes.berth[row])].append(row)
    for berth, old in said.items():
        gone += _settle(engine, changes, keep, rows[berth], old)
    return join_changes([changes.pick(keep), _taken_back(gone)])


def _settle(engine: "Engine", changes: Changes, keep: Flags, new: list[int], old: list[_Said]) -> list[_Said]:
    """Keep what is equal at both ends; what lies between replaces what lay there. Returns what is gone."""
    head = tail = 0
    shorter = min(len(new), len(old))
    while head < shorter and _is_same(changes, new[head], old[head]):
        head += 1
    while tail < shorter - head and _is_same(changes, new[-1 - tail], old[-1 - tail]):
        tail += 1
    if tail and head + tail == len(old) < len(new):
        tail -= 1  # what is put in between must take the place of something
    same = [*zip(new[:head], old[:head], strict=True)]
    same += [*zip(new[len(new) - tail :], old[len(old) - tail :], strict=True)]
    for row, said in same:
        keep[row] = False
        _stands(engine, int(changes.place[row]), said)
    new, old = new[head : len(new) - tail], old[head : len(old) - tail]
    for place, row in enumerate(new[: None if old else 0]):
        changes.replaces[row] = old[min(place, len(old) - 1)].seq
    return old[len(new) :]


def _is_same(changes: Changes, row: int, said: _Said) -> bool:
    return (
        int(changes.to_state[row]) == said.to_state
        and abs(int(changes.earliest_us[row]) - said.earliest_us) <= SAME_MOMENT_US
        and abs(int(changes.latest_us[row]) - said.latest_us) <= SAME_MOMENT_US
    )


def _stands(engine: "Engine", place: int, said: _Said) -> None:
    """Let the new record bear the statement that was made known."""
    if place >= 0 and place // 2 >= engine.journal.end - engine.journal.capacity:
        slot, part = (place // 2) % engine.journal.capacity, place % 2
        engine.journal.rows["published_seq"][slot, part] = said.seq
        engine.journal.rows["earliest_us"][slot, part] = said.earliest_us
        engine.journal.rows["latest_us"][slot, part] = said.latest_us


def _taken_back(gone: list[_Said]) -> Changes:
    count = len(gone)
    state = np.array([each.to_state for each in gone], dtype=np.int8)
    return Changes(
        berth=np.array([each.berth for each in gone], dtype=np.int64),
        from_state=state,
        to_state=state,
        earliest_us=np.array([each.earliest_us for each in gone], dtype=np.int64),
        latest_us=np.array([each.latest_us for each in gone], dtype=np.int64),
        confidence=np.ones(count, dtype=np.float32),
        cause=np.full(count, _CORRECTION, dtype=np.int8),
        reading_id=np.full(count, -1, dtype=np.int64),
        place=np.full(count, -1, dtype=np.int64),
        replaces=np.array([each.seq for each in gone], dtype=np.int64),
    )
