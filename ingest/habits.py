"""What each device does out of habit: how often it speaks, and how wrong its clock is. Pure.

Both are judged by the last few messages, so that one lost message, one backlog or one repetition changes
nothing. A clock is known to be wrong only from messages minutes apart that agree with each
other, and never while much of the street seems to be wrong: then it is the network that is late.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from parking.ids import DeviceId
from parking.readings import Quality, Reading, ReadingKind

# Heartbeats closer together than this are repetitions, or a backlog that comes in at once.
SHORTEST_GAP_S: Final = 30.0
GAPS: Final = 16
ENOUGH_GAPS: Final = 8
# One look at a clock a minute: what comes in at once counts once, and so does what comes again.
SAMPLE_EVERY: Final = timedelta(minutes=1)
# A clock is wrong when so many looks in a row agree; some devices tell the time now and then only.
DELAYS: Final = 5
# Messages of a clock that is merely wrong agree to within the network's own jitter.
LARGEST_SPREAD_S: Final = 60.0
# Further ahead than a clock's own error, or further behind than a slow network, the clock is wrong.
AHEAD_S: Final = 120.0
BEHIND_S: Final = 300.0
# More wrong clocks than this, and than half of all devices that were heard, are not the clocks' fault.
FEW: Final = 2

# What is asked of every message is named once: members of an enum are slow to look up.
_HEARTBEAT: Final = ReadingKind.HEARTBEAT
_FOREIGN_CLOCK: Final = int(Quality.NO_CLOCK | Quality.SERVER_CLOCK)
_NO_SAMPLE: Final = int(Quality.NO_CLOCK | Quality.SERVER_CLOCK | Quality.HISTORY)


@dataclass(slots=True)
class Habit:
    """One device: gaps between its last heartbeats, and how late its clock makes its messages look."""

    heard_at: datetime
    gaps_s: list[float] = field(default_factory=list)
    delays_s: list[float] = field(default_factory=list)
    beat_at: datetime | None = None
    sampled_at: datetime | None = None
    sampled_of: datetime | None = None

    @property
    def interval(self) -> timedelta | None:
        """Its heartbeat as observed; None while too little was heard. A single lost one does not count."""
        if len(self.gaps_s) < ENOUGH_GAPS:
            return None
        return timedelta(seconds=sorted(self.gaps_s)[-2])

    @property
    def offset(self) -> timedelta | None:
        """How far its clock is ahead of ours (behind: negative); None while not all messages agree."""
        return self.offset_but_for(0)

    def copy(self) -> "Habit":
        """The same, which what is heard from now on does not change."""
        return replace(self, gaps_s=self.gaps_s.copy(), delays_s=self.delays_s.copy())

    def offset_but_for(self, strays: int) -> timedelta | None:
        """The same, where so many messages may disagree."""
        recent = self.delays_s[-DELAYS:]
        middle = median(recent or [0.0])
        agreeing = sum(abs(delay - middle) <= LARGEST_SPREAD_S for delay in recent)
        return timedelta(seconds=-middle) if agreeing >= DELAYS - strays else None


class Habits:
    """Habits of all devices. `wrong` holds the offsets of clocks that are known to be wrong."""

    def __init__(self) -> None:
        self.known: dict[DeviceId, Habit] = {}
        self.wrong: dict[DeviceId, timedelta] = {}
        self._unsaved: set[DeviceId] = set()

    def load(self, habits: Iterable[tuple[DeviceId, Habit]]) -> None:
        """Take over what was known before a restart."""
        for device_id, habit in habits:
            # A restart is no new look at a clock: what comes again after each of many would count each time.
            habit.sampled_at = habit.heard_at
            self.known[device_id] = habit
            self._judge(device_id, habit)

    def take_unsaved(self) -> list[tuple[DeviceId, Habit]]:
        """Habits that changed since this was last asked, as they are now: another thread may store them."""
        changed = [(device_id, self.known[device_id].copy()) for device_id in sorted(self._unsaved)]
        self._unsaved.clear()
        return changed

    def intervals(self) -> dict[DeviceId, timedelta]:
        """Own heartbeat of each device of which enough was heard."""
        found = ((device_id, habit.interval) for device_id, habit in self.known.items())
        return {device_id: interval for device_id, interval in found if interval is not None}

    def note(self, reading: Reading, received_at: datetime) -> None:
        """Learn from a message, believed or not."""
        habit = self.known.get(reading.device_id)
        if habit is None:
            habit = self.known[reading.device_id] = Habit(received_at)
        habit.heard_at = received_at
        # A camera goes round its berths: that is no rhythm of any of them.
        if reading.kind is _HEARTBEAT and reading.berth_id is None:
            self._note_beat(reading, habit)
        if (
            not reading.quality & _NO_SAMPLE
            and reading.observed_at != habit.sampled_of
            and (habit.sampled_at is None or received_at - habit.sampled_at >= SAMPLE_EVERY)
        ):
            self._note_delay(reading, habit, received_at)

    def correct(self, reading: Reading, heard_at: datetime) -> tuple[datetime, int]:
        """When it was observed by a right clock, and its quality; never later than it was heard of."""
        offset = self.wrong.get(reading.device_id) if self.wrong else None
        if offset is None or reading.quality & _FOREIGN_CLOCK or self._is_street_late:
            return reading.observed_at, reading.quality
        # A clock that was ahead and now tells the time was set: taking the offset off would lengthen a stay.
        delay_s = (heard_at - reading.observed_at).total_seconds()
        if offset > timedelta(0) and -AHEAD_S <= delay_s <= BEHIND_S:
            return reading.observed_at, reading.quality
        try:
            observed_at = reading.observed_at - offset
        except OverflowError:  # a clock that jumps to the end of time is not merely wrong
            return reading.observed_at, reading.quality
        return min(observed_at, heard_at), reading.quality | Quality.CLOCK_OFF

    @property
    def _is_street_late(self) -> bool:
        return len(self.wrong) > max(FEW, len(self.known) // 2)

    def _note_beat(self, reading: Reading, habit: Habit) -> None:
        if habit.beat_at is not None:
            gap_s = (reading.observed_at - habit.beat_at).total_seconds()
            if gap_s >= SHORTEST_GAP_S:
                habit.gaps_s.append(gap_s)
                del habit.gaps_s[:-GAPS]
                self._unsaved.add(reading.device_id)
        habit.beat_at = reading.observed_at

    def _note_delay(self, reading: Reading, habit: Habit, received_at: datetime) -> None:
        habit.sampled_at, habit.sampled_of = received_at, reading.observed_at
        delay_s = (received_at - reading.observed_at).total_seconds()
        habit.delays_s.append(delay_s)
        del habit.delays_s[:-DELAYS]
        self._unsaved.add(reading.device_id)
        # Only a message that looks wrong can show that a clock is, or no longer is.
        if reading.device_id in self.wrong or not -AHEAD_S <= delay_s <= BEHIND_S:
            self._judge(reading.device_id, habit)

    def _judge(self, device_id: DeviceId, habit: Habit) -> None:
        # One message that was held up on its way does not put a clock right that is known to be wrong.
        offset = habit.offset_but_for(1 if device_id in self.wrong else 0)
        if offset is not None and not -AHEAD_S <= -offset.total_seconds() <= BEHIND_S:
            self.wrong[device_id] = offset
        else:
            self.wrong.pop(device_id, None)
