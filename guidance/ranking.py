"""Which road sections suit a driver: near on foot, cheap for this stay, and with berths free now.

Everything is weighed in minutes, so that the parts of a rank can be read and disputed. Distances are the
straight line to the section's nearest point, times a detour factor.
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from guidance.board import Board, Counts, Ints, Shown, View
from parking.city import BerthKind, City, Position
from parking.geo import to_metres
from parking.ids import SectionId
from parking.rights import Energy

Floats = NDArray[np.float64]

# Walked over straight-line distance in street grids; the square root of two is a grid's worst case.
DETOUR = 1.3
WALK_M_PER_MIN = 75.0
# What a yuan is worth: about 30 yuan an hour.
MINUTES_PER_YUAN = 2.0
# Driving on to the next section and looking again, weighed by how likely the last free berth is gone.
SEARCH_MIN = 8.0
FARTHEST_M = 2000.0

_KIND_BITS = {kind: 1 << number for number, kind in enumerate(BerthKind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a driver asks for. `needs` are the marked kinds that the vehicle may use besides ordinary ones."""

    position: Position
    stay: timedelta
    energy: Energy
    needs: frozenset[BerthKind] = frozenset()

    @property
    def kinds(self) -> frozenset[BerthKind]:
        """Kinds of berth that this vehicle may use."""
        charging = {BerthKind.CHARGING} if self.energy is Energy.NEV else set()
        return frozenset({BerthKind.ORDINARY, *charging}) | self.needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One road section with what speaks for and against it; the cost in minutes is the sum of its parts."""

    section_id: SectionId
    walk_m: float
    counts: Counts
    walk_min: float
    price_min: float
    search_min: float

    @property
    def cost_min(self) -> float:
        """The lower the better."""
        return self.walk_min + self.price_min + self.search_min


class Streets:
    """The geometry and rules of a city's sections, made once for many searches."""

    def __init__(self, city: City, board: Board) -> None:
        self._origin = city.centre
        self._board = board
        legs = [
            (number, *to_metres(city.centre, a), *to_metres(city.centre, b))
            for number, section in enumerate(city.sections.values())
            for a, b in pairwise(section.path)
        ]
        table = np.array(legs, dtype=np.float64).reshape(-1, 5)
        self._first_leg = np.searchsorted(table[:, 0], np.arange(len(city.sections)))
        self._from, self._along = table[:, 1:3], table[:, 3:5] - table[:, 1:3]
        self._square = np.maximum((self._along**2).sum(axis=1), 1e-9)
        berths = city.berths.values()
        self._kind = np.array([_KIND_BITS[berth.kind] for berth in berths], dtype=np.uint8)
        limits = [berth.time_limit.total_seconds() if berth.time_limit else np.inf for berth in berths]
        self._limit_s = np.array(limits, dtype=np.float64)
        self._limits_s = np.unique(self._limit_s)
        self._counted_view: View | None = None
        self._counted: dict[tuple[int, int], Ints] = {}

    def distances_m(self, position: Position) -> Floats:
        """Metres from a place to the nearest point of each section, in the board's order."""
        away = np.array(to_metres(self._origin, position)) - self._from
        share = np.clip((away * self._along).sum(axis=1) / self._square, 0.0, 1.0)
        rest = away - share[:, None] * self._along
        return np.sqrt(np.minimum.reduceat((rest**2).sum(axis=1), self._first_leg))

    def usable(self, view: View, wish: Wish) -> Ints:
        """Counts by section of the berths that this vehicle may use for this stay; not to be written to.

        Many drivers ask alike while a view stands, so what was counted for it is kept.
        """
        if self._counted_view is not view:
            self._counted_view, self._counted = view, {}
        stay_s = wish.stay.total_seconds()
        bits = sum(_KIND_BITS[kind] for kind in wish.kinds)
        key = bits, int(np.searchsorted(self._limits_s, stay_s))
        if key not in self._counted:
            allowed = (self._kind & bits != 0) & (self._limit_s >= stay_s)
            self._counted[key] = self._board.count_by_section(view.states, allowed)
        return self._counted[key]


def rank(
    streets: Streets, board: Board, view: View, wish: Wish, prices: Ints, limit: int
) -> list[Suggestion]:
    """Return the best sections within walking reach, best first; none without a usable open berth.

    `prices` are fen for this stay in the board's order, 0 where none is known. A section with nothing free
    now ranks behind, but is kept: a driver far away may still want it.
    """
    walks = streets.distances_m(wish.position) * DETOUR
    counts = streets.usable(view, wish)
    in_service = counts[:, : Shown.CLOSED].sum(axis=1)
    reachable = np.flatnonzero((walks <= FARTHEST_M) & (in_service > 0))
    walk_min = walks[reachable] / WALK_M_PER_MIN
    price_min = prices[reachable] / 100 * MINUTES_PER_YUAN
    search_min = SEARCH_MIN / (1 + counts[reachable, Shown.FREE])
    order = np.argsort(walk_min + price_min + search_min, kind="stable")[:limit]
    return [
        Suggestion(
            section_id=board.section_ids[reachable[at]],
            walk_m=float(walks[reachable[at]]),
            counts=Counts(*counts[reachable[at]].tolist()),
            walk_min=float(walk_min[at]),
            price_min=float(price_min[at]),
            search_min=float(search_min[at]),
        )
        for at in order
    ]
