"""Spells: stretches of time in which a device is in a bad way, found for any day without those before it."""

from dataclasses import dataclass

import numpy as np

from simulators.calendar import Day
from simulators.draws import Draws, Hashes, Ints

_DAY_MS = 86_400_000
_EPOCH_MS = 1_577_836_800_000  # 2020-01-01T00:00Z
# Time is cut into blocks of so many mean lengths. At most one spell begins in each, and none lasts longer
# than a block; so those that touch a day began in its own blocks or in the one before.
_LENGTHS = 4
# New starts: at most one in each of these.
_START_BLOCK_MS = 32 * _DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Spells:
    """Index of who is concerned, and the half-open stretch, which may reach beyond the day."""

    who: Ints
    from_ms: Ints
    to_ms: Ints

    def __len__(self) -> int:
        return len(self.who)


def find_spells(
    draws: Draws, purpose: str, keys: Hashes, day: Day, *, share: float, mean_days: float
) -> Spells:
    """Spells that touch the day, so that `share` of all keys, at most a quarter, is in one at any time."""
    block_ms = max(1, int(_LENGTHS * mean_days * _DAY_MS))
    first, last = ((ms - _EPOCH_MS) // block_ms for ms in (day.start_ms, day.end_ms))
    who, from_ms, to_ms = [], [], []
    for block in range(first - 1, last + 1):
        chosen = np.flatnonzero(draws.chance(min(1.0, share * _LENGTHS), purpose, keys, block))
        start = _EPOCH_MS + block_ms * (block + draws.uniform(f"{purpose} from", keys[chosen], block))
        length = block_ms / _LENGTHS * draws.exponential(f"{purpose} length", keys[chosen], block)
        who.append(chosen)
        from_ms.append(start.astype(np.int64))
        to_ms.append((start + np.minimum(length, block_ms)).astype(np.int64))
    begin, end = np.concatenate(from_ms), np.concatenate(to_ms)
    touching = (begin < day.end_ms) & (end > day.start_ms)
    return Spells(who=np.concatenate(who)[touching], from_ms=begin[touching], to_ms=end[touching])


def count_starts(draws: Draws, purpose: str, keys: Hashes, at_ms: int, *, share: float) -> Ints:
    """How often each key has begun anew since 2020 up to an instant; `share` of all do so on any one day."""
    counts = np.zeros(len(keys), dtype=np.int64)
    for block in range(_block(at_ms) + 1):
        counts += _start_in(draws, purpose, keys, block, share) <= at_ms
    return counts


def last_start(draws: Draws, purpose: str, keys: Hashes, day: Day, *, share: float) -> Ints:
    """When each key began anew on the day, -1 where it did not."""
    found = np.full(len(keys), -1, dtype=np.int64)
    for block in range(_block(day.start_ms), _block(day.end_ms) + 1):
        start = _start_in(draws, purpose, keys, block, share)
        found = np.where((start >= day.start_ms) & (start < day.end_ms), start, found)
    return found


def spell_of(found: Spells, who: Ints, at_ms: Ints) -> Ints:
    """Index of the spell in which each one is at an instant, -1 for none."""
    result = np.full(len(who), -1, dtype=np.int64)
    rows = np.flatnonzero(np.isin(who, found.who))
    for index in range(len(found)):
        inside = (
            (who[rows] == found.who[index])
            & (at_ms[rows] >= found.from_ms[index])
            & (at_ms[rows] < found.to_ms[index])
        )
        result[rows[inside]] = index
    return result


def _block(at_ms: int) -> int:
    return (at_ms - _EPOCH_MS) // _START_BLOCK_MS


def _start_in(draws: Draws, purpose: str, keys: Hashes, block: int, share: float) -> Ints:
    """The one new start of each key in a block; after the end of time where there is none."""
    happens = draws.chance(min(1.0, share * _START_BLOCK_MS / _DAY_MS), purpose, keys, block)
    start = _EPOCH_MS + _START_BLOCK_MS * (block + draws.uniform(f"{purpose} from", keys, block))
    return np.where(happens, start, np.float64(2**62)).astype(np.int64)
