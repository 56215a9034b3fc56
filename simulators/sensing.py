"""What devices see of the true stays, and when they speak: changes, regular reports, patrols' sightings."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from parking.readings import ReadingKind
from simulators.calendar import Day
from simulators.draws import Draws, Flags, Hashes, Ints
from simulators.events import Events, spoken
from simulators.layout import Family, Layout
from simulators.stays import Stays, stay_at

# Every device says how things stand when the day begins, spread over this time.
_MIDNIGHT_MS = 30_000
# Hours in which patrols walk, the seconds from berth to berth, and the time to the next section.
_SHIFTS = ((8.0, 12.0), (14.0, 18.0))
_BERTH_MS, _SECTION_MS = 9_000, 90_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Stretches in which a view's device takes its berth for occupied, sorted by (view, arrival).

    `stay` is the stay whose plate a camera would read, -1 for none.
    """

    view: Ints
    arrive_ms: Ints
    depart_ms: Ints
    stay: Ints

    def __len__(self) -> int:
        return len(self.view)

    def pick(self, which: NDArray[np.int64] | Flags) -> Self:
        """The rows at these indexes, or where the mask holds."""
        return replace(
            self,
            view=self.view[which],
            arrive_ms=self.arrive_ms[which],
            depart_ms=self.depart_ms[which],
            stay=self.stay[which],
        )


def see(stays: Stays, layout: Layout) -> Seen:
    """What devices without faults see: the truth."""
    first = np.searchsorted(stays.berth, layout.view_berth, "left")
    count = np.searchsorted(stays.berth, layout.view_berth, "right") - first
    start = np.cumsum(count) - count
    stay = np.arange(int(count.sum())) - np.repeat(start - first, count)
    return Seen(
        view=np.repeat(np.arange(len(count)), count),
        arrive_ms=stays.arrive_ms[stay],
        depart_ms=stays.depart_ms[stay],
        stay=stay,
    )


def within(seen: Seen, views: Ints) -> Seen:
    """What a contiguous range of views sees."""
    if not len(views):
        return seen.pick(np.empty(0, dtype=np.int64))
    first, last = np.searchsorted(seen.view, [views[0], views[-1] + 1])
    return seen.pick(np.arange(first, last))


def changes(seen: Seen, layout: Layout, draws: Draws, day: Day) -> Events:
    """One message for each arrival and each departure of the day."""
    parts = []
    for at_ms, occupied in ((seen.arrive_ms, True), (seen.depart_ms, False)):
        today = (at_ms >= day.start_ms) & (at_ms < day.end_ms)
        stay = seen.stay[today] if occupied else np.full(int(today.sum()), -1, dtype=np.int64)
        parts.append((seen.view[today], at_ms[today], stay))
    view = np.concatenate([part[0] for part in parts])
    occupied_flags = np.repeat([True, False], [len(part[0]) for part in parts])
    at = np.concatenate([part[1] for part in parts])
    stay = np.concatenate([part[2] for part in parts])
    return _speak(layout, draws, view, at, ReadingKind.CHANGE, occupied_flags, stay)


def reports(seen: Seen, layout: Layout, draws: Draws, day: Day, views: Ints) -> Events:
    """The state of these views just after midnight and at their devices' own rhythm."""
    view, at = _report_times(layout, draws, day, views)
    found = stay_at(seen.view, seen.arrive_ms, seen.depart_ms, view, at)
    stay = np.where(found >= 0, seen.stay[found] if len(seen) else -1, -1)
    return _speak(layout, draws, view, at, ReadingKind.HEARTBEAT, found >= 0, stay)


def _report_times(layout: Layout, draws: Draws, day: Day, views: Ints) -> tuple[Ints, Ints]:
    """View and instant of every report of these views."""
    key = layout.devices.key[layout.view_device[views]] ^ layout.berths.key[layout.view_berth[views]]
    every = layout.view_heartbeat_ms[views]
    phase = (draws.uniform("phase", key) * every).astype(np.int64)
    count = (day.end_ms - day.start_ms - phase + every - 1) // every
    place = np.repeat(np.arange(len(views)), count)
    nth = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    regular = day.start_ms + phase[place] + nth * every[place]
    midnight = day.start_ms + (_MIDNIGHT_MS * draws.uniform("midnight", key)).astype(np.int64)
    return np.concatenate([views, views[place]]), np.concatenate([midnight, regular])


def sightings(stays: Stays, layout: Layout, draws: Draws, day: Day) -> Events:
    """What patrols read as they walk their sections, berth by berth, in working hours."""
    beats = [
        _walk(layout, draws, day, place, shift)
        for place in range(len(layout.patrols))
        for shift in range(len(_SHIFTS))
    ]
    empty = np.empty(0, dtype=np.int64)
    device = np.concatenate(
        [np.full(len(berth), layout.patrols[n // len(_SHIFTS)]) for n, (berth, _) in enumerate(beats)]
        or [empty]
    )
    berth = np.concatenate([berth for berth, _ in beats] or [empty])
    at = np.concatenate([at for _, at in beats] or [empty])
    stay = stay_at(stays.berth, stays.arrive_ms, stays.depart_ms, berth, at)
    there = stay >= 0
    device, berth, at, stay = device[there], berth[there], at[there], stay[there]
    return spoken(
        at_ms=at,
        device=device,
        berth=berth,
        kind=ReadingKind.SIGHTING,
        occupied=np.ones(len(at), dtype=np.bool_),
        vehicle=stay,
        confidence=_confidence(draws, layout.devices.key[device], at),
    )


def _walk(layout: Layout, draws: Draws, day: Day, place: int, shift: int) -> tuple[Ints, Ints]:
    """Berths that one patrol passes in one shift, and when; it starts at another section every time."""
    mine = np.flatnonzero(layout.berths.section % len(layout.patrols) == place)
    begin, end = (day.start_ms + int(hour * 3_600_000) for hour in _SHIFTS[shift])
    if not len(mine):
        return mine, mine
    mine = mine[np.argsort(layout.berths.section[mine], kind="stable")]
    start = int(draws.below(len(mine), "patrol", int(layout.patrols[place]), day.number, shift)[0])
    rounds = 2 + (end - begin) // (_BERTH_MS * len(mine))
    path = np.tile(np.roll(mine, -start), rounds)
    section = layout.berths.section[path]
    pause = np.where(np.diff(section, prepend=section[0]) != 0, _SECTION_MS, _BERTH_MS)
    at = begin + np.cumsum(pause)
    return path[at < end], at[at < end]


def _speak(
    layout: Layout, draws: Draws, view: Ints, at: Ints, kind: ReadingKind, occupied: Flags, stay: Ints
) -> Events:
    """Messages of views; only cameras read plates."""
    device = layout.view_device[view]
    vehicle = np.where(layout.devices.family[device] == Family.CAMERA, stay, -1)
    read = np.flatnonzero(vehicle >= 0)
    confidence = np.zeros(len(at), dtype=np.int64)
    confidence[read] = _confidence(draws, layout.devices.key[device[read]], at[read])
    return spoken(
        at_ms=at,
        device=device,
        berth=layout.view_berth[view],
        kind=kind,
        occupied=occupied,
        vehicle=vehicle,
        confidence=confidence,
    )


def _confidence(draws: Draws, device_key: Hashes, at: Ints) -> Ints:
    """How sure the reader of a plate is, in hundredths: a good reader by day."""
    return 94 + draws.below(6, "confidence", device_key, at)
