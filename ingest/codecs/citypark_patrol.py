"""Citypark's own JSON, version 1: hand-held of a patrol that reads plates as it walks."""

from typing import Any, Final, Literal

import msgspec

from ingest.codecs.malformed import (
    Aware,
    Boot,
    Confidence,
    Count,
    Name,
    PlateText,
    read_json,
    refuse_simulated,
)
from ingest.codecs.uplink import Sender, Uplink
from parking.ids import BerthId, Plate
from parking.readings import PlateReading, Quality, Reading, ReadingKind

FAMILY: Final = "patrol"


class _Message(msgspec.Struct):
    v: Literal[1]
    seq: Count
    berth: Name
    occupied: Literal[True]
    plate: PlateText
    kind: Literal["sighting"] = "sighting"
    boot: Boot = 0
    at: Aware | None = None
    simulated: Any = None
    plate_colour: Name = "unknown"
    confidence: Confidence = 1.0


_DECODER: Final = msgspec.json.Decoder(_Message)


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one message: a person says that this plate stands in this berth."""
    message = read_json(_DECODER, uplink.payload)
    refuse_simulated(message.simulated)
    return (
        Reading(
            device_id=sender.device_id,
            family=FAMILY,
            boot=message.boot,
            seq=message.seq,
            kind=ReadingKind.SIGHTING,
            observed_at=message.at or uplink.received_at,
            berth_id=BerthId(message.berth),
            occupied=message.occupied,
            plate=PlateReading(
                plate=Plate(message.plate), colour=message.plate_colour, confidence=message.confidence
            ),
            quality=0 if message.at else int(Quality.NO_CLOCK),
        ),
    )
