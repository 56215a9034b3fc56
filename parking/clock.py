"""The clock as something passed in, and the days of a city as its people count them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from parking.span import Span


class Clock(Protocol):
    """Tells the time; the only way that anything below `app/` learns it."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        ...


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The calendar day that people in `zone` call this instant's."""
    return at.astimezone(zone).date()


def day_span(on: date, zone: ZoneInfo) -> Span:
    """All instants of a local day: 23, 24 or 25 hours long."""
    start = datetime.combine(on, time.min, tzinfo=zone)
    end = datetime.combine(on + timedelta(days=1), time.min, tzinfo=zone)
    return Span(start_at=start.astimezone(UTC), end_at=end.astimezone(UTC))
