"""The words of a rule: what it looks for, when and where it is in force, and whom its findings are for."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from enforcement.hours import Hours
from parking.city import Berth, BerthKind
from parking.ids import SectionId
from parking.money import Fen
from parking.observations import Scene


class RuleKind(StrEnum):
    """What a rule looks for; each kind has one judge."""

    OVERSTAY = "overstay"
    NO_RIGHT = "no_right"
    OUTSIDE_HOURS = "outside_hours"
    ARREARS = "arrears"
    CLONED_PLATE = "cloned_plate"
    GROUND_LOCK = "ground_lock"  # taken for days, and never a plate
    SEEN = "seen"  # a vehicle in a scene that a camera or a hand-held reports
    OBSTACLE = "obstacle"  # a thing in a berth, not a vehicle
    BERTH_CONFLICT = "berth_conflict"  # the berth is marked where none may be
    STRAY_CYCLE = "stray_cycle"


class Addressee(StrEnum):
    """Whom a finding is for. Only what is for squads can become a case against a driver."""

    SQUAD = "squad"
    CITY = "city"  # who marks the berths and keeps the road
    OPERATOR = "operator"  # of the berths, or of shared vehicles: a reminder or a report, never a penalty


# Kinds that accuse one vehicle of a stay: without a plate nobody knows that it was one.
OF_ONE_VEHICLE: Final = frozenset({RuleKind.OVERSTAY, RuleKind.NO_RIGHT, RuleKind.OUTSIDE_HOURS})
# Kinds that judge stays in any berth, so that a stay is worth judging only for a reason.
ANYWHERE: Final = frozenset({RuleKind.ARREARS, RuleKind.CLONED_PLATE, RuleKind.GROUND_LOCK})
# Kinds that judge what area observations tell.
OBSERVING: Final = frozenset(
    {RuleKind.SEEN, RuleKind.OBSTACLE, RuleKind.BERTH_CONFLICT, RuleKind.STRAY_CYCLE}
)
# What these kinds find is nobody's offence on the road: a debt is civil, a wrong marking is the city's, and
# for shared vehicles the report goes to who runs them.
ONLY_FOR: Final = {
    RuleKind.ARREARS: Addressee.OPERATOR,
    RuleKind.BERTH_CONFLICT: Addressee.CITY,
    RuleKind.STRAY_CYCLE: Addressee.OPERATOR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule as the city's file states it; applies to acts that begin on a day of [from, to].

    `patience` is what must be proven beyond the limit (overstay) or of presence (all others) before the rule
    speaks. What was read or seen with less than `plate_confidence` is not heard. `hours` are the permitted
    ones; `fastest_kmh` and `least_metres` tell when one plate cannot have been in two places.
    """

    rule_id: str
    kind: RuleKind
    name: str
    name_en: str
    effective_from: date
    effective_to: date | None
    article: str
    berth_kinds: frozenset[BerthKind]
    patience: timedelta
    plate_confidence: float
    addressee: Addressee = Addressee.SQUAD
    section_ids: frozenset[SectionId] = frozenset()
    scenes: frozenset[Scene] = frozenset()
    hours: tuple[Hours, ...] = ()
    threshold_fen: Fen = field(default=Fen(0))
    fastest_kmh: int = 0
    least_metres: int = 0

    def in_force(self, on: date) -> bool:
        """Whether the rule holds on that local day."""
        return on >= self.effective_from and (self.effective_to is None or on <= self.effective_to)

    def applies(self, berth: Berth, on: date) -> bool:
        """Whether the rule judges stays in that berth that begin on that day."""
        if not self.in_force(on):
            return False
        match self.kind:
            case RuleKind.OVERSTAY:
                return berth.time_limit is not None
            case RuleKind.NO_RIGHT:
                return berth.kind in self.berth_kinds
            case RuleKind.OUTSIDE_HOURS:
                return berth.section_id in self.section_ids
        return self.kind in ANYWHERE

    def observes(self, scene: Scene, on: date) -> bool:
        """Whether the rule judges such scenes on that day."""
        return scene in self.scenes and self.in_force(on)

    def proof_needed(self, berth: Berth) -> timedelta:
        """How long a presence must be proven before the rule can speak."""
        if self.kind is RuleKind.OVERSTAY and berth.time_limit is not None:
            return berth.time_limit + self.patience
        return self.patience
