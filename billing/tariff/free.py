"""Marks the time of a stay that costs nothing: pass hours, charging spans, and free minutes.

What a stay used of shared free minutes or of a cap under earlier stays of the plate is looked up here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from billing.tariff.choices import BegunMinute, Cycle, Exceeded, FreeTest, Over
from billing.tariff.stay import EarlierStay, PricedStay
from billing.tariff.terms import FREE_BAND, FreeMinutes
from billing.tariff.timetable import Atom
from billing.tariff.units import HOURS_24_S, cycle_key

BY_MINUTES = "minutes"


@dataclass(slots=True)
class History:
    """The earlier stays of a plate as caps and free minutes see them."""

    stay: PricedStay
    start_s: int
    day_of: Callable[[int], int]

    def origin_s(self, over: Over) -> int:
        """Where 24 h are counted from: the arrival, or the first arrival of the running 24 hours."""
        origin = self.start_s
        if over is not Over.STAY:
            first: int | None = None
            for arrived in sorted(int(stay.arrive_at.timestamp()) for stay in self._stays(over)):
                if arrived < self.start_s and (first is None or arrived >= first + HOURS_24_S):
                    first = arrived
            if first is not None and self.start_s < first + HOURS_24_S:
                origin = first
        return origin

    def charged_fen(self, over: Over, per: Cycle, key: int) -> int:
        """What earlier stays were charged in this cycle."""
        charges = ((int(at.timestamp()), fen) for stay in self._stays(over) for at, fen in stay.charges)
        return sum(fen for at_s, fen in charges if self._key(over, per, at_s) == key)

    def free_used(self, over: Over, per: Cycle, key: int) -> tuple[int, int]:
        """How often and for how many minutes earlier stays used free minutes in this cycle."""
        used = [
            minutes
            for stay in self._stays(over)
            for at, minutes in stay.free
            if self._key(over, per, int(at.timestamp())) == key
        ]
        return len(used), sum(used)

    def _stays(self, over: Over) -> Iterable[EarlierStay]:
        stay = self.stay
        if over is Over.ZONE:
            return (one for one in stay.earlier if one.zone == stay.zone)
        if over is Over.OPERATOR:
            return (one for one in stay.earlier if one.operator == stay.operator)
        return stay.earlier if over is Over.PLATE else ()

    def _key(self, over: Over, per: Cycle, at_s: int) -> int:
        if per is Cycle.HOURS_24:
            return (at_s - self.origin_s(over)) // HOURS_24_S
        return self.day_of(at_s)


def split_at(atoms: list[Atom], marks: Iterable[int]) -> list[Atom]:
    """Cut the atoms at these instants too."""
    for mark in marks:
        for index, atom in enumerate(atoms):
            if atom.start_s < mark < atom.end_s:
                atoms[index : index + 1] = [
                    atom.part(atom.start_s, mark, atom.free),
                    atom.part(mark, atom.end_s, atom.free),
                ]
                break
    return atoms


def lay_over(atoms: list[Atom], spans: Iterable[tuple[int, int]], reason: str) -> list[Atom]:
    """Free the parts of charged atoms that lie in one of the spans."""
    for low, high in spans:
        laid: list[Atom] = []
        for atom in atoms:
            inside = (max(low, atom.start_s), min(high, atom.end_s))
            if atom.band == FREE_BAND or atom.free or inside[0] >= inside[1]:
                laid.append(atom)
                continue
            if inside == (atom.start_s, atom.end_s):
                atom.free = reason
                laid.append(atom)
                continue
            parts = (
                atom.part(atom.start_s, inside[0], ""),
                atom.part(*inside, reason),
                atom.part(inside[1], atom.end_s, ""),
            )
            laid += [part for part in parts if part.start_s < part.end_s]
        atoms = laid
    return atoms


def grant(
    atoms: list[Atom],
    free: FreeMinutes,
    history: History,
    begun: BegunMinute,
    others_s: tuple[int, int] = (0, 0),
) -> list[Atom]:
    """Give the free minutes of every cycle in which they are due.

    `others_s` is what other versions price of the stay, before and after these atoms: free minutes of the
    whole stay are tested against all of it, and what lies before has used them up.
    """
    freed: list[tuple[int, int]] = []
    for key, group in _groups(atoms, free, history).items():
        held = group if free.test is FreeTest.TOTAL else [atom for atom in group if _is_charged(atom)]
        given = free.minutes if free.over is Over.STAY else _left(free, history, key)
        parked_s = sum(atom.end_s - atom.start_s for atom in held)
        if free.per is Cycle.STAY:
            parked_s += sum(others_s)
        minutes = parked_s // 60 if begun is BegunMinute.DROPPED else -(-parked_s // 60)
        if given >= 0 and (minutes <= given if free.inclusive else minutes < given):
            freed += [(atom.start_s, atom.end_s) for atom in group]
        elif free.exceeded is Exceeded.DEDUCTED:
            freed += _first(held, given * 60 - (others_s[0] if free.per is Cycle.STAY else 0))
    return lay_over(atoms, freed, BY_MINUTES) if freed else atoms


def _groups(atoms: list[Atom], free: FreeMinutes, history: History) -> dict[int, list[Atom]]:
    """The atoms of each cycle in which the free minutes are given."""
    if free.per is Cycle.STAY and not free.bands:
        return {0: atoms}
    origin_s = history.origin_s(free.over)
    groups: dict[int, list[Atom]] = {}
    for atom in atoms:
        is_between_windows = free.per is Cycle.WINDOW and atom.band == FREE_BAND
        if not is_between_windows and (not free.bands or atom.band in free.bands):
            groups.setdefault(cycle_key(free.per, atom, origin_s), []).append(atom)
    return groups


def _left(free: FreeMinutes, history: History, key: int) -> int:
    """Free minutes that earlier stays left in this cycle; -1 when they are no longer given."""
    times, minutes = history.free_used(free.over, free.per, key)
    if free.times is None:
        return max(0, free.minutes - minutes)
    return free.minutes if times < free.times else -1


def _is_charged(atom: Atom) -> bool:
    return atom.band != FREE_BAND and not atom.free


def _first(atoms: list[Atom], left_s: int) -> list[tuple[int, int]]:
    """The first `left_s` seconds of these atoms."""
    spans: list[tuple[int, int]] = []
    for atom in atoms:
        if left_s <= 0:
            break
        spans.append((atom.start_s, min(atom.end_s, atom.start_s + left_s)))
        left_s -= atom.end_s - atom.start_s
    return spans
