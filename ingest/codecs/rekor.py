"""OpenALPR and Rekor Scout: the JSON that the agent posts for a group of pictures of one vehicle.

No berth is named. Only newer agents say whether the vehicle stood.
"""

from typing import Annotated, Final

import msgspec

from ingest.codecs.camera import epoch_time, only_berth, read_plate, see
from ingest.codecs.malformed import read_json
from ingest.codecs.uplink import Sender, Uplink, hash_key
from parking.readings import Reading, ReadingKind

FAMILY: Final = "rekor"

_GROUP: Final = "alpr_group"
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=4_102_444_800_000)]


class _Message(msgspec.Struct):
    data_type: str
    best_plate_number: str | None = None
    best_confidence: float = 0.0
    best_uuid: str = ""
    best_uuid_epoch_ms: _Milliseconds | None = None
    epoch_end: _Milliseconds | None = None
    is_parked: bool = False


_DECODER: Final = msgspec.json.Decoder(_Message)


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one message; heartbeats, alerts and groups without a plate give nothing."""
    message = read_json(_DECODER, uplink.payload)
    if message.data_type != _GROUP:
        return ()
    plate = read_plate(message.best_plate_number, message.best_confidence / 100)
    if plate is None:
        return ()
    seen_ms = message.best_uuid_epoch_ms or message.epoch_end
    return (
        see(
            uplink,
            sender,
            ReadingKind.SIGHTING,
            berth_id=only_berth(sender),
            occupied=True if message.is_parked else None,
            at=None if seen_ms is None else epoch_time(seen_ms / 1000),
            key=hash_key(message.best_uuid, "" if message.best_uuid else uplink.payload),
            plate=plate,
        ),
    )
