"""Dingtek DO200, DO201 and DO202 parking sensors (magnetometer, with radar or ultrasound), LoRaWAN.

A frame is 0x80, model (two bytes), type, length, ..., 0x81; the length counts all of it. Types 1 and 2 carry
measurements, type 3 the settings. What set types 1 and 2 apart is not published.
"""

from typing import Final

from ingest.codecs.malformed import Malformed
from ingest.codecs.sensor import say, signed, strange_temperature, unknown_port
from ingest.codecs.uplink import Sender, Uplink
from parking.readings import Quality, Reading, ReadingKind

DO200: Final = "dingtek-do200"
DO201: Final = "dingtek-do201"
DO202: Final = "dingtek-do202"

_PORT: Final = 3
_HEAD, _TAIL = 0x80, 0x81
_MODELS: Final = {DO200: 0x0002, DO201: 0x0031, DO202: 0x0032}
_MEASURED_LENGTHS: Final = {DO200: 21, DO201: 23, DO202: 23}
_MEASURED, _SETTINGS = (1, 2), 3


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one frame; the alarm "parked" is the status."""
    frame = uplink.payload
    if not frame:
        return ()
    if uplink.port != _PORT:
        raise unknown_port(uplink, str(_PORT))
    frame_type = _frame_type(frame, sender.family)
    if frame_type == _SETTINGS:
        return (say(uplink, sender, ReadingKind.REPORT, occupied=None),)
    expected = _MEASURED_LENGTHS[sender.family]
    if frame_type not in _MEASURED or len(frame) != expected:
        raise Malformed(f"type {frame_type} with {len(frame)} bytes is no frame of {sender.family}")
    quality = Quality.UNLABELLED | (Quality.LOW_BATTERY if frame[8] & 0x0F else 0)
    if sender.family != DO200:
        quality |= strange_temperature(signed(frame[17], 8))
    return (
        say(
            uplink,
            sender,
            ReadingKind.HEARTBEAT,
            occupied=bool(frame[7] >> 4),
            battery_v=int.from_bytes(frame[9:11], "big") / 100,
            quality=int(quality),
        ),
    )


def _frame_type(frame: bytes, family: str) -> int:
    if len(frame) < 6 or frame[0] != _HEAD or frame[-1] != _TAIL or frame[4] != len(frame):
        raise Malformed(f"a frame is 80 ... 81 with its length in byte 4, not {frame[:8].hex(' ')}")
    model = int.from_bytes(frame[1:3], "big")
    if model != _MODELS[family]:
        raise Malformed(f"model {model:#06x} is not {family}")
    return frame[3]
