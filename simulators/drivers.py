"""When vehicles come and go: the true stays of one local day, drawn per berth from (seed, day, berth) alone.

Whether a berth keeps a vehicle over the night from day d to d+1, and until when, depends on (seed, berth, d)
only; so a day can be drawn without the days before it, and meets its neighbours without a seam.
"""

from dataclasses import dataclass

import numpy as np

from simulators.calendar import Day
from simulators.draws import Draws, Floats, Ints, Key
from simulators.layout import CLASSES, Berths
from simulators.scenario import Demand
from simulators.stays import StayFlag, Stays, join_stays

# Most stays that one berth can have in a day; the counts' tails end far below.
SLOTS = 24
_HOUR_S = 3600
# Shares of arrivals by hour of the day, workday and holiday.
_ARRIVALS = (
    (2, 1, 1, 1, 1, 3, 12, 40, 75, 72, 66, 62, 50, 46, 60, 62, 58, 62, 70, 62, 46, 26, 12, 5),
    (4, 2, 1, 1, 1, 2, 6, 16, 38, 62, 74, 72, 58, 54, 66, 72, 70, 66, 66, 64, 54, 34, 18, 8),
)
_FEWEST_S, _LONGEST_S = 120, 9 * _HOUR_S
# Somebody waits to turn in where berths are scarce: the next one is there this soon, on average.
_LEAST_GAP_S, _MEAN_GAP_S = 15, 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What a berth is like in the long run, by dense index: stays a workday, their mean, nights."""

    stays: Floats
    mean_s: Floats
    night: Floats


def habits_of(berths: Berths, draws: Draws, demand: Demand) -> Habits:
    """Draw each road section's character and each berth's; they hold for all days."""
    busy, quiet = (
        np.array([shares[zone_class] for zone_class in CLASSES])[berths.zone_class]
        for shares in (demand.busy_share, demand.quiet_share)
    )
    luck = draws.uniform("section", berths.section_key)
    within = draws.uniform("section level", berths.section_key)
    stays = _between(demand.ordinary_stays, within)
    stays = np.where(luck < busy, _between(demand.busy_stays, within), stays)
    stays = np.where(luck >= 1 - quiet, demand.quiet_stays, stays)
    night = np.array([demand.night_share[zone_class] for zone_class in CLASSES])[berths.zone_class]
    night = np.where(luck < busy, 0.6 * night, night)
    mean = np.full(len(berths), demand.mean_stay_min * 60.0)
    for kind, use in demand.kinds.items():
        there = berths.of_kind(kind)
        stays = np.where(there, stays * use.stays_factor, stays)
        mean = np.where(there, mean * use.length_factor, mean)
        night = np.where(there, use.night_share, night)
    night = np.where(berths.limit_s > 0, 0.0, night)
    return Habits(stays=stays, mean_s=mean, night=night)


def draw_stays(berths: Berths, draws: Draws, demand: Demand, day: Day, before: Day, after: Day) -> Stays:
    """All stays that touch the day, without vehicles; CARRIED marks those that began the day before."""
    habits = habits_of(berths, draws, demand)
    carried = _nights(berths, habits, draws, demand, before, day)
    tonight = _nights(berths, habits, draws, demand, day, after)
    free_from = np.full(len(berths), day.start_ms, dtype=np.int64)
    free_from[carried.berth] = carried.depart_ms
    free_until = np.full(len(berths), day.end_ms - 60_000, dtype=np.int64)
    free_until[tonight.berth] = tonight.arrive_ms
    daytime = _daytime(berths, habits, draws, demand, day, (free_from, free_until))
    carried = _flag(carried, StayFlag.CARRIED)
    return join_stays([carried, daytime, tonight])


def _nights(berths: Berths, habits: Habits, draws: Draws, demand: Demand, day: Day, after: Day) -> Stays:
    """Stays over the night that follows `day`: come home in the evening, leave late or in the morning."""
    keys = (berths.key, day.number)
    busier = demand.holiday_night_factor if day.holiday else 1.0
    held = np.flatnonzero(draws.chance(habits.night * busier, "night", *keys))
    keys = (berths.key[held], day.number)
    home = np.clip(19.6 + 1.5 * draws.normal("night from", *keys), 16.5, 23.6)
    leave = np.clip((9.2 if after.holiday else 7.7) + 0.9 * draws.normal("night until", *keys), 5.5, 12.0)
    short = draws.chance(demand.late_leaver_share, "night short", *keys)
    leave = np.where(short, 0.1 + 2.4 * draws.uniform("night short until", *keys), leave)
    count = len(held)
    return Stays(
        berth=held.astype(np.int64),
        slot=np.full(count, SLOTS, dtype=np.int64),
        arrive_ms=day.start_ms + (home * _HOUR_S).astype(np.int64) * 1000,
        depart_ms=day.end_ms + (leave * _HOUR_S).astype(np.int64) * 1000,
        flags=np.full(count, StayFlag.OVERNIGHT, dtype=np.int64),
        vehicle=np.full(count, -1, dtype=np.int64),
    )


def _daytime(
    berths: Berths, habits: Habits, draws: Draws, demand: Demand, day: Day, free: tuple[Ints, Ints]
) -> Stays:
    """Stays that begin and end on the day, within the stretch in which each berth is free.

    Wished arrivals are pushed back behind the stay before them; what no longer fits the day falls away.
    """
    columns = np.arange(SLOTS, dtype=np.int64)[None, :]
    keys = (berths.key[:, None], day.number, columns)
    counts = _counts(berths, habits, draws, demand, day)
    wished = _wishes(draws, keys, counts, day)
    length = _lengths(berths, habits, draws, demand, day, keys)
    gap = _LEAST_GAP_S + (_MEAN_GAP_S * draws.exponential("gap", *keys)).astype(np.int64)
    first = (free[0] - day.start_ms)[:, None] // 1000 + _LEAST_GAP_S
    last = (free[1] - day.start_ms)[:, None] // 1000 - _LEAST_GAP_S
    used = np.cumsum(length + gap, axis=1) - (length + gap)
    begin = np.maximum.accumulate(np.maximum(wished, first) - used, axis=1) + used
    end = np.minimum(begin + length, last)
    berth, slot = np.nonzero((columns < counts[:, None]) & (end - begin >= _FEWEST_S))
    chosen = (berth, slot)
    flags = np.where(
        (berths.limit_s[berth] > 0) & ((end - begin)[chosen] > berths.limit_s[berth]), StayFlag.OVERSTAY, 0
    )
    return Stays(
        berth=berth.astype(np.int64),
        slot=slot.astype(np.int64),
        arrive_ms=day.start_ms + begin[chosen] * 1000,
        depart_ms=day.start_ms + end[chosen] * 1000,
        flags=flags.astype(np.int64),
        vehicle=np.full(len(berth), -1, dtype=np.int64),
    )


def _counts(berths: Berths, habits: Habits, draws: Draws, demand: Demand, day: Day) -> Ints:
    """How many daytime stays: negative binomial, so that the variance exceeds the mean as observed."""
    mean = np.maximum(habits.stays * (demand.holiday_factor if day.holiday else 1.0) - habits.night, 0.02)
    ratio = demand.holiday_dispersion if day.holiday else demand.workday_dispersion
    wanted = draws.uniform("count", berths.key, day.number)
    shape = mean / (ratio - 1)
    share = (1 / ratio) ** shape
    total = share
    counts: Ints = np.zeros(len(berths), dtype=np.int64)
    for number in range(SLOTS):
        counts += total <= wanted
        share = share * (shape + number) / (number + 1) * (1 - 1 / ratio)
        total = total + share
    return counts


def _wishes(draws: Draws, keys: tuple[Key, ...], counts: Ints, day: Day) -> Ints:
    """Seconds of the day at which drivers would come, ascending; unused slots lie at the end."""
    shares = np.cumsum([0, *_ARRIVALS[day.holiday]])
    wished = draws.uniform("wish", *keys)
    wished = np.where(np.arange(SLOTS)[None, :] < counts[:, None], wished, 1.0)
    wished.sort(axis=1)
    hours = np.interp(wished, shares / shares[-1], np.arange(25.0))
    seconds: Ints = (hours / 24 * (day.end_ms - day.start_ms) / 1000).astype(np.int64)
    return seconds


def _lengths(
    berths: Berths, habits: Habits, draws: Draws, demand: Demand, day: Day, keys: tuple[Key, ...]
) -> Ints:
    """Seconds of each stay: lognormal with a long tail; time limits are kept by most."""
    mean = habits.mean_s * (demand.holiday_length_factor if day.holiday else 1.0)
    spread = demand.stay_spread
    length = mean[:, None] * np.exp(spread * draws.normal("length", *keys) - spread**2 / 2)
    limit = berths.limit_s[:, None].astype(np.float64)
    over = draws.chance(demand.overstay_share, "overstay", *keys)
    kept = np.minimum(length, limit * (0.35 + 0.6 * draws.uniform("limit", *keys)))
    broken = limit * (1.25 + 2.0 * draws.uniform("over", *keys))
    length = np.where(limit > 0, np.where(over, broken, kept), length)
    return np.clip(length, _FEWEST_S, _LONGEST_S).astype(np.int64)


def _between(bounds: tuple[float, float], share: Floats) -> Floats:
    return bounds[0] + (bounds[1] - bounds[0]) * share


def _flag(stays: Stays, flag: StayFlag) -> Stays:
    return Stays(
        berth=stays.berth,
        slot=stays.slot,
        arrive_ms=stays.arrive_ms,
        depart_ms=stays.depart_ms,
        flags=stays.flags | flag,
        vehicle=stays.vehicle,
    )
