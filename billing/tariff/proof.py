"""Proves that a schedule covers each local day exactly, by a second way of finding the band.

The timetable cuts days into stretches; here every minute of a day asks the schedule by what the clock on
the wall reads. Both must agree, also on days of 23 and 25 hours and on every special of the calendar.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from billing.tariff.choices import Words
from billing.tariff.terms import DAY_MINUTES
from billing.tariff.timetable import Timetable
from parking.clock import day_span

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
# Clock changes are looked for in these years when the days to prove have none.
_YEARS = range(1980, 2041)


@dataclass(frozen=True, slots=True)
class DayProof:
    """What was proved: how many days, which of them minute by minute, and what was found wrong."""

    days: int
    by_minute: tuple[date, ...]
    changes: tuple[tuple[date, int], ...]  # days of a clock change and their hours
    problems: tuple[Words, ...]


def prove_days(timetable: Timetable, days: list[date]) -> DayProof:
    """Check that these days, and days of clock changes, lie under exactly one band at any time."""
    changes = clock_changes(timetable.zone, days)
    problems: list[Words] = []
    by_minute: dict[object, date] = {}
    for on in sorted({*days, *(changed for changed, _ in changes)}):
        problems += _check_cover(timetable, on)
        by_minute.setdefault(_likeness(timetable, on), on)
    for on in by_minute.values():
        problems += _check_minutes(timetable, on)
    return DayProof(len(days), tuple(by_minute.values()), changes, tuple(problems))


def kinds_of_days(timetable: Timetable, days: list[date]) -> list[date]:
    """One day for every way in which these days differ."""
    found: dict[object, date] = {}
    for on in days:
        found.setdefault(_likeness(timetable, on), on)
    return list(found.values())


def clock_changes(zone: ZoneInfo, days: list[date]) -> tuple[tuple[date, int], ...]:
    """Days of 23 or 25 hours among these; the zone's last known two of each where there are none."""
    among = tuple(_changed(zone, days))
    if among:
        return among
    first = date(_YEARS.start, 1, 1)
    ever = list(_changed(zone, [first + timedelta(days=n) for n in range(366 * len(_YEARS))]))
    return tuple(change for hours in (23, 25) for change in [one for one in ever if one[1] == hours][-2:])


def _changed(zone: ZoneInfo, days: list[date]) -> Iterator[tuple[date, int]]:
    for on in days:
        if (length := day_span(on, zone).length) != _DAY:
            yield on, length // _HOUR


def band_by_reading(timetable: Timetable, on: date, minute: int) -> str:
    """The band when the clock on the wall reads this minute of this date."""
    reading = datetime(on.year, on.month, on.day) + timedelta(minutes=minute)  # noqa: DTZ001  a reading
    for interval in reversed(timetable.intervals):
        if interval.from_local <= reading < interval.to_local:
            return interval.band
    schedule = timetable.schedule_of(on)
    if minute < schedule.begins_min:
        schedule = timetable.schedule_of(on - _DAY)
        minute = min(minute, schedule.begins_min - 1) if schedule.begins_min else DAY_MINUTES - 1
    for slot in schedule.slots:
        length = (slot.to_min - slot.from_min) % DAY_MINUTES or DAY_MINUTES
        if (minute - slot.from_min) % DAY_MINUTES < length:
            return slot.band
    raise LookupError(f"no band at {reading}")


def _likeness(timetable: Timetable, on: date) -> object:
    """Days of equal likeness have the same schedules, and the same bands at the same time after midnight."""
    start_s = int(day_span(on, timetable.zone).start_at.timestamp())
    slots = timetable.day(on.toordinal())
    schedules = (id(timetable.schedule_of(on)), id(timetable.schedule_of(on - _DAY)))
    return schedules, tuple((low - start_s, high - start_s, band) for low, high, _, band in slots)


def _check_cover(timetable: Timetable, on: date) -> list[Words]:
    span = day_span(on, timetable.zone)
    at = int(span.start_at.timestamp())
    for low, high, _, _ in timetable.day(on.toordinal()):
        if low != at or high <= low:
            return [_wrong(on, timetable.zone, at)]
        at = high
    return [] if at == int(span.end_at.timestamp()) else [_wrong(on, timetable.zone, at)]


def _check_minutes(timetable: Timetable, on: date) -> list[Words]:
    for low, high, _, band in timetable.day(on.toordinal()):
        for at in range(low, high, 60):
            local = datetime.fromtimestamp(at, timetable.zone)
            if band_by_reading(timetable, local.date(), local.hour * 60 + local.minute) != band:
                return [_wrong(on, timetable.zone, at)]
    return []


def _wrong(on: date, zone: ZoneInfo, at: int) -> Words:
    local = datetime.fromtimestamp(at, zone)
    return Words(
        f"{on}：{local:%H:%M} 处时段有缺口或重叠", f"{on}: gap, overlap or wrong band at {local:%H:%M}"
    )
