"""The words of enforcement: rules, what is known of a stay, and violations with their evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from parking.city import Berth, BerthKind
from parking.ids import BerthId, DeviceId, Partition, Plate, ReadingId, SectionId, StayId, ViolationId
from parking.span import Moment, Span
from parking.states import Sighting


class RuleKind(StrEnum):
    """What a rule looks for; each kind is one judge in `enforcement.rules`."""

    OVERSTAY = "overstay"
    NO_RIGHT = "no_right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule as the city's file states it; applies to acts that begin on a day of [from, to].

    `patience` is what must be proven beyond the limit (overstay) or of presence (no right) before the rule
    speaks. Plates read with less than `plate_confidence` are not heard.
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

    def applies(self, berth: Berth, on: date) -> bool:
        """Whether the rule is in force on that day for that berth."""
        if on < self.effective_from or (self.effective_to is not None and on > self.effective_to):
            return False
        if self.kind is RuleKind.OVERSTAY:
            return berth.time_limit is not None
        return berth.kind in self.berth_kinds

    def proof_needed(self, berth: Berth) -> timedelta:
        """How long a presence must be proven before the rule can speak."""
        if self.kind is RuleKind.OVERSTAY and berth.time_limit is not None:
            return berth.time_limit + self.patience
        return self.patience


class StayState(StrEnum):
    """Where a stay stands, as billing writes it."""

    OPEN = "open"
    CLOSED = "closed"
    HELD = "held"
    VOID = "void"

    @property
    def stands(self) -> bool:
        """Whether a violation may rest on such a stay."""
        return self in {StayState.OPEN, StayState.CLOSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One vehicle in one berth. `proven_until` is the last moment at which the berth was heard occupied.

    `departed_earliest_at` alone means that the stay was interrupted by silence; both are None while it runs.
    """

    stay_id: StayId
    partition: Partition
    berth_id: BerthId
    section_id: SectionId
    state: StayState
    arrived: Moment
    departed_earliest_at: datetime | None
    departed_latest_at: datetime | None
    proven_until: datetime | None
    arrival_seq: int
    departure_seq: int | None

    @property
    def proven(self) -> Span | None:
        """The span in which the berth is proven to be occupied: latest arrival to last proof."""
        if self.proven_until is None or self.proven_until < self.arrived.latest_at:
            return None
        return Span(start_at=self.arrived.latest_at, end_at=self.proven_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One device saying of a berth that it is occupied. `sound` is False for a reading of lesser quality."""

    reading_id: ReadingId
    device_id: DeviceId
    observed_at: datetime
    sound: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """What stands behind a stay: the transitions that made it and the devices that called it occupied.

    `silent` tells that the berth was UNKNOWN for a while inside the stay.
    """

    transitions: tuple[tuple[Partition, int], ...]
    statements: tuple[Statement, ...]
    silent: bool


class Doubt(StrEnum):
    """What a lead lacks to be actionable."""

    SECOND_KEY = "second_key"  # no second device proves the act by itself
    SILENCE = "silence"  # the berth's devices were silent for a while in the stay
    UNSOUND = "unsound"  # a reading it rests on came without a clock or with an implausible value
    PLATE = "plate"  # other plates, or a colour that does not fit, were seen
    NO_STAY = "no_stay"  # no sensor vouches for the act
    FIELD = "field"  # a squad on the spot found it otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule that holds, before its evidence is weighed. `sightings` are those of the plate concerned.

    `doubts` are those that the rule itself has; what the devices are worth is weighed later.
    """

    violation_id: ViolationId
    rule: Rule
    berth: Berth
    stay: Stay | None
    plate: Plate | None
    plate_colour: str | None
    span: Span
    sightings: tuple[Sighting, ...]
    doubts: frozenset[Doubt]


class ViolationState(StrEnum):
    """A lead is worth a look; actionable has two keys; withdrawn no longer holds."""

    LEAD = "lead"
    ACTIONABLE = "actionable"
    WITHDRAWN = "withdrawn"


class ViolationEvent(StrEnum):
    """Steps of a violation, as the feed tells them."""

    DETECTED = "detected"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    AMENDED = "amended"
    WITHDRAWN = "withdrawn"
    REINSTATED = "reinstated"


class WithdrawReason(StrEnum):
    """Why a violation was withdrawn."""

    STAY_VOID = "stay_void"
    STAY_HELD = "stay_held"
    MERGED = "merged"  # a stay now holds the sightings on which it stood alone
    NOT_PROVEN = "not_proven"  # with what is known now, the rule does not hold


JsonValue = str | int | float | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
Evidence = dict[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One act against one rule, as stored."""

    violation_id: ViolationId
    rule_id: str
    state: ViolationState
    berth_id: BerthId
    section_id: SectionId
    stay_id: StayId | None
    plate: Plate | None
    plate_colour: str | None
    since_at: datetime
    until_at: datetime
    detected_at: datetime
    doubts: tuple[Doubt, ...]
    evidence: Evidence
