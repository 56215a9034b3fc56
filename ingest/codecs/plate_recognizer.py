"""Plate Recognizer Stream and Snapshot: their webhook's JSON, which names no berth.

Times of Snapshot name no zone either, and are not used.
"""

from typing import Final

import msgspec

from ingest.codecs.camera import only_berth, read_plate, see, zoned_time
from ingest.codecs.malformed import read_json
from ingest.codecs.uplink import Sender, Uplink, hash_key
from parking.readings import Reading, ReadingKind

FAMILY: Final = "plate-recognizer"


class _Result(msgspec.Struct):
    plate: str | None = None
    score: float = 0.0


class _Picture(msgspec.Struct):
    timestamp: str = ""
    filename: str = ""
    camera_id: str | None = None
    results: list[_Result] = []


class _Message(msgspec.Struct):
    data: _Picture


_DECODER: Final = msgspec.json.Decoder(_Message)


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one message; of several plates in a picture the best read one is taken for the berth's."""
    picture = read_json(_DECODER, uplink.payload).data
    plates = [read_plate(result.plate, result.score) for result in picture.results]
    best = max((plate for plate in plates if plate), key=lambda plate: plate.confidence, default=None)
    if best is None:
        return ()
    return (
        see(
            uplink,
            sender,
            ReadingKind.SIGHTING,
            berth_id=only_berth(sender),
            occupied=None,
            at=zoned_time(picture.timestamp),
            key=hash_key(picture.camera_id or "", picture.filename, picture.timestamp, best.plate),
            plate=best,
        ),
    )
