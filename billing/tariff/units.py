"""Lays the units of a price along the charged time of a stay.

A clock runs with the stay (charged minutes, or all of them) and says which step of the price a new unit
belongs to. A unit that has begun goes on over later time until it is used up, or until a restart, a band's
end under `split`, or the end of the stay closes it; a closed unit counts whole unless its tail is dropped.
"""

from dataclasses import dataclass

from billing.tariff.choices import Cycle, Words
from billing.tariff.timetable import Atom

ENDLESS = 1 << 60
HOURS_24_S = 86_400


@dataclass(frozen=True, slots=True)
class Step:
    """A tier in seconds; `drop_s` is the longest begun unit that is not charged."""

    upto_s: int
    unit_s: int
    price_fen: int
    drop_s: int
    words: Words


@dataclass(slots=True)
class Piece:
    """Units of one step that begin in one atom. `amount` falls below `gross` by caps and discounts."""

    start_s: int
    end_s: int
    day: int
    window: int
    visit: int
    band: str
    words: Words
    units: int
    unit_s: int
    unit_fen: int
    gross: int
    amount: int
    used_s: int = 0
    is_surcharge: bool = False


@dataclass(slots=True)
class UnitRules:
    """The rules of one rate as the walk needs them."""

    steps: dict[str, tuple[Step, ...]]
    restart: Cycle
    is_split: bool
    is_elapsed: bool
    is_minute_dropped: bool


def cycle_key(cycle: Cycle, part: Atom | Piece, origin_s: int) -> int:
    """Which cycle the beginning of this part lies in; `origin_s` is where 24 h are counted from."""
    if cycle is Cycle.DAY:
        return part.day
    if cycle is Cycle.HOURS_24:
        return (part.start_s - origin_s) // HOURS_24_S
    if cycle is Cycle.WINDOW:
        return part.window
    return part.visit if cycle is Cycle.BAND else 0


def lay_units(atoms: list[Atom], rules: UnitRules, origin_s: int) -> list[Piece]:
    """The units of all charged atoms, in order of time; each belongs to the atom in which it begins."""
    walk = _Walk(rules)
    restart = rules.restart
    before: Atom | None = None
    for atom in atoms:
        if before is not None:
            if restart is not Cycle.STAY and (
                cycle_key(restart, before, origin_s) != cycle_key(restart, atom, origin_s)
            ):
                walk.close()
                walk.clock_s = 0
            elif rules.is_split and atom.band != before.band:
                walk.close()
        steps = None if atom.free else rules.steps.get(atom.band)
        if steps is None:
            walk.skip(atom)
        else:
            walk.charge(atom, steps)
        before = atom
    walk.close()
    return walk.pieces


class _Walk:
    """Where the clock stands, and how much of the last unit still lies ahead."""

    __slots__ = ("ahead_s", "clock_s", "pieces", "rules", "unit_drop_s", "unit_length_s")

    def __init__(self, rules: UnitRules) -> None:
        self.rules = rules
        self.pieces: list[Piece] = []
        self.clock_s = 0
        self.ahead_s = 0
        self.unit_length_s = 0
        self.unit_drop_s = 0

    def skip(self, atom: Atom) -> None:
        """Free time: it moves the clock and uses up the open unit only where all minutes count."""
        if self.rules.is_elapsed:
            length = atom.end_s - atom.start_s
            self.clock_s += length
            self.ahead_s = max(0, self.ahead_s - length)

    def charge(self, atom: Atom, steps: tuple[Step, ...]) -> None:
        """Go on with the open unit, then begin units until one reaches the end of the atom."""
        end_s = atom.end_s
        cursor_s = atom.start_s + self.ahead_s
        clock_s = self.clock_s + self.ahead_s
        self.clock_s += end_s - atom.start_s
        if self.ahead_s:
            last = self.pieces[-1]
            last.end_s = min(cursor_s, end_s)
            last.used_s += last.end_s - atom.start_s
        for step in steps:
            if cursor_s >= end_s:
                break
            if clock_s >= step.upto_s:
                continue
            room_s = min(end_s - cursor_s, step.upto_s - clock_s)
            units = -(-room_s // step.unit_s)
            span_s = min(units * step.unit_s, step.upto_s - clock_s)
            price = units * step.price_fen
            self.pieces.append(
                Piece(
                    cursor_s,
                    min(cursor_s + span_s, end_s),
                    atom.day,
                    atom.window,
                    atom.visit,
                    atom.band,
                    step.words,
                    units,
                    step.unit_s,
                    step.price_fen,
                    price,
                    price,
                    min(span_s, end_s - cursor_s),
                )
            )
            self.unit_length_s = span_s - (units - 1) * step.unit_s
            self.unit_drop_s = step.drop_s
            cursor_s += span_s
            clock_s += span_s
        self.ahead_s = cursor_s - end_s

    def close(self) -> None:
        """End the open unit here: it counts whole, unless what was used of it is a dropped tail."""
        if self.ahead_s <= 0:
            return
        used_s = self.unit_length_s - self.ahead_s
        self.ahead_s = 0
        whole_s = used_s - used_s % 60 if self.rules.is_minute_dropped else used_s
        if whole_s > self.unit_drop_s:
            return
        piece = self.pieces[-1]
        piece.units -= 1
        piece.used_s -= used_s
        piece.gross -= piece.unit_fen
        piece.amount = piece.gross
        if piece.units == 0:
            self.pieces.pop()
