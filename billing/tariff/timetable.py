"""Which band holds at which instant: the wall-clock schedule, resolved day by day.

A band holds whenever the local clock reads a time inside it. So each local day is cut in two steps:
its readings (00:00 to 24:00) into bands, which is the same on every day of a kind, and its instants into
stretches of one UTC offset, on which readings and instants run in step. An ordinary day is one stretch;
on a day of a clock change there are two, readings that occur twice lie in the same band twice, and
readings that never occur lie in no stretch. Nothing is ever added to local midnight.

A schedule's day begins at `begins` and lasts until the next day's beginning: readings before it belong to
the day before, whose last band lasts on where the next day begins later.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from billing.tariff.calendar import HolidayCalendar
from billing.tariff.terms import DAY_MINUTES, Interval, Schedule, Season, Slot

_QUARTER_S = 900


@dataclass(slots=True)
class Atom:
    """A stretch of a stay under one band on one tariff day.

    `window` counts stretches of charged time, `visit` counts visits of bands. `free` says why nothing is
    charged although the band charges.
    """

    start_s: int
    end_s: int
    day: int
    band: str
    window: int = 0
    visit: int = 0
    free: str = ""

    def part(self, start_s: int, end_s: int, free: str) -> "Atom":
        """A part of this atom."""
        return Atom(start_s, end_s, self.day, self.band, self.window, self.visit, free)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Minutes of the local clock in [from_min, to_min) of one date: their tariff day and band."""

    from_min: int
    to_min: int
    day: int
    band: str


