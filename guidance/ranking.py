"""Which road sections suit a driver: near on foot, cheap for this stay, and with a berth free on arrival.

Everything is weighed in minutes, so that the parts of a rank can be read and disputed. Distances are the
straight line to the section's nearest point, times a detour factor. Columns, not objects, until the end:
thousands of drivers ask a second.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from math import log
from typing import Any, NamedTuple

import numpy as np

from guidance.board import Ints, Shown, View
from guidance.outlook import BASES, FEW, MANY, MIDDLE, Outlook
from guidance.streets import Floats, Singles, Streets, Usable, Wish

# Walked over straight-line distance in street grids; the square root of two is a grid's worst case.
DETOUR = 1.3
WALK_M_PER_MIN = 75.0
# What a yuan is worth: about 30 yuan an hour.
MINUTES_PER_YUAN = 2.0
# Driving on to the next section and looking again, weighed by how likely no berth is free on arrival.
SEARCH_MIN = 12.0
FARTHEST_M = 2000.0
# Looked at first, on the map: most often nothing farther off can be better than what is found there.
FIRST_LOOK_M = 1000.0
# Up to so many sections a forecast is computed for all of them at once.
FEW_SECTIONS = 4096
# The chance that somebody whom nobody sent takes the last free berth first; each further one must go too.
LOST = 0.05
# Nobody is told that a berth is certain.
SUREST = np.float32(0.999)
_LOG_LOST = np.float32(log(LOST))

COUNTED = "count"  # the basis where there is no forecast: what is counted now


class Suggestion(NamedTuple):
    """One road section by its number on the board, with what speaks for and against it, to a tenth.

    `chance` is that of a free berth on arrival. `few`, `middle` and `many` are the usable berths free then
    (10, 50, 90 %) and `error` how many the middle is off on average, None where nothing was forecast.
    """

    number: int
    walk_m: float
    free: int
    occupied: int
    unknown: int
    closed: int
    chance: float
    few: int
    middle: int
    many: int
    error: float | None
    basis: str
    walk_min: float
    price_min: float
    search_min: float

    @property
    def cost_min(self) -> float:
        """The lower the better: the sum of the parts."""
        return self.walk_min + self.price_min + self.search_min


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """What a rank is made from. `prices` gives fen of sections by their numbers, 0 where none is known.

    No section costs less than `least_fen`. `coming` are cars expected on the way to each section; without
    `outlook` the counts of now stand for later.
    """

    wish: Wish
    now: datetime
    arrive_at: datetime
    prices: Callable[[Ints], Ints]
    limit: int
    least_fen: int = 0
    outlook: Outlook | None = None
    coming: Singles | None = None

    @property
    def horizon_no(self) -> int:
        """Position of the forecast's horizon that stands for the arrival."""
        if self.outlook is None:
            return 0
        return self.outlook.horizon_no((self.arrive_at - self.outlook.made_at).total_seconds() / 60)


def rank(streets: Streets, view: View, question: Question) -> list[Suggestion]:
    """Return the best sections within walking reach, best first; none without a usable open berth.

    A section with hardly a chance ranks behind, but is kept: a driver far away may still want it.
    """
    usable = streets.usable(view, question.wish)
    for reach_m in (FIRST_LOOK_M, FARTHEST_M / DETOUR):
        found = _weigh(streets, usable, question, reach_m)
        # What is farther off costs at least the walk to there.
        beyond_min = reach_m * DETOUR / WALK_M_PER_MIN + question.least_fen / 100 * MINUTES_PER_YUAN
        if len(found.near) >= question.limit and found.cost[found.best[-1]] <= beyond_min:
            break
    return list(map(Suggestion._make, zip(*_columns(question, usable, found), strict=True)))


