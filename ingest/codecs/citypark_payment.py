"""Citypark's own JSON, version 1: what drivers pay through.

Who pays at a berth names his plate, says since when he has stood there, and leaves: two sightings of his
plate, now and then. Neither tells what the berth's state is: his word for the past comes late, and he is
about to change the present.
"""

from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from ingest.codecs.malformed import (
    Aware,
    Boot,
    Count,
    Malformed,
    Name,
    PlateText,
    read_json,
    refuse_simulated,
)
from ingest.codecs.uplink import Sender, Uplink
from parking.ids import BerthId, Plate
from parking.readings import PlateReading, Quality, Reading, ReadingKind

FAMILY: Final = "payment"
# A plate that its own driver gives.
_CONFIDENCE: Final = 1.0


class _Message(msgspec.Struct):
    v: Literal[1]
    seq: Count
    berth: Name
    plate: PlateText
    since: Aware
    at: Aware | None = None
    boot: Boot = 0
    simulated: Any = None
    plate_colour: Name = "unknown"


_DECODER: Final = msgspec.json.Decoder(_Message)


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one payment: the plate in the berth now, and since when."""
    message = read_json(_DECODER, uplink.payload)
    refuse_simulated(message.simulated)
    at = message.at or uplink.received_at
    if message.since > at:
        raise Malformed("since: later than the payment")
    paid = _sighting(message, sender, at, 0 if message.at else int(Quality.NO_CLOCK))
    return paid, _sighting(message, sender, message.since, int(Quality.HISTORY))


def _sighting(message: _Message, sender: Sender, at: datetime, quality: int) -> Reading:
    return Reading(
        device_id=sender.device_id,
        family=FAMILY,
        boot=message.boot,
        seq=message.seq,
        kind=ReadingKind.SIGHTING,
        observed_at=at,
        berth_id=BerthId(message.berth),
        occupied=None,
        plate=PlateReading(plate=Plate(message.plate), colour=message.plate_colour, confidence=_CONFIDENCE),
        quality=quality,
    )
