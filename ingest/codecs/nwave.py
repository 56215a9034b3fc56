"""Nwave NPS310SM and NPS405 parking sensors (magnetometer), LoRaWAN.

The status byte of an NPS405 also counts how long the state before lasted, and so dates the change before
this one. Two of the vendor's decoders for firmware 2.4.9 read that byte in opposite bit orders; the worked
examples agree with the status in bit 0. The registry's family says which order a sensor uses.
"""

from datetime import timedelta
from typing import Final

from ingest.codecs.sensor import need, say, signed, strange_temperature, unknown_port
from ingest.codecs.uplink import Sender, Uplink
from parking.readings import Reading, ReadingKind
from parking.span import Moment

NPS310SM: Final = "nwave-nps310sm"
NPS405: Final = "nwave-nps405"
NPS405_STATUS_IN_BIT_7: Final = "nwave-nps405-bit7"

_STATUS, _HEARTBEAT, _START_UP, _DEBUG, _TAG = 1, 2, 3, 6, 10
_OVERFLOW: Final = 127
# The count goes up once a minute: what it shows has lasted up to a minute longer.
_TICK: Final = timedelta(minutes=1)


def decode_nps310sm(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one frame by its port; bit 0 is the status."""
    payload = uplink.payload
    if not payload:
        return ()
    if uplink.port in {_STATUS, _HEARTBEAT}:
        kind = ReadingKind.CHANGE if uplink.port == _STATUS else ReadingKind.HEARTBEAT
        return (say(uplink, sender, kind, occupied=bool(payload[0] & 1)),)
    return _about_start(uplink, sender, "1, 2, 3 and 6")


def decode_nps405(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one frame by its port. A driver's tag is only ever registered on an occupied berth."""
    payload = uplink.payload
    if not payload:
        return ()
    occupied, count = _split(payload[0], sender.family)
    if uplink.port == _STATUS:
        since = _previous_since(uplink, count)
        return (say(uplink, sender, ReadingKind.CHANGE, occupied=occupied, previous_since=since),)
    if uplink.port == _HEARTBEAT:
        need(payload, 3, "a heartbeat")
        return (
            say(
                uplink,
                sender,
                ReadingKind.HEARTBEAT,
                occupied=occupied,
                battery_v=(2500 + payload[1] * 4) / 1000,
                quality=strange_temperature(signed(payload[2], 8) / 2 + 10),
            ),
        )
    if uplink.port == _TAG:
        kind = ReadingKind.HEARTBEAT if occupied else ReadingKind.REPORT
        return (say(uplink, sender, kind, occupied=True if occupied else None),)
    return _about_start(uplink, sender, "1, 2, 3, 6 and 10")


def lasted(count: int) -> tuple[timedelta, timedelta] | None:
    """Least and longest time that a compressed count in [0, 126] stands for; None where it overflowed.

    Minutes up to 89, then steps of 5 minutes from 90, then steps of an hour from 240 (vendor's decoder).
    """
    if count < 90:
        minutes, error = count, 0
    elif count < 120:
        minutes, error = 90 + (count - 90) * 5, 4
    elif count < _OVERFLOW:
        minutes, error = 240 + (count - 120) * 60, 59
    else:
        return None
    return timedelta(minutes=minutes), timedelta(minutes=minutes + error) + _TICK


def _split(status: int, family: str) -> tuple[bool, int]:
    if family == NPS405_STATUS_IN_BIT_7:
        return bool(status >> 7), status & 0x7F
    return bool(status & 1), status >> 1


def _previous_since(uplink: Uplink, count: int) -> Moment | None:
    bounds = lasted(count)
    if bounds is None:
        return None
    changed_at = uplink.server_at or uplink.received_at
    try:
        return Moment(earliest_at=changed_at - bounds[1], latest_at=changed_at - bounds[0])
    except OverflowError:
        return None


def _about_start(uplink: Uplink, sender: Sender, known: str) -> tuple[Reading, ...]:
    if uplink.port == _START_UP:
        need(uplink.payload, 5, "a start-up frame")
        return (say(uplink, sender, ReadingKind.HEARTBEAT, occupied=bool(uplink.payload[4] & 1)),)
    if uplink.port == _DEBUG:
        return (say(uplink, sender, ReadingKind.REPORT, occupied=None),)
    raise unknown_port(uplink, known)
