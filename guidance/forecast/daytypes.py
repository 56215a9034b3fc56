"""The kinds of day that parking follows. Holidays and made-up workdays are given, never guessed."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import IntEnum

import numpy as np
import numpy.typing as npt


class DayType(IntEnum):
    """Kind of a local day; values are used as array codes."""

    WORKDAY = 0
    SATURDAY = 1
    RESTDAY = 2  # Sunday or public holiday


Calendar = Mapping[date, DayType]  # the days that differ from what their weekday says


def day_type(on: date, calendar: Calendar) -> DayType:
    """The kind of this day: as the calendar says, else by its weekday."""
    given = calendar.get(on)
    if given is not None:
        return given
    return {5: DayType.SATURDAY, 6: DayType.RESTDAY}.get(on.weekday(), DayType.WORKDAY)


def day_types(first_on: date, days: int, calendar: Calendar) -> npt.NDArray[np.int8]:
    """Codes of `days` successive days."""
    return np.array([day_type(first_on + timedelta(days=n), calendar) for n in range(days)], dtype=np.int8)
