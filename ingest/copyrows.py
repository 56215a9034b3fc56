"""Readings as PostgreSQL's binary COPY has them, written directly: the driver's way costs four times as much.

https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format": a signature, rows of length-prefixed
fields in network order, a trailer. Instants are microseconds since 2000. The columns are those of
`ingest.store.COPY_READINGS`. Fields of one length are packed for all rows at once and cut into pieces.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from struct import Struct
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.intake import Accepted, keeps_payload
from parking.ids import ReadingId
from parking.readings import PlateReading

COLUMNS: Final = 16
_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_EPOCH_US: Final = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_NULL: Final = b"\xff\xff\xff\xff"
_NO_PLATE: Final = _NULL * 3
_OCCUPIED: Final = {None: _NULL, False: b"\x00\x00\x00\x01\x00", True: b"\x00\x00\x00\x01\x01"}
_REAL: Final = Struct(">if")
# Before each value its length in bytes, before each row the number of its fields.
_HEAD: Final = np.dtype([
    ("fields", ">i2"), ("l0", ">i4"), ("reading_id", ">i8"), ("l1", ">i4"), ("received_us", ">i8"),
    ("l2", ">i4"), ("observed_us", ">i8"),
])  # fmt: skip
_MIDDLE: Final = np.dtype([
    ("l0", ">i4"), ("kind", ">i2"), ("l1", ">i4"), ("boot", ">i4"), ("l2", ">i4"), ("seq", ">i8"),
])  # fmt: skip
_QUALITY: Final = np.dtype([("l0", ">i4"), ("quality", ">i2")])


class Instants(NamedTuple):
    """When each reading was received and observed, in microseconds since 1970."""

    received_us: "NDArray[np.int64]"
    observed_us: "NDArray[np.int64]"


def encode_readings(
    ids: Sequence[ReadingId], accepted: Iterable[Accepted], instants: Instants | None = None
) -> bytes:
    """All of them as one COPY stream; there must be one at least.

    `instants` are theirs, where the caller has worked them out already.
    """
    raws, readings, berth_ids = zip(*accepted, strict=True)
    _, payloads, received = zip(*raws, strict=True)
    device_ids, families, boots, seqs, kinds, observed, _, occupied, plates, qualities, batteries, *_ = zip(
        *readings, strict=True
    )
    received_us, observed_us = instants or (_microseconds(received), _microseconds(observed))
    heads = _pieces(
        _HEAD, len(ids), fields=COLUMNS, l0=8, reading_id=_whole(ids),
        l1=8, received_us=received_us - _EPOCH_US, l2=8, observed_us=observed_us - _EPOCH_US,
    )  # fmt: skip
    rows = zip(
        heads,
        map(_names, device_ids, berth_ids, families),
        _pieces(
            _MIDDLE, len(ids), l0=2, kind=_whole(kinds), l1=4, boot=_whole(boots), l2=8, seq=_whole(seqs)
        ),
        map(_OCCUPIED.__getitem__, occupied),
        [_NO_PLATE if plate is None else _plate(plate) for plate in plates],
        _pieces(_QUALITY, len(ids), l0=2, quality=_whole(qualities)),
        [_NULL if battery_v is None else _REAL.pack(4, battery_v) for battery_v in batteries],
        [
            _bytes(payload) if keeps_payload(kind) else _NULL
            for kind, payload in zip(kinds, payloads, strict=True)
        ],
        strict=True,
    )
    return b"".join((_SIGNATURE, *chain.from_iterable(rows), _TRAILER))


def _pieces(shape: "np.dtype[np.void]", rows: int, **columns: "int | NDArray[np.int64]") -> list[bytes]:
    """Each row of these columns as bytes."""
    table = np.empty(rows, dtype=shape)
    for name, column in columns.items():
        table[name] = column
    pieces: list[bytes] = table.view(f"V{shape.itemsize}").tolist()
    return pieces


def _whole(numbers: Sequence[int]) -> "NDArray[np.int64]":
    return np.fromiter(numbers, dtype=np.int64, count=len(numbers))


def _microseconds(moments: Sequence[datetime]) -> "NDArray[np.int64]":
    """Microseconds since 1970; exact, as a float still tells them apart before the year 2200."""
    seconds = np.fromiter(map(datetime.timestamp, moments), dtype=np.float64, count=len(moments))
    return np.rint(seconds * 1e6).astype(np.int64)


@lru_cache(maxsize=262_144)
def _names(device_id: str, berth_id: str, family: str) -> bytes:
    return _text(device_id) + _text(berth_id) + _text(family)


def _plate(plate: PlateReading) -> bytes:
    return _text(plate.plate) + _text(plate.colour) + _REAL.pack(4, plate.confidence)


def _text(text: str) -> bytes:
    return _bytes(text.encode())


def _bytes(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content
