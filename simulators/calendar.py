"""Days as drivers live them: workdays and holidays, in a city's own time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from parking.clock import day_span

# Sequence numbers of devices count from this day.
_FIRST_DAY = date(2020, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Which days differ from what their weekday says: public holidays, and weekend days worked instead."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def is_holiday(self, on: date) -> bool:
        """Whether people are off: a public holiday, or a weekend day that is not worked."""
        return on in self.holidays or (on.weekday() >= 5 and on not in self.workdays)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One local day; instants are milliseconds since 1970, `number` counts days since 2020."""

    on: date
    number: int
    start_ms: int
    end_ms: int
    holiday: bool


def day_of(on: date, zone: ZoneInfo, calendar: Calendar) -> Day:
    """The day with its bounds in this zone."""
    span = day_span(on, zone)
    return Day(
        on=on,
        number=(on - _FIRST_DAY).days,
        start_ms=to_ms(span.start_at),
        end_ms=to_ms(span.end_at),
        holiday=calendar.is_holiday(on),
    )


def day_before(day: Day, zone: ZoneInfo, calendar: Calendar) -> Day:
    """The day that ends where this one starts."""
    return day_of(day.on - timedelta(days=1), zone, calendar)


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970."""
    return round(at.timestamp() * 1000)
