"""What the city believes about a berth, and the changes of that belief."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from parking.ids import BerthId, DeviceId, Partition, Plate, ReadingId
from parking.span import Moment


class BerthState(IntEnum):
    """Three-valued: silence is UNKNOWN, never FREE. Values are stored and used as array codes."""

    FREE = 0
    OCCUPIED = 1
    UNKNOWN = 2


class TransitionCause(StrEnum):
    """Why the belief changed."""

    FIRST_SEEN = "first_seen"  # nothing was known before: an arrival was not itself observed
    CHANGE = "change"  # the device reported the change as it happened
    STATUS = "status"  # a regular report showed a change whose own message never came
    SILENCE = "silence"  # nothing was heard for longer than the device's limit
    RETURN = "return"  # the device speaks again after silence
    CONFLICT = "conflict"  # sources contradict each other and none is clearly better
    QUARANTINE = "quarantine"  # the only device that speaks of the berth is not trusted any more
    CORRECTION = "correction"  # late or better evidence shows that the row it replaces never happened


class QuarantineReason(StrEnum):
    """Why nothing that a device says counts until it agrees with other sources again."""

    INACCURATE = "inaccurate"  # other sources contradict it far more often than a good device
    STUCK = "stuck"  # it repeats one state while its neighbours and its own past change
    DRIFTING = "drifting"  # it takes back or loses its own changes
    SILENT = "silent"  # nothing was heard for days


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One change of belief about one berth; (partition, seq) is its key, in the order of decision.

    `moment` bounds when the change happened on the street. `replaces_seq` names the transition of the
    same partition that this one corrects, None for a first statement.
    """

    partition: Partition
    seq: int
    berth_id: BerthId
    from_state: BerthState
    to_state: BerthState
    moment: Moment
    confidence: float
    cause: TransitionCause
    reading_id: ReadingId | None
    replaces_seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A plate seen in a berth; shares the partition's sequence with transitions, so order is total."""

    partition: Partition
    seq: int
    berth_id: BerthId
    observed_at: datetime
    plate: Plate
    plate_colour: str
    confidence: float
    device_id: DeviceId
    reading_id: ReadingId
