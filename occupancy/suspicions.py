"""What is wrong with a berth rather than with its sensor: something blocks it, or two sensors are swapped.

Pure. Judged only where the figures of a sensor or the length of a state give reason to look. What is found
here tells the crew what to do there; what stops bills is the quarantine of a sensor that is stuck or
contradicted often enough (`occupancy.learning`).
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from occupancy.worklist import Sign
from parking.city import City
from parking.ids import BerthId, DeviceId

# So long nobody parks without being seen, where squads pass and neighbours come and go.
BLOCKED_FOR: Final = timedelta(hours=12)
# Each is a look at a neighbour while the berth in question showed no plate; a plate may be unreadable once.
LEAST_PASSES: Final = 3
LEAST_NEIGHBOUR_CHANGES: Final = 4
# A squad that reads plates on both sides within this time has walked past.
ONE_WALK: Final = timedelta(minutes=5)
# Sensors lag behind what witnesses see by seconds, and toggle while a vehicle manoeuvres.
SETTLED: Final = timedelta(minutes=3)
# Words of witnesses at which the two sensors differ: so many must speak for a swap, at both berths.
LEAST_CROSSED, LEAST_CROSSED_EACH = 6, 2
CROSSED_SHARE: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """A berth that its sensor has called taken since `since_at`, and what happened around it.

    `seen` are plates read in it since then; `passes` walks on which a squad read plates beside it.
    """

    device_id: DeviceId
    berth_id: BerthId
    since_at: datetime
    seen: int
    passes: int
    neighbour_changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One statement about a berth; from its sensor or from a witness."""

    at: datetime
    occupied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two neighbours: its sensor's words in order of time, and what witnesses saw."""

    device_id: DeviceId
    berth_id: BerthId
    sensor: Sequence[Word]
    witnesses: Sequence[Word]


def blocked_sign(found: Standstill, now: datetime) -> Sign | None:
    """Say that something other than a vehicle may stand in the berth."""
    length = now - found.since_at
    if length < BLOCKED_FOR or found.seen or found.passes < LEAST_PASSES:
        return None
    if found.neighbour_changes < LEAST_NEIGHBOUR_CHANGES:
        return None
    hours = length // timedelta(hours=1)
    # Each walk past without a plate leaves the case of one that cannot be read (one vehicle in five).
    return Sign(
        certainty=1 - 0.2 ** (found.passes - LEAST_PASSES + 1),
        zh=f"泊位疑似被堵（地锁？）：占用 {hours} 小时未见车牌，巡查经过 {found.passes} 次，"
        f"邻位变化 {found.neighbour_changes} 次",
        en=f"the berth may be blocked (ground lock?): taken for {hours} h and never a plate, squads passed "
        f"{found.passes} times, neighbours changed {found.neighbour_changes} times",
    )


def swapped_signs(one: Side, other: Side) -> dict[DeviceId, Sign]:
    """Say that two sensors are bound the wrong way round: each tells what is seen at the other's berth."""
    (crossed_one, own_one), (crossed_other, own_other) = _agreement(one, other), _agreement(other, one)
    crossed, own = crossed_one + crossed_other, own_one + own_other
    if crossed < LEAST_CROSSED or min(crossed_one, crossed_other) < LEAST_CROSSED_EACH:
        return {}
    if crossed < CROSSED_SHARE * (crossed + own):
        return {}
    certainty = (crossed + 1) / (crossed + own + 2)
    return {mine.device_id: _swapped(theirs, crossed, crossed + own, certainty)
            for mine, theirs in ((one, other), (other, one))}  # fmt: skip


def neighbours(city: City) -> dict[BerthId, tuple[BerthId, ...]]:
    """The berths before and after each in its road section."""
    by_section: dict[str, list[BerthId]] = {}
    for berth in city.berths.values():
        by_section.setdefault(berth.section_id, []).append(berth.berth_id)
    return {
        berth_id: tuple(row[max(0, place - 1) : place] + row[place + 1 : place + 2])
        for row in by_section.values()
        for place, berth_id in enumerate(row)
    }


def sensor_of(city: City) -> Mapping[BerthId, DeviceId]:
    """The sensor that is bound to each berth in the city's files."""
    return {device.berth_id: device.device_id for device in city.devices.values() if device.berth_id}


def rested(changes: Sequence[Word]) -> list[Word]:
    """What one who watches all the time saw some minutes after each change, where it still stood."""
    stood = [each for each, after in pairwise(changes) if after.at - each.at > 3 * SETTLED]
    return [Word(at=each.at + 2 * SETTLED, occupied=each.occupied) for each in [*stood, *changes[-1:]]]


def _swapped(theirs: Side, crossed: int, compared: int, certainty: float) -> Sign:
    name, berth = theirs.device_id, theirs.berth_id
    return Sign(
        certainty=certainty,
        zh=f"疑似与 {name} 互换：{compared} 次比对中 {crossed} 次与泊位 {berth} 所见一致",
        en=f"seems swapped with {name}: {crossed} of {compared} times it told what was seen at {berth}",
    )


def _agreement(here: Side, there: Side) -> tuple[int, int]:
    """How often witnesses here agree with the other sensor, and with the own one, where both differ."""
    crossed = own = 0
    for word in here.witnesses:
        mine, others = _told(here.sensor, word.at), _told(there.sensor, word.at)
        if mine is not None and others is not None and mine != others:
            crossed += others == word.occupied
            own += mine == word.occupied
    return crossed, own


def _told(words: Sequence[Word], at: datetime) -> bool | None:
    """What a sensor told at an instant; None before its first word, or while it was just changing."""
    place = bisect_right(words, at, key=_at)
    if not place:
        return None
    said = words[place - 1].occupied
    near = words[bisect_right(words, at - SETTLED, key=_at) : bisect_right(words, at + SETTLED, key=_at)]
    return said if all(each.occupied == said for each in near) else None


def _at(word: Word) -> datetime:
    return word.at