@dataclass(slots=True)
class Timetable:
    """The schedules that hold for one kind of stay; days are cut once and remembered."""

    zone: ZoneInfo
    calendar: HolidayCalendar
    schedules: tuple[Schedule, ...]
    seasons: dict[str, Season]
    intervals: tuple[Interval, ...]
    by_day: bool = True
    _days: dict[int, tuple[tuple[int, int, int, str], ...]] = field(default_factory=dict)

    def cut(self, start_s: int, end_s: int) -> list[Atom]:
        """Cut [start_s, end_s) (seconds of the epoch) at every change of band or tariff day, in order."""
        atoms: list[Atom] = []
        last: Atom | None = None
        ordinal = datetime.fromtimestamp(start_s, self.zone).toordinal()
        at = start_s
        while at < end_s:
            for _, until, day, band in self.day(ordinal):
                if until <= at:
                    continue
                stop = min(until, end_s)
                if last is not None and last.band == band and (last.day == day or not self.by_day):
                    last.end_s = stop
                else:
                    last = Atom(at, stop, day, band)
                    atoms.append(last)
                at = stop
                if at >= end_s:
                    break
            ordinal += 1
        return atoms

    def day(self, ordinal: int) -> tuple[tuple[int, int, int, str], ...]:
        """(start, end, tariff day, band) of one local date, without gap or overlap."""
        if (known := self._days.get(ordinal)) is None:
            known = self._days[ordinal] = self._cut_day(date.fromordinal(ordinal))
        return known

    def tariff_day(self, at_s: int) -> int:
        """The tariff day of an instant, as the ordinal of its date."""
        slots = self.day(datetime.fromtimestamp(at_s, self.zone).toordinal())
        return next((day for _, until, day, _ in slots if at_s < until), slots[-1][2])

    def schedule_of(self, on: date) -> Schedule:
        """The first schedule that names this day; raises LookupError when none does."""
        kinds = self.calendar.kinds(on)
        for schedule in self.schedules:
            if (not schedule.days or kinds.intersection(schedule.days)) and self._in_season(schedule, on):
                return schedule
        raise LookupError(f"no schedule for {on}")

    def _in_season(self, schedule: Schedule, on: date) -> bool:
        return not schedule.seasons or any(in_season(self.seasons[name], on) for name in schedule.seasons)

    def _cut_day(self, on: date) -> tuple[tuple[int, int, int, str], ...]:
        readings = self._override(on, self._readings(on))
        cut: list[tuple[int, int, int, str]] = []
        for start_s, end_s, zero_s in _stretches(on, self.zone):
            for reading in readings:
                from_s = max(start_s, zero_s + reading.from_min * 60)
                to_s = min(end_s, zero_s + reading.to_min * 60)
                if from_s < to_s:
                    cut.append((from_s, to_s, reading.day, reading.band))
        return tuple(cut)

    def _readings(self, on: date) -> list[_Reading]:
        """The bands of one date by the local clock: the rest of the day before, then the day's own."""
        today, before = self.schedule_of(on), self.schedule_of(on - timedelta(days=1))
        begins = today.begins_min
        readings = [
            _Reading(low - DAY_MINUTES, high - DAY_MINUTES, on.toordinal() - 1, band)
            for low, high, band in day_axis(before, DAY_MINUTES + begins)
        ]
        readings += [
            _Reading(low, high, on.toordinal(), band)
            for low, high, band in day_axis(today, DAY_MINUTES + begins)
        ]
        clipped = (_Reading(max(0, r.from_min), min(DAY_MINUTES, r.to_min), r.day, r.band) for r in readings)
        return [reading for reading in clipped if reading.from_min < reading.to_min]

    def _override(self, on: date, readings: list[_Reading]) -> list[_Reading]:
        midnight = datetime(on.year, on.month, on.day)  # noqa: DTZ001  intervals are local readings
        for interval in self.intervals:
            low = max(0, (interval.from_local - midnight) // timedelta(minutes=1))
            high = min(DAY_MINUTES, (interval.to_local - midnight) // timedelta(minutes=1))
            if low < high:
                readings = _replace(readings, low, high, interval.band)
        return readings


def reading_spans(start_s: int, end_s: int, hours: tuple[int, int], zone: ZoneInfo) -> list[tuple[int, int]]:
    """Instants on the days from start_s to end_s at which the local clock reads a time in `hours`.

    Hours are minutes of the day, half-open; an end at or before the beginning runs over midnight.
    """
    from_min, to_min = hours
    daily = [(from_min, to_min)] if from_min < to_min else [(0, to_min), (from_min, DAY_MINUTES)]
    on = datetime.fromtimestamp(start_s, zone).date()
    last = datetime.fromtimestamp(end_s, zone).date()
    spans: list[tuple[int, int]] = []
    while on <= last:
        spans += [
            (max(low_s, zero_s + low * 60), min(high_s, zero_s + high * 60))
            for low_s, high_s, zero_s in _stretches(on, zone)
            for low, high in daily
        ]
        on += timedelta(days=1)
    return [(low, high) for low, high in spans if low < high]


def in_season(season: Season, on: date) -> bool:
    """Whether the day lies in the season, which may run over the new year."""
    day = (on.month, on.day)
    if season.from_day <= season.to_day:
        return season.from_day <= day <= season.to_day
    return day >= season.from_day or day <= season.to_day


def day_axis(schedule: Schedule, end_min: int) -> list[tuple[int, int, str]]:
    """(from, to, band) on the axis [begins, end_min), where minutes beyond 1440 lie on the next date.

    The last band lasts until `end_min`.
    """
    begins = schedule.begins_min
    pieces = sorted(
        (low, high, slot.band) for slot in schedule.slots for low, high in _unrolled(slot, begins)
    )
    low, _, band = pieces[-1]
    pieces[-1] = (low, max(end_min, low), band)
    return [(low, min(high, end_min), band) for low, high, band in pieces if low < end_min]


def _unrolled(slot: Slot, begins: int) -> list[tuple[int, int]]:
    """The slot on the axis [begins, begins + 1440): in two pieces where it runs over the beginning."""
    length = (slot.to_min - slot.from_min) % DAY_MINUTES or DAY_MINUTES
    low = slot.from_min if slot.from_min >= begins else slot.from_min + DAY_MINUTES
    end = begins + DAY_MINUTES
    if low + length <= end:
        return [(low, low + length)]
    return [(low, end), (begins, low + length - DAY_MINUTES)]


def _replace(readings: list[_Reading], low: int, high: int, band: str) -> list[_Reading]:
    replaced: list[_Reading] = []
    for r in readings:
        inside = (max(r.from_min, low), min(r.to_min, high))
        if inside[0] >= inside[1]:
            replaced.append(r)
            continue
        parts = (
            _Reading(r.from_min, inside[0], r.day, r.band),
            _Reading(*inside, r.day, band),
            _Reading(inside[1], r.to_min, r.day, r.band),
        )
        replaced += [part for part in parts if part.from_min < part.to_min]
    return replaced


def _stretches(on: date, zone: ZoneInfo) -> list[tuple[int, int, int]]:
    """(start, end, instant of reading 00:00) of each stretch of one UTC offset of a local date."""
    first = _instant(on, zone)
    last = _instant(on + timedelta(days=1), zone)
    stretches: list[tuple[int, int, int]] = []
    at = first
    while at < last:
        offset = _offset_s(at, zone)
        end = at
        while end < last and _offset_s(end, zone) == offset:
            end = min(last, end + _QUARTER_S)
        zero = int(datetime(on.year, on.month, on.day, tzinfo=UTC).timestamp()) - offset
        stretches.append((at, end, zero))
        at = end
    return stretches


def _instant(on: date, zone: ZoneInfo) -> int:
    """First instant of a local date; where midnight is skipped, the instant of the change."""
    return int(datetime(on.year, on.month, on.day, tzinfo=zone).timestamp())


def _offset_s(at_s: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(at_s, zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
