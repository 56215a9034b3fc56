"""The kind of each local day: working or not, with swapped days and named holidays.

A year without a notice is counted by its weekdays alone, and bills that depend on it say so.
"""

from dataclasses import dataclass, field
from datetime import date

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKING = "working"
NONWORKING = "nonworking"
HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayCalendar:
    """Named holidays and swapped working days of the years in `notices` (year to document number)."""

    notices: dict[int, str] = field(default_factory=dict)
    holidays: dict[date, str] = field(default_factory=dict)
    swapped: frozenset[date] = frozenset()

    def kinds(self, on: date) -> frozenset[str]:
        """Every word by which a schedule may name this day."""
        weekday = WEEKDAYS[on.weekday()]
        if on in self.swapped:
            return frozenset((WORKING, weekday))
        if on in self.holidays:
            return frozenset((NONWORKING, HOLIDAY, self.holidays[on], weekday))
        return frozenset((WORKING if on.weekday() < 5 else NONWORKING, weekday))

    def names(self) -> frozenset[str]:
        """Every day word that this calendar gives a meaning."""
        return frozenset((*WEEKDAYS, WORKING, NONWORKING, HOLIDAY, *self.holidays.values()))