def _columns(question: Question, usable: Usable, found: "_Weighed") -> Iterator[list[Any]]:
    """Of the best, one column for each member of a suggestion."""
    best = found.best
    sections = found.near.take(best)
    walk_min, price_min, search_min = found.parts
    tenths = np.array((
        found.away.take(best) * DETOUR,
        _error(question, usable, sections),
        walk_min.take(best),
        price_min.take(best),
        search_min.take(best),
    ))  # fmt: skip
    walk_m, error, *parts = (np.rint(tenths * 10) / 10).tolist()
    yield sections.tolist()
    yield walk_m
    yield from usable.counts.take(sections, axis=0).T.tolist()
    yield (np.rint(found.chance.take(best).astype(np.float64) * 1000) / 1000).tolist()
    outlook = question.outlook
    if outlook is None:
        counted = usable.counts[sections, Shown.FREE].tolist()
        yield from (counted, counted, counted, [None] * len(counted), [COUNTED] * len(counted))
    else:
        free = found.free.take(best, axis=0).take((FEW, MIDDLE, MANY), axis=1)
        yield from np.rint(free).astype(np.int64).T.tolist()
        yield error
        yield [BASES[basis] for basis in outlook.basis[question.horizon_no].take(sections).tolist()]
    yield from parts


def _error(question: Question, usable: Usable, sections: Ints) -> Singles:
    """How many berths the middle of the forecast is off on average; 0 where there is none."""
    if question.outlook is None:
        return np.zeros(len(sections), dtype=np.float32)
    off: Singles = question.outlook.error[question.horizon_no].take(sections) * usable.known[:, 1].take(
        sections
    )
    return off


class _Weighed(NamedTuple):
    """Sections within a reach, what they cost, and the positions of the best of them, best first."""

    near: Ints
    away: Floats
    free: Singles
    chance: Singles
    parts: tuple[Floats, Floats, Floats]
    cost: Floats
    best: Ints


def _weigh(streets: Streets, usable: Usable, question: Question, reach_m: float) -> _Weighed:
    near, away = streets.near(question.wish.position, reach_m, usable.is_open)
    free = _free(question, usable, near)
    chance = chance_of_any(free, None if question.coming is None else question.coming.take(near))
    walk_min = away * (DETOUR / WALK_M_PER_MIN)
    price_min = question.prices(near).astype(np.float64) * (MINUTES_PER_YUAN / 100)
    search_min = SEARCH_MIN - SEARCH_MIN * chance.astype(np.float64)
    cost = walk_min + price_min + search_min
    # Equal costs in the city's order, in which sections come.
    best = cost.argsort(kind="stable")[: question.limit]
    return _Weighed(near, away, free, chance, (walk_min, price_min, search_min), cost, best)


def chance_of_any(free: Singles, coming: Singles | None = None) -> Singles:
    """Chance that a berth is left, given quantiles (section, level) of those free and the cars coming."""
    left = free if coming is None else np.maximum(free - coming[:, None], np.float32(0))
    even = np.full(left.shape[1], 1 / left.shape[1], dtype=np.float32)
    chance: Singles = np.minimum(1 - np.exp(left * _LOG_LOST) @ even, SUREST)
    return chance


def _free(question: Question, usable: Usable, near: Ints) -> Singles:
    """Usable free berths on arrival (section, level), falling as rates rise; only known ones count.

    Many ask about the same arrival while a view stands, so in all but very large cities it is computed for
    all sections at once.
    """
    outlook = question.outlook
    if outlook is None:
        return usable.known[:, :1].take(near, axis=0)
    if len(usable.known) > FEW_SECTIONS:
        return _forecast(question, outlook, usable.known.take(near, axis=0), near)
    key = outlook, question.now, question.arrive_at
    everywhere = usable.on_arrival.get(key)
    if everywhere is None:
        everywhere = _forecast(question, outlook, usable.known, np.arange(len(usable.known)))
        usable.on_arrival[key] = everywhere
    return everywhere.take(near, axis=0)


def _forecast(question: Question, outlook: Outlook, known: Singles, sections: Ints) -> Singles:
    """The usable berths of a section fill as the whole section does, from what they are now."""
    free, usable, rate_now = known[:, :1], known[:, 1:2], known[:, 2:]
    then = outlook.rates_at(outlook.coarse, sections, rate_now, question.arrive_at, question.now)
    within: Singles = np.minimum(np.maximum(free + (rate_now - then) * usable, np.float32(0)), usable)
    return within
