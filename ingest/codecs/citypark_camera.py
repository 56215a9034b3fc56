"""Citypark's own JSON, version 1: camera that watches named berths and reads plates."""

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

FAMILY: Final = "camera"

_KINDS: Final = {"change": ReadingKind.CHANGE, "heartbeat": ReadingKind.HEARTBEAT}


class _Message(msgspec.Struct):
    v: Literal[1]
    seq: Count
    berth: Name
    occupied: bool
    kind: Literal["change", "heartbeat"]
    boot: Boot = 0
    at: Aware | None = None
    simulated: Any = None
    plate: PlateText | None = None
    plate_colour: Name = "unknown"
    confidence: Confidence = 0.0


_DECODER: Final = msgspec.json.Decoder(_Message)


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one message; a plate on a berth that is said to be free is not a sighting."""
    message = read_json(_DECODER, uplink.payload)
    refuse_simulated(message.simulated)
    plate = None
    if message.plate is not None and message.occupied:
        plate = PlateReading(
            plate=Plate(message.plate), colour=message.plate_colour, confidence=message.confidence
        )
    return (
        Reading(
            device_id=sender.device_id,
            family=FAMILY,
            boot=message.boot,
            seq=message.seq,
            kind=_KINDS[message.kind],
            observed_at=message.at or uplink.received_at,
            berth_id=BerthId(message.berth),
            occupied=message.occupied,
            plate=plate,
            quality=0 if message.at else int(Quality.NO_CLOCK),
        ),
    )
