"""Dahua parking-space cameras: text parts of `snapManager.cgi`, lines of `Events[0].name=value`.

The status is inverted: 0 occupied, 1 free, 2 a vehicle on the line. The space's own name (`CustomParkNo`) is
set up in the camera as the berth id; a camera with one berth needs none. Some firmware counts local seconds
in `UTC`: a time ahead of ours is not used.
"""

import re
from datetime import datetime
from typing import Final

from ingest.codecs.camera import content_key, epoch_time, only_berth, read_plate, see
from ingest.codecs.malformed import Malformed
from ingest.codecs.uplink import Sender, Uplink
from parking.ids import BerthId
from parking.readings import Reading, ReadingKind

FAMILY: Final = "dahua"

_LINE: Final = re.compile(r"Events\[(\d{1,3})\]\.([A-Za-z0-9_.\[\]]{1,128})=(.{0,256})")
_OCCUPIED: Final = {"0": True, "1": False, "2": True}
_EVENTS: Final = {
    "TrafficParkingSpaceParking": True,
    "TrafficParkingSpaceNoParking": False,
    "TrafficParkingSpaceOverLine": True,
}


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one text part, which may hold several events; others than of parking spaces give nothing."""
    try:
        text = uplink.payload.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8: {error}") from error
    events: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip())
        if match:
            events.setdefault(match[1], {}).setdefault(match[2], match[3].strip())
    if not events and text.strip() != "Heartbeat":
        raise Malformed("no line of `Events[0].name=value`")
    readings = (_read(uplink, sender, fields) for fields in events.values())
    return tuple(reading for reading in readings if reading is not None)


def _read(uplink: Uplink, sender: Sender, fields: dict[str, str]) -> Reading | None:
    event = next((fields[name] for name in _EVENT_FIELDS if fields.get(name) in _EVENTS), "")
    occupied = _OCCUPIED.get(fields.get("ParkingSpaceStatus", ""), _EVENTS.get(event))
    if occupied is None:
        return None
    named = fields.get("TrafficCar.CustomParkNo", "")
    plate = None
    if occupied:
        plate = read_plate(fields.get("TrafficCar.PlateNumber"), 0.0, fields.get("TrafficCar.PlateColor", ""))
    return see(
        uplink,
        sender,
        ReadingKind.CHANGE if event else ReadingKind.HEARTBEAT,
        berth_id=BerthId(named) if named else only_berth(sender),
        occupied=occupied,
        at=_time(uplink, fields),
        key=content_key(uplink),
        plate=plate,
    )


_EVENT_FIELDS: Final = ("TrafficCar.Event", "EventBaseInfo.Code", "Code")


def _time(uplink: Uplink, fields: dict[str, str]) -> datetime | None:
    text = fields.get("TrafficCar.UTC") or fields.get("UTC") or ""
    if not text.isascii() or not text.isdecimal() or len(text) > 10:
        return None
    at = epoch_time(int(text))
    return at if at is not None and at <= uplink.received_at else None
