"""Citypark's own JSON, version 1: geomagnetic berth sensor. Documented in `deploy/asyncapi.yaml`."""

from typing import Any, Final, Literal

import msgspec

from ingest.codecs.malformed import Aware, Boot, Count, read_json, refuse_simulated
from ingest.codecs.sensor import judge_battery
from ingest.codecs.uplink import Sender, Uplink
from parking.readings import Quality, Reading, ReadingKind

FAMILY: Final = "geo"

_KINDS: Final = {"change": ReadingKind.CHANGE, "heartbeat": ReadingKind.HEARTBEAT}


class _Message(msgspec.Struct):
    v: Literal[1]
    seq: Count
    occupied: bool
    kind: Literal["change", "heartbeat"]
    boot: Boot = 0
    at: Aware | None = None
    simulated: Any = None
    battery_v: float | None = None


_DECODER: Final = msgspec.json.Decoder(_Message)


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one message; unknown keys cost nothing, an implausible battery is marked."""
    message = read_json(_DECODER, uplink.payload)
    refuse_simulated(message.simulated)
    battery_v, quality = judge_battery(message.battery_v)
    if message.at is None:
        quality |= Quality.NO_CLOCK
    return (
        Reading(
            device_id=sender.device_id,
            family=FAMILY,
            boot=message.boot,
            seq=message.seq,
            kind=_KINDS[message.kind],
            observed_at=message.at or uplink.received_at,
            berth_id=None,
            occupied=message.occupied,
            quality=quality,
            battery_v=battery_v,
        ),
    )
