"""PNI PlacePod parking sensor (magnetometer), LoRaWAN: entries of tag, type (Cayenne LPP's) and value.

The vendor's public decoders disagree on the sign of temperatures, which therefore are not judged.
"""

from collections.abc import Iterator
from typing import Final

from ingest.codecs.malformed import Malformed
from ingest.codecs.sensor import say
from ingest.codecs.uplink import Sender, Uplink
from parking.readings import Quality, Reading, ReadingKind

FAMILY: Final = "pni-placepod"

_BATTERY, _STATUS, _KEEP_ALIVE = 0x03, 0x15, 0x37
_PRESENCE: Final = 0x66
# Length of a value by its type, as far as Cayenne LPP and the vendor's table give it.
_LENGTHS: Final = {
    0x00: 1, 0x01: 1, 0x02: 2, 0x03: 2, 0x65: 2, 0x66: 1,
    0x67: 2, 0x68: 1, 0x71: 6, 0x73: 2, 0x86: 6, 0x88: 9,
}  # fmt: skip
_KINDS: Final = {_STATUS: ReadingKind.CHANGE, _KEEP_ALIVE: ReadingKind.HEARTBEAT}


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read all entries of a frame, several statuses in their order; what is not known is passed over."""
    if not uplink.payload:
        return ()
    statuses: list[tuple[ReadingKind, bool]] = []
    battery_v, quality, is_known = None, 0, False
    for tag, kind, value in _entries(uplink.payload):
        if kind < 0:
            quality = int(Quality.IMPLAUSIBLE)
            continue
        is_known = True
        if tag in _KINDS and kind == _PRESENCE:
            statuses.append((_KINDS[tag], bool(value[0] & 1)))
        elif tag == _BATTERY and len(value) == 2:
            battery_v = int.from_bytes(value, "big") / 100
    if not is_known:
        raise Malformed(f"no entry of tag, type and value in {uplink.payload[:8].hex(' ')}")
    if not statuses:
        return (say(uplink, sender, ReadingKind.REPORT, occupied=None, battery_v=battery_v, quality=quality),)
    return tuple(
        say(uplink, sender, kind, occupied=occupied, battery_v=battery_v, quality=quality)
        for kind, occupied in statuses
    )


def _entries(frame: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Tag, type and value of each entry; type -1 for bytes that no table explains.

    Behind an entry of unknown length the next status is looked for: it must not be lost with its neighbour.
    """
    at = 0
    while at < len(frame):
        kind = frame[at + 1] if at + 1 < len(frame) else -1
        end = at + 2 + _LENGTHS.get(kind, len(frame))
        if end <= len(frame):
            yield frame[at], kind, frame[at + 2 : end]
            at = end
        else:
            yield frame[at], -1, b""
            at = _next_status(frame, at + 1)


def _next_status(frame: bytes, start: int) -> int:
    for at in range(start, len(frame) - 2):
        if frame[at] in _KINDS and frame[at + 1] == _PRESENCE and frame[at + 2] in {0, 1}:
            return at
    return len(frame)
