"""The geometry and the rules of a city's road sections, made once for many searches.

Sections stand in a grid of squares, so that a search looks at what is within reach and not at the whole city.
Berths of one section with the same kind and limit are counted together: one count per view serves every wish.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from guidance.board import RECOUNT_SHARE, Board, Bytes, Ints, Shown, View, recount
from parking.city import Berth, BerthKind, City, Position
from parking.geo import to_metres
from parking.rights import Energy

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

# Side of a square of the grid: about a third of the reach, so that few squares hold what is within it.
SQUARE_M = 500.0
# Windows of squares whose legs lie ready: all of a city of ten thousand berths, 80 MB of a larger one.
WINDOWS_KEPT = 2048

# What decides which berths a wish may use: bits of kinds, and how many of the limits are too short.
_Key = tuple[int, int]

_NONE_MOVED = np.zeros(0, dtype=np.int64)
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
        return _kinds(self.energy, self.needs)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Usable:
    """Berths by section that a vehicle may use for a stay, now; not to be written to.

    `counts` are (section, shown state). `known` holds, for arithmetic, by section: berths free, berths free
    or occupied, and the occupancy rate of the whole section. `on_arrival` keeps what was computed from them.
    """

    counts: Ints
    is_open: NDArray[np.bool_]
    known: Singles
    on_arrival: dict[Hashable, Singles] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Counted:
    """What was counted of one view: berths by group and shown state, and what wishes may use of them.

    Replaced as a whole: requests and signs count in different threads. `before` is what wishes could use
    before the berths `moved` had changed, from the states `was`.
    """

    view: View
    groups: Ints
    usable: dict[_Key, Usable]
    before: dict[_Key, Usable]
    moved: Ints
    was: Bytes


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """Sections that lie together, and their legs as two planes each, so that one product measures to all.

    For a point p, its square s, and a leg that starts in a: the planes give the share of the leg where its
    nearest point lies, and the square of p - a less s.
    """

    sections: Ints
    planes: Floats  # (3, 2 x legs x sections), for (x, y, 1)
    length: Floats  # (legs, sections), squared

    def squared_m(self, x: float, y: float) -> Floats:
        """Squares of the metres from a point to each section; rounding may leave a little less than 0."""
        share, square = (np.array((x, y, 1.0)) @ self.planes).reshape(2, *self.length.shape)
        until = np.minimum(np.maximum(share, 0.0), 1.0)
        least: Floats = np.minimum.reduce(square - self.length * until * (2.0 * share - until), axis=0)
        return least + (x * x + y * y)


class Streets:
    """Where the sections of a city are, and how many berths of each a vehicle may use now."""

    def __init__(self, city: City, board: Board) -> None:
        self._origin = city.centre
        self._measure(city)
        self._group(board, list(city.berths.values()))
        self._anybody = Wish(position=city.centre, stay=timedelta(0), energy=Energy.FUEL)
        self._counted: _Counted | None = None
        self._window = lru_cache(WINDOWS_KEPT)(self._lay)

    def near(self, position: Position, reach_m: float, chosen: NDArray[np.bool_]) -> tuple[Ints, Floats]:
        """Of the sections chosen those with a point within reach of a place, and the metres to it.

        They come in the city's order.
        """
        x, y = to_metres(self._origin, position)
        reach = reach_m + self._longest_m
        window = self._window(
            self._square(x - reach, 0),
            self._square(x + reach, 0),
            self._square(y - reach, 1),
            self._square(y + reach, 1),
        )
        away = window.squared_m(x, y)
        within = (away <= reach_m * reach_m) & chosen.take(window.sections)
        return window.sections[within], np.sqrt(np.maximum(away[within], 0.0))

    def usable(self, view: View, wish: Wish) -> Usable:
        """Count the berths that this vehicle may use for this stay.

        Many drivers ask alike while a view stands, so what was counted for it is kept.
        """
        counted = self._counted
        if counted is None or counted.view is not view:
            counted = self._counted = self._recount(counted, view)
        bits, stay_s = _bits(wish.energy, wish.needs), wish.stay.total_seconds()
        key = bits, bisect_left(self._limits_s, stay_s)
        found = counted.usable.get(key)
        if found is None:
            before = counted.before.get(key)
            if before is None:
                found = self._count(counted.groups, self._allows(slice(None), bits, stay_s), view.sections)
            else:
                groups = self._group_of[counted.moved]
                found = self._follow(counted, before, self._allows(groups, bits, stay_s))
            counted.usable[key] = found
        return found

    def for_anybody(self, view: View) -> Usable:
        """Count the berths that any driver may use for some time, as signs do."""
        return self.usable(view, self._anybody)

    def _recount(self, last: _Counted | None, view: View) -> _Counted:
        """Count the berths of a new view by group, most often from those of the one before."""
        if last is not None:
            moved = np.flatnonzero(last.view.states != view.states)
            if len(moved) <= len(view.states) * RECOUNT_SHARE:
                was = last.view.states[moved]
                groups = recount(last.groups, self._group_of[moved], was, view.states[moved])
                return _Counted(view, groups, {}, last.usable, moved, was)
        keys = self._group_of * len(Shown) + view.states
        groups = np.bincount(keys, minlength=len(self._kind) * len(Shown)).reshape(-1, len(Shown))
        return _Counted(view, groups, {}, {}, _NONE_MOVED, view.states[:0])

    def _allows(self, groups: Ints | slice, bits: int, stay_s: float) -> NDArray[np.bool_]:
        allowed: NDArray[np.bool_] = (self._kind[groups] & bits != 0) & (self._limit_s[groups] >= stay_s)
        return allowed

    def _count(self, groups: Ints, allowed: NDArray[np.bool_], sections: Ints) -> Usable:
        counts = np.zeros((self._sections, len(Shown)), dtype=np.int64)
        if len(self._first_group):
            mine = np.where(allowed[:, None], groups, 0)
            counts[self._with_berths] = np.add.reduceat(mine, self._first_group)
        return Usable(counts=counts, is_open=_is_open(counts), known=_known(counts, sections))

    def _follow(self, counted: _Counted, before: Usable, allowed: NDArray[np.bool_]) -> Usable:
        """Count again only where berths moved, of which these are allowed."""
        rows, now = self._section_of[counted.moved], counted.view.states[counted.moved]
        counts = recount(before.counts, rows[allowed], counted.was[allowed], now[allowed])
        is_open, known = before.is_open.copy(), before.known.copy()
        is_open[rows] = _is_open(counts[rows])
        known[rows] = _known(counts[rows], counted.view.sections[rows])
        return Usable(counts=counts, is_open=is_open, known=known)

    def _measure(self, city: City) -> None:
        """Lay legs in rows, as many as the most winding section has, and sections in the order of squares."""
        paths = [[to_metres(city.centre, each) for each in one.path] for one in city.sections.values()]
        most = max((len(path) for path in paths), default=2)
        padded = np.array([path + path[-1:] * (most - len(path)) for path in paths], dtype=np.float64)
        points = padded.reshape(len(paths), most, 2)
        low, high = points.min(axis=1, initial=np.inf), points.max(axis=1, initial=-np.inf)
        self._longest_m = float((high - low).max(initial=0.0)) / 2
        self._corner = low.min(axis=0, initial=0.0).tolist()
        squares = (((low + high) / 2 - self._corner) // SQUARE_M).astype(np.int64)
        self._most = squares.max(axis=0, initial=0).tolist()
        self._wide = self._most[0] + 1
        key = squares[:, 1] * self._wide + squares[:, 0]
        self._placed = np.argsort(key, kind="stable")
        cells = self._wide * (self._most[1] + 1)
        self._first = np.searchsorted(key[self._placed], np.arange(cells + 1)).tolist()
        # A row a section, so that those of neighbours lie together in memory.
        self._legs = np.ascontiguousarray(_planes(points[self._placed]).T)

    def _lay(self, left: int, right: int, bottom: int, top: int) -> _Window:
        """Put the legs of all sections in some squares side by side, in the city's order."""
        first, wide = self._first, self._wide
        rows = range(bottom, top + 1)
        runs = [slice(first[row * wide + left], first[row * wide + right + 1]) for row in rows]
        sections = np.concatenate([self._placed[run] for run in runs])
        order = sections.argsort()
        legs = np.ascontiguousarray(np.concatenate([self._legs[run] for run in runs]).take(order, axis=0).T)
        planes = len(legs) // 7 * 6
        return _Window(sections[order], legs[:planes].reshape(3, -1), legs[planes:])

    def _square(self, metres: float, axis: int) -> int:
        """Number of the square along an axis, within the grid."""
        number = int((metres - self._corner[axis]) // SQUARE_M)
        return int(min(max(number, 0), self._most[axis]))

    def _group(self, board: Board, berths: list[Berth]) -> None:
        """Number the groups of berths by section, then kind and limit."""
        numbers: Mapping[tuple[int, int, float], int] = {
            key: number
            for number, key in enumerate(
                sorted({_group_key(section, berth) for section, berth in _placed(board, berths)})
            )
        }
        self._group_of = np.fromiter(
            (numbers[_group_key(section, berth)] for section, berth in _placed(board, berths)), dtype=np.int64
        )
        table = np.array(list(numbers), dtype=np.float64).reshape(-1, 3)
        self._kind, self._limit_s = table[:, 1].astype(np.uint8), table[:, 2]
        self._limits_s: list[float] = np.unique(self._limit_s).tolist()
        self._with_berths, self._first_group = np.unique(table[:, 0].astype(np.int64), return_index=True)
        self._sections, self._section_of = len(board.section_ids), board.section_of


def _is_open(counts: Ints) -> NDArray[np.bool_]:
    return np.asarray(counts[:, : Shown.CLOSED].any(axis=1))


def _known(counts: Ints, sections: Ints) -> Singles:
    """For `Usable`, given what may be used of some sections and all that stands in them."""
    free, occupied = counts[:, Shown.FREE], counts[:, Shown.OCCUPIED]
    known = sections[:, Shown.FREE] + sections[:, Shown.OCCUPIED]
    rate = sections[:, Shown.OCCUPIED] / np.maximum(known, 1)
    return np.column_stack((free, free + occupied, rate)).astype(np.float32)


def _planes(points: Floats) -> Floats:
    """Planes of legs, then their squared lengths, in rows of a leg each, given (section, corner, axis)."""
    corner = points.transpose(2, 1, 0)
    (x, y), (along, up) = corner[:, :-1], np.diff(corner, axis=1)
    length = along**2 + up**2
    turn, lift = along / np.maximum(length, 1e-9), up / np.maximum(length, 1e-9)
    constant = -(turn * x + lift * y)
    return np.concatenate((turn, -2 * x, lift, -2 * y, constant, x**2 + y**2, length))


def _kinds(energy: Energy, needs: frozenset[BerthKind]) -> frozenset[BerthKind]:
    charging = {BerthKind.CHARGING} if energy is Energy.NEV else set()
    return frozenset({BerthKind.ORDINARY, *charging}) | needs


@lru_cache(256)
def _bits(energy: Energy, needs: frozenset[BerthKind]) -> int:
    return sum(_KIND_BITS[kind] for kind in _kinds(energy, needs))


def _placed(board: Board, berths: list[Berth]) -> Iterator[tuple[int, Berth]]:
    return zip(board.section_of.tolist(), berths, strict=True)


def _group_key(section: int, berth: Berth) -> tuple[int, int, float]:
    limit_s = berth.time_limit.total_seconds() if berth.time_limit else np.inf
    return section, _KIND_BITS[berth.kind], limit_s
