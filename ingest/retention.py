"""Which days of readings are kept, and the names of their partitions. Pure."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

# Days made ahead, so that a server that nobody looks at over a long holiday still has a place for each.
AHEAD_DAYS = 10
_PREFIX = "readings_on_"


def partition_name(on: date) -> str:
    """Name of the partition that holds the readings received on a UTC day."""
    return f"{_PREFIX}{on:%Y%m%d}"


def partition_day(name: str) -> date | None:
    """UTC day of a partition, None for a name of another kind."""
    digits = name.removeprefix(_PREFIX)
    if digits == name or not digits.isdigit():
        return None
    return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC).date()


def days_to_make(now: datetime) -> list[date]:
    """UTC days that must have a partition."""
    first = now.astimezone(UTC).date()
    return [first + timedelta(days=number) for number in range(AHEAD_DAYS)]


def days_to_drop(names: Iterable[str], oldest: date) -> list[str]:
    """Partitions that lie wholly before the oldest day to be kept, in order."""
    return sorted(name for name in names if (day := partition_day(name)) is not None and day < oldest)


def day_bounds(on: date) -> tuple[datetime, datetime]:
    """Start and end of a UTC day."""
    start = datetime.combine(on, time.min, tzinfo=UTC)
    return start, start + timedelta(days=1)
