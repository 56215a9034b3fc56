"""Readings as PostgreSQL's binary COPY has them, written directly: the driver's way costs twice as much.

https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format": a signature, rows of length-prefixed
fields in network order, a trailer. Instants are microseconds since 2000. The columns are those of
`ingest.store.COPY_READINGS`.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import Final

from ingest.intake import Accepted, keeps_payload
from parking.ids import ReadingId
from parking.readings import PlateReading

COLUMNS: Final = 16
_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NULL: Final = b"\xff\xff\xff\xff"
_NO_PLATE: Final = _NULL * 3
_OCCUPIED: Final = {None: _NULL, False: b"\x00\x00\x00\x01\x00", True: b"\x00\x00\x00\x01\x01"}
_HEAD: Final = Struct(">hiqiqiq")  # number of fields, reading_id, received_at, observed_at
_MIDDLE: Final = Struct(">ihiiiq")  # kind, boot, seq
_SMALL: Final = Struct(">ih")
_REAL: Final = Struct(">if")


def encode_readings(ids: Sequence[ReadingId], accepted: Iterable[Accepted]) -> bytes:
    """All of them as one COPY stream."""
    pieces = [_SIGNATURE]
    for reading_id, each in zip(ids, accepted, strict=True):
        reading, raw = each.reading, each.raw
        battery = reading.battery_v
        pieces += (
            _HEAD.pack(
                COLUMNS, 8, reading_id, 8, _instant(raw.received_at), 8, _instant(reading.observed_at)
            ),
            _names(reading.device_id, each.berth_id, reading.family),
            _MIDDLE.pack(2, reading.kind, 4, reading.boot, 8, reading.seq),
            _OCCUPIED[reading.occupied],
            _NO_PLATE if reading.plate is None else _plate(reading.plate),
            _SMALL.pack(2, reading.quality),
            _NULL if battery is None else _REAL.pack(4, battery),
            _bytes(raw.payload) if keeps_payload(reading) else _NULL,
        )
    pieces.append(_TRAILER)
    return b"".join(pieces)


@lru_cache(maxsize=262_144)
def _names(device_id: str, berth_id: str, family: str) -> bytes:
    return _text(device_id) + _text(berth_id) + _text(family)


def _instant(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _plate(plate: PlateReading) -> bytes:
    return _text(plate.plate) + _text(plate.colour) + _REAL.pack(4, plate.confidence)


def _text(text: str) -> bytes:
    return _bytes(text.encode())


def _bytes(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content
