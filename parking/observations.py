"""What a camera or a hand-held sees standing where it should not, beyond who is in which berth."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from parking.city import Position
from parking.ids import BerthId, DeviceId, SectionId
from parking.readings import PlateReading


class Scene(StrEnum):
    """What is wrong with the place or the way in which something stands."""

    SIDEWALK = "sidewalk"
    TACTILE_PAVING = "tactile_paving"
    FIRE_LANE = "fire_lane"
    BUS_STOP = "bus_stop"
    ACROSS_BERTHS = "across_berths"
    AGAINST_DIRECTION = "against_direction"
    CLOSED_BERTH = "closed_berth"
    GROUND_LOCK = "ground_lock"  # a lock, a cone or a chain that keeps others out of a berth
    STRAY_CYCLE = "stray_cycle"  # a bicycle or shared vehicle outside the places marked for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One statement of one device; (device_id, boot, seq) is the key that a repeated message shares.

    `berth_id` is set where the scene concerns a marked berth. `track` is the device's own name for what it
    follows from one statement to the next. `fleet` names the operator of a shared vehicle.
    """

    device_id: DeviceId
    boot: int
    seq: int
    scene: Scene
    observed_at: datetime
    section_id: SectionId
    berth_id: BerthId | None
    position: Position | None
    track: str
    plate: PlateReading | None
    fleet: str
    confidence: float
    quality: int = 0
