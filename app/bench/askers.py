"""Drivers of the simulated city who ask where to park, follow the answer, and find a berth or do not.

A share of the drivers of a simulated day want to get to one of a few places that many want to get to. They
ask some minutes ahead with the real ranking, drive to the first suggestion, and on to the next where nothing
is free. Everybody else parks where the simulated day has it, or drives on where that section is full by now.
"""

import heapq
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count

import numpy as np

from app.bench.cityday import States, empty_states, history_of, ordinary, stays_of, view_of
from guidance.board import View
from guidance.desk import Desk
from guidance.forecast.learning import fit
from guidance.forecast.live import LiveHistory, make_outlook
from guidance.forecast.model import Model
from guidance.outlook import Outlook
from guidance.promises import Promises
from guidance.ranking import DETOUR, FARTHEST_M, Question, rank
from guidance.service.foresight import local_of
from guidance.streets import Wish
from parking.city import Position
from parking.geo import path_midpoint
from parking.rights import Energy
from simulators.days import World

GUIDED_SHARE = 0.3
PLACES = 40
TRIES = 5
NEXT_SECTION_S = 120
VIEW_S, OUTLOOK_S = 30, 300
HORIZONS_MIN = (5, 10, 15, 20, 30)
# Positions lie within so many degrees of the place wanted: about 150 m.
NEAR_DEGREES = 0.0015

NEAREST, COUNTED, FORECAST, SPREAD = "nearest", "counts", "forecast", "recommended"
WAYS = (NEAREST, COUNTED, FORECAST, SPREAD)


@dataclass(slots=True)
class Found:
    """What drivers who asked found. Chances are those promised for the first section, beside what came."""

    asked: int = 0
    first: int = 0
    parked: int = 0
    tries: int = 0
    walk_m: float = 0.0
    promised: list[float] = field(default_factory=list)
    kept: list[bool] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asker:
    """One driver: asks at `ask_s`, wants to be there at `arrive_s` (seconds of the day) and stay."""

    number: int
    ask_s: int
    arrive_s: int
    stay_s: int
    place: Position


@dataclass(frozen=True, slots=True)
class Scene:
    """One day for every way of choosing: who asks, who parks by themselves, and what was learnt before."""

    desk: Desk
    world: World
    on: date
    askers: tuple[Asker, ...]
    others: tuple[tuple[int, int, int], ...]  # arrive_s, depart_s, berth of the board
    model: Model
    history: LiveHistory


def make_scene(desk: Desk, world: World, on: date, history_days: int) -> Scene:
    """Draw the day and learn from the days before it."""
    history = history_of(desk, world, on, history_days)
    chance = np.random.default_rng(world.seed)
    midnight_ms = int(datetime.combine(on, datetime.min.time(), world.zone).timestamp() * 1000)
    stays = stays_of(world, on)
    arrive_s = (stays.arrive_ms - midnight_ms) // 1000
    depart_s = (stays.depart_ms - midnight_ms) // 1000
    berths = world.layout.berths.number[stays.berth]
    by_day = (arrive_s > 7 * 3600) & (depart_s < 23 * 3600) & ordinary(desk)[berths]
    guided = by_day & (chance.random(len(stays)) < GUIDED_SHARE)
    places, weights = _places(desk, chance)
    chosen = chance.choice(len(places), size=int(guided.sum()), p=weights)
    ahead = chance.integers(5 * 60, 16 * 60, int(guided.sum()))
    askers = tuple(
        Asker(number, int(arrive - lead), int(arrive), int(depart - arrive), _beside(places[place], chance))
        for number, (arrive, depart, place, lead) in enumerate(
            zip(arrive_s[guided], depart_s[guided], chosen, ahead, strict=True)
        )
    )
    rows = zip(arrive_s[~guided].tolist(), depart_s[~guided].tolist(), berths[~guided].tolist(), strict=True)
    return Scene(desk, world, on, askers, tuple(rows), fit(history.history(), HORIZONS_MIN), history)


def play(scene: Scene, way: str) -> Found:
    """Play the day, all who ask choosing in one way."""
    return _Play(scene, way).run()


def score(found: Found) -> dict[str, float]:
    """Shares and means; `brier` and `promised` of the chance told for the first section."""
    told, kept = np.array(found.promised), np.array(found.kept, dtype=float)
    return {
        "asked": found.asked,
        "first_section": round(found.first / found.asked, 4),
        "parked": round(found.parked / found.asked, 4),
        "tries": round(found.tries / found.asked, 3),
        "walk_m": round(found.walk_m / max(found.parked, 1), 1),
        "promised": round(float(told.mean()), 4) if len(told) else 0.0,
        "brier": round(float(((told - kept) ** 2).mean()), 4) if len(told) else 0.0,
    }


