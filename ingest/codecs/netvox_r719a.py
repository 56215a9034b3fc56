"""Netvox R719A parking sensor (radar), LoRaWAN."""

from typing import Final

from ingest.codecs.malformed import Malformed
from ingest.codecs.sensor import need, say, unknown_port
from ingest.codecs.uplink import Sender, Uplink
from parking.readings import Quality, Reading, ReadingKind

FAMILY: Final = "netvox-r719a"

_REPORTS, _SETTINGS = 6, 7
_MODEL: Final = 0x59
_VERSION_REPORT, _STATUS_REPORT = 0, 1
_LOW_BATTERY_BIT: Final = 0x80


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one frame; reports after a change and regular ones look the same."""
    frame = uplink.payload
    if not frame:
        return ()
    if uplink.port not in {_REPORTS, _SETTINGS}:
        raise unknown_port(uplink, f"{_REPORTS} and {_SETTINGS}")
    need(frame, 5, "a report")
    if frame[1] != _MODEL:
        raise Malformed(f"device type {frame[1]:#04x} is not the R719A's {_MODEL:#04x}")
    if uplink.port == _SETTINGS or frame[2] == _VERSION_REPORT:
        return (say(uplink, sender, ReadingKind.REPORT, occupied=None),)
    if frame[2] != _STATUS_REPORT or frame[4] not in {0, 1}:
        raise Malformed(f"report type {frame[2]} with status {frame[4]} is not known")
    is_low = bool(frame[3] & _LOW_BATTERY_BIT)
    return (
        say(
            uplink,
            sender,
            ReadingKind.HEARTBEAT,
            occupied=bool(frame[4]),
            battery_v=(frame[3] & ~_LOW_BATTERY_BIT) / 10,
            quality=Quality.UNLABELLED | (Quality.LOW_BATTERY if is_low else 0),
        ),
    )
