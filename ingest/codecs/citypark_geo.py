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
        # By place: most messages of a city come through here, and names would double the cost.
        Reading(
            sender.device_id,
            FAMILY,
            message.boot,
            message.seq,
            _KINDS[message.kind],
            message.at or uplink.received_at,
            None,
            message.occupied,
            None,
            quality,
            battery_v,
        ),
    )
