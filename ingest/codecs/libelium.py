"""Libelium Smart Parking node (magnetometer, with radar from v2 on), LoRaWAN; firmware 1.x (12 bytes) and
2.x (11 bytes).

The first two bytes are common to all frames and versions: status, battery and type, then a counter. What a
type means differs between versions beyond 0 (the berth changed) and 1 (keep-alive), and is not read.
"""  # noqa: D205  the versions belong into the summary

from typing import Final

from ingest.codecs.malformed import Malformed
from ingest.codecs.sensor import say
from ingest.codecs.uplink import Sender, Uplink
from parking.readings import Quality, Reading, ReadingKind

FAMILY: Final = "libelium-parking"

_LENGTHS: Final = (11, 12)
_STATUS_BIT, _LOW_BATTERY_BIT, _TYPE_BITS = 0x80, 0x40, 0x0F
_INFO: Final = 0


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one frame."""
    frame = uplink.payload
    if not frame:
        return ()
    if len(frame) not in _LENGTHS:
        raise Malformed(f"a frame has 11 or 12 bytes, not {len(frame)}")
    kind = ReadingKind.CHANGE if frame[0] & _TYPE_BITS == _INFO else ReadingKind.HEARTBEAT
    quality = Quality.LOW_BATTERY if frame[0] & _LOW_BATTERY_BIT else 0
    return (say(uplink, sender, kind, occupied=bool(frame[0] & _STATUS_BIT), quality=int(quality)),)
