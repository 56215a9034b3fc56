"""The choices that a tariff can make, each a closed list of words, and texts in two languages."""

from enum import StrEnum
from typing import NamedTuple


class Words(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str


class Cycle(StrEnum):
    """What is counted together: the one vocabulary for restarts, free minutes and caps."""

    STAY = "stay"
    HOURS_24 = "24h"  # from the arrival; from the first arrival when several stays are summed
    DAY = "day"  # the tariff's day, which begins at the schedule's `begins`
    WINDOW = "window"  # one unbroken stretch of charged time
    BAND = "band"  # one visit of one band


PER_WORDS = {
    Cycle.STAY: Words("每次停车", "per stay"),
    Cycle.HOURS_24: Words("每24小时", "per 24 h"),
    Cycle.DAY: Words("每日", "per day"),
    Cycle.WINDOW: Words("每收费时段", "per charging window"),
    Cycle.BAND: Words("每个时段", "per visit of the band"),
}


class Over(StrEnum):
    """Whose stays are summed."""

    STAY = "stay"
    PLATE = "plate"
    ZONE = "zone"
    OPERATOR = "operator"


class BegunMinute(StrEnum):
    """What happens to the seconds beyond the last whole minute."""

    DROPPED = "dropped"
    COUNTED = "counted"


class Clock(StrEnum):
    """Which minutes move a stay through the steps of a price."""

    CHARGED = "charged"
    ELAPSED = "elapsed"


class Boundary(StrEnum):
    """What the end of a band does to a unit that has begun."""

    BEGUN = "begun"  # the unit goes on and belongs to the band in which it began
    SPLIT = "split"  # the unit ends there; the next band begins a new one


class Exceeded(StrEnum):
    """What becomes of free minutes once the stay is longer than they are."""

    COUNTED = "counted"  # they are charged like all others
    DEDUCTED = "deducted"  # they stay free


class FreeTest(StrEnum):
    """Which minutes are held against the free minutes."""

    TOTAL = "total"
    CHARGEABLE = "chargeable"


class WhileCharging(StrEnum):
    """What the time costs during which a vehicle draws current."""

    CHARGED = "charged"
    FREE = "free"


class AcrossSwitch(StrEnum):
    """Which version prices a stay that was there before this version came into force."""

    ARRIVAL = "arrival"
    SPLIT = "split"
    DEPARTURE = "departure"


class RoundMode(StrEnum):
    """How a total is brought to the step of settlement."""

    HALF_UP = "half_up"
    UP = "up"
    DOWN = "down"
