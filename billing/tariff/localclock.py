"""Instants on a city's clocks, with their offset fixed.

A time in a zone, in an hour that occurs twice, equals no other spelling of the same instant (PEP 495), so
a stored bill would not be the bill. A fixed offset keeps it equal.
"""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_DAY_S = 86_400


class LocalClock:
    """Reads a zone's clocks; the offset of each day is looked up once."""

    __slots__ = ("_offsets", "zone")

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._offsets: dict[int, timezone | None] = {}

    def at(self, second: int) -> datetime:
        """The local time of a second of the epoch."""
        day = second // _DAY_S
        if day not in self._offsets:
            begins, ends = self._offset(day * _DAY_S), self._offset((day + 1) * _DAY_S)
            self._offsets[day] = begins if begins == ends else None
        return datetime.fromtimestamp(second, self._offsets[day] or self._offset(second))

    def _offset(self, second: int) -> timezone:
        return timezone(datetime.fromtimestamp(second, self.zone).utcoffset() or timedelta())
