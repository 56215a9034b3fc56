"""Frigate NVR 0.16 and later: tracked objects on `frigate/events`, plates on `frigate/tracked_object_update`.

A Frigate zone that watches a berth is named like the berth. A vehicle in motion says nothing of the berths
whose zones it crosses; one that stands says that its zone's berth is occupied, and free when it drives off.
Plate updates carry no zone. Frigate repeats the plate in the object's next event, so an update counts only
for a camera with one berth.
"""

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec

from ingest.codecs.camera import epoch_time, read_plate, see
from ingest.codecs.malformed import Malformed, read_json
from ingest.codecs.uplink import Sender, Uplink, hash_key
from parking.ids import BerthId
from parking.readings import Reading, ReadingKind

FAMILY: Final = "frigate"

_VEHICLES: Final = frozenset({"car", "truck", "bus", "motorcycle", "van", "school_bus", "garbage_truck"})

_Name = Annotated[str, msgspec.Meta(max_length=256)]


class _Object(msgspec.Struct):
    id: _Name
    frame_time: float
    label: str = ""
    current_zones: list[str] = []
    stationary: bool = False
    recognized_license_plate: str | None = None
    recognized_license_plate_score: float | None = None


class _Message(msgspec.Struct):
    """An event has `before` and `after`; an update has the rest."""

    type: str
    before: _Object | None = None
    after: _Object | None = None
    id: _Name = ""
    plate: str | None = None
    score: float | None = None
    timestamp: float | None = None


_DECODER: Final = msgspec.json.Decoder(_Message)
_EVENT_TYPES: Final = frozenset({"new", "update", "end"})


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one message; objects that are no vehicles, and zones that are no berths, give nothing."""
    message = read_json(_DECODER, uplink.payload)
    if message.type == "lpr":
        return _read_update(uplink, sender, message)
    if message.type not in _EVENT_TYPES:
        return ()
    if message.after is None:
        raise Malformed("an event has no `after`")
    if message.after.label not in _VEHICLES:
        return ()
    return tuple(_read_event(uplink, sender, message.type, message.before, message.after))


def _read_event(
    uplink: Uplink, sender: Sender, event: str, before: _Object | None, after: _Object
) -> Iterator[Reading]:
    at, key = epoch_time(after.frame_time), hash_key(event, after.id, repr(after.frame_time))
    for berth_id in sender.berth_ids:
        stands = after.stationary and berth_id in after.current_zones and event != "end"
        stood = before is not None and before.stationary and berth_id in before.current_zones
        if stands:
            plate = read_plate(after.recognized_license_plate, after.recognized_license_plate_score or 0.0)
            kind = ReadingKind.HEARTBEAT if plate is None else ReadingKind.SIGHTING
            yield see(uplink, sender, kind, berth_id=berth_id, occupied=True, at=at, key=key, plate=plate)
        elif stood and event == "update" and berth_id not in after.current_zones:
            yield see(uplink, sender, ReadingKind.CHANGE, berth_id=berth_id, occupied=False, at=at, key=key)


def _read_update(uplink: Uplink, sender: Sender, update: _Message) -> tuple[Reading, ...]:
    plate = read_plate(update.plate, update.score or 0.0)
    if plate is None or len(sender.berth_ids) != 1:
        return ()
    at = None if update.timestamp is None else epoch_time(update.timestamp)
    key = hash_key("lpr", update.id, repr(update.timestamp), plate.plate)
    berth_id = BerthId(sender.berth_ids[0])
    return (
        see(
            uplink,
            sender,
            ReadingKind.SIGHTING,
            berth_id=berth_id,
            occupied=None,
            at=at,
            key=key,
            plate=plate,
        ),
    )