class _Play:
    """One run; events are (second, order, what)."""

    def __init__(self, scene: Scene, way: str) -> None:
        self._scene, self._way, self._desk = scene, way, scene.desk
        self._states: States = empty_states(scene.desk)
        self._usable = ordinary(scene.desk)
        self._found = Found()
        self._promises = Promises(len(scene.desk.board.section_ids))
        self._start = datetime.combine(scene.on, datetime.min.time(), scene.world.zone).astimezone(UTC)
        self._view, self._view_s = self._see(0), 0
        self._outlook: Outlook | None = None
        self._outlook_s = -OUTLOOK_S
        self._order = count()
        self._events: list[tuple[int, int, str, tuple[object, ...]]] = []

    def run(self) -> Found:
        for arrive_s, depart_s, berth in self._scene.others:
            self._push(max(arrive_s, 0), "other", berth, depart_s)
        for asker in self._scene.askers:
            self._push(asker.ask_s, "ask", asker)
        while self._events:
            at_s, _, what, about = heapq.heappop(self._events)
            self._look(at_s)
            getattr(self, f"_{what}")(at_s, *about)
        return self._found

    def _push(self, at_s: int, what: str, *about: object) -> None:
        heapq.heappush(self._events, (at_s, next(self._order), what, about))

    def _other(self, _at_s: int, berth: int, depart_s: int) -> None:
        """Somebody parks by themselves: in the berth of the simulated day, else beside it, else elsewhere."""
        taken = berth if self._states[berth] == 0 else self._free_in(int(self._desk.board.section_of[berth]))
        if taken is not None:
            self._park(taken, depart_s)

    def _ask(self, at_s: int, asker: Asker) -> None:
        suggested = self._suggest(at_s, asker)
        self._found.asked += 1
        if suggested:
            self._push(asker.arrive_s, "arrive", asker, suggested, 0)

    def _arrive(self, at_s: int, asker: Asker, suggested: list[tuple[int, float, float]], tried: int) -> None:
        section, walk_m, chance = suggested[tried]
        berth = self._free_in(section)
        self._found.tries += 1
        if not tried:
            self._found.promised.append(chance)
            self._found.kept.append(berth is not None)
        if berth is not None:
            self._found.first += not tried
            self._found.parked += 1
            self._found.walk_m += walk_m
            self._park(berth, at_s + asker.stay_s)
        elif tried + 1 < min(TRIES, len(suggested)):
            self._push(at_s + NEXT_SECTION_S, "arrive", asker, suggested, tried + 1)

    def _leave(self, _at_s: int, berth: int) -> None:
        self._states[berth] = 0

    def _park(self, berth: int, until_s: int) -> None:
        self._states[berth] = 1
        self._push(until_s, "leave", berth)

    def _free_in(self, section: int) -> int | None:
        """Return a free berth that anybody may use."""
        there = (self._desk.board.section_of == section) & self._usable & (self._states == 0)
        found = np.flatnonzero(there)
        return int(found[0]) if len(found) else None

    def _suggest(self, at_s: int, asker: Asker) -> list[tuple[int, float, float]]:
        """Sections in the order in which the driver tries them, with metres to walk and the chance told."""
        now, wish = self._instant(at_s), Wish(position=asker.place, stay=timedelta(), energy=Energy.FUEL)
        if self._way == NEAREST:
            usable = self._desk.streets.usable(self._view, wish)
            near, away = self._desk.streets.near(asker.place, FARTHEST_M / DETOUR, usable.is_open)
            order = np.argsort(away)[:TRIES]
            return [(int(near[at]), float(away[at]) * DETOUR, 1.0) for at in order]
        self._promises.forget(now)
        question = Question(
            wish=wish,
            now=now,
            arrive_at=self._instant(asker.arrive_s),
            prices=lambda sections: np.zeros(len(sections), dtype=np.int64),
            limit=TRIES,
            outlook=self._outlook if self._outlook is not None and self._outlook.holds(now) else None,
            coming=self._promises.coming if self._way == SPREAD else None,
        )
        found = rank(self._desk.streets, self._view, question)
        self._promises.note(asker.number, 0, [each.number for each in found], question.arrive_at)
        return [(each.number, each.walk_m, each.chance) for each in found]

    def _look(self, at_s: int) -> None:
        """See the city anew, and forecast, where that is due."""
        if at_s >= self._view_s + VIEW_S:
            self._view, self._view_s = self._see(at_s), at_s
        if self._way in {FORECAST, SPREAD} and at_s >= self._outlook_s + OUTLOOK_S and at_s >= 6 * 3600:
            at = self._instant(at_s)
            local, history = local_of(at, self._scene.world.zone), self._scene.history
            history.note(local, *self._view.sections[:, :2].T.astype(np.float32))
            self._outlook_s = at_s
            self._outlook = make_outlook(
                self._scene.model, history.history(), local, at, history.days_seen, HORIZONS_MIN
            )

    def _see(self, at_s: int) -> View:
        return view_of(self._desk, self._states.copy(), self._instant(at_s))

    def _instant(self, at_s: int) -> datetime:
        return self._start + timedelta(seconds=at_s)


def _places(desk: Desk, chance: np.random.Generator) -> tuple[list[Position], np.ndarray]:
    """Places that many want to get to, in the zone of the first class; some more than others."""
    central = [
        each for each in desk.city.sections.values() if desk.city.zones[each.zone_id].zone_class == "I"
    ]
    chosen = chance.choice(len(central), size=min(PLACES, len(central)), replace=False)
    weights = 1 / np.arange(1, len(chosen) + 1) ** 0.5
    return [path_midpoint(central[number].path) for number in chosen], weights / weights.sum()


def _beside(place: Position, chance: np.random.Generator) -> Position:
    east, north = chance.uniform(-NEAR_DEGREES, NEAR_DEGREES, 2)
    return Position(lon=place.lon + float(east), lat=place.lat + float(north))
