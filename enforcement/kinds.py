"""The words of enforcement: what is known of a stay, and violations with their evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from enforcement.rule import Addressee, Rule
from parking.city import Berth, Position
from parking.ids import BerthId, DeviceId, Partition, Plate, ReadingId, SectionId, StayId, ViolationId
from parking.observations import Observation
from parking.span import Moment, Span
from parking.states import Sighting


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
    plate: Plate | None = None

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
    ONE_READER = "one_reader"  # one device alone read the plate, or none did, and nobody has confirmed it
    PLATE = "plate"  # other plates, or a colour that does not fit, were seen
    NO_STAY = "no_stay"  # no sensor vouches for the act
    DEVICE = "device"  # a device that it rests on was not proven healthy at that minute
    SUSPECTED = "suspected"  # the rule itself can only suspect
    FIELD = "field"  # a squad on the spot found it otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule that holds, before its evidence is weighed. `sightings` are those of the plate concerned.

    A device that saw it for longer than `needed` proves it. `doubts` are those that the rule itself has; what
    the devices are worth is weighed later. `elsewhere` is the other stay of a plate that was in two places;
    `confirmed` tells that a squad found the vehicle on the spot.
    """

    violation_id: ViolationId
    rule: Rule
    section_id: SectionId
    berth: Berth | None
    position: Position | None
    stay: Stay | None
    plate: Plate | None
    plate_colour: str | None
    span: Span
    sightings: tuple[Sighting, ...] = ()
    observations: tuple[Observation, ...] = ()
    needed: timedelta
    doubts: frozenset[Doubt]
    elsewhere: StayId | None = None
    confirmed: bool = False

    def said(self, backing: Backing | None) -> "list[Sighting | Observation | Statement]":
        """Every statement in the draft and behind its stay."""
        return [*self.sightings, *self.observations, *(backing.statements if backing else ())]


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
    RIGHT = "right"  # a right is on record that excuses it
    DEVICE_FAULT = "device_fault"  # only devices in quarantine speak for it
    PAID = "paid"  # what was owed is owed no more
    NOT_PROVEN = "not_proven"  # with what is known now, the rule does not hold


JsonValue = str | int | float | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
Evidence = dict[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One act against one rule, as stored."""

    violation_id: ViolationId
    rule_id: str
    addressee: Addressee
    state: ViolationState
    berth_id: BerthId | None
    section_id: SectionId
    position: Position | None
    stay_id: StayId | None
    observed: bool
    plate: Plate | None
    plate_colour: str | None
    since_at: datetime
    until_at: datetime
    detected_at: datetime
    doubts: tuple[Doubt, ...]
    evidence: Evidence
