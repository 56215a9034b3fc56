"""Bosch TPS110 parking lot sensor (radar and magnetometer), LoRaWAN; firmware 0.29 and 0.39.

Both firmware versions say the status in the same bits; what differs (codes of the reset cause) is not read.
"""

from typing import Final

from ingest.codecs.sensor import need, say, signed, strange_temperature, unknown_port
from ingest.codecs.uplink import Sender, Uplink
from parking.readings import Reading, ReadingKind

FAMILY: Final = "bosch-tps110"

_STATUS, _HEARTBEAT, _START_UP = 1, 2, 3
_ABOUT_ITSELF: Final = (4, 5, 6)  # information, usage, debug


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one frame by its port; bit 0 is the status."""
    payload = uplink.payload
    if not payload:
        return ()
    if uplink.port == _STATUS:
        return (say(uplink, sender, ReadingKind.CHANGE, occupied=bool(payload[0] & 1)),)
    if uplink.port == _HEARTBEAT:
        quality = strange_temperature(signed(payload[1], 8)) if len(payload) > 1 else 0
        return (
            say(
                uplink,
                sender,
                ReadingKind.HEARTBEAT,
                occupied=bool(payload[0] & 1),
                quality=quality,
            ),
        )
    if uplink.port == _START_UP:
        need(payload, 17, "a start-up frame")
        return (say(uplink, sender, ReadingKind.HEARTBEAT, occupied=bool(payload[16] & 1)),)
    if uplink.port in _ABOUT_ITSELF:
        return (say(uplink, sender, ReadingKind.REPORT, occupied=None),)
    raise unknown_port(uplink, "1 to 6")
