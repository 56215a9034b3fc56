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
