"""What all plate cameras share: plates as text, colours by name, and which berth a camera means."""

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Final

from ingest.codecs.malformed import NoBerthMapping
from ingest.codecs.uplink import HASHED, Sender, Uplink, hash_key
from parking.ids import BerthId, Plate
from parking.plates import PlateColour, find_plate
from parking.readings import PlateReading, Quality, Reading, ReadingKind

_LONGEST_PLATE: Final = 16
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# What cameras write where they saw a vehicle and could not read its plate.
_NO_PLATE: Final = frozenset(
    {"", "UNKNOWN", "NOPLATE", "NONE", "NULL", "无车牌", "无牌", "无牌车", "车牌", "未识别"}
)
_SEPARATORS: Final = dict.fromkeys(map(ord, "·•・.-_<> \t"))
_COLOURS: Final = {
    "blue": PlateColour.BLUE,
    "yellow": PlateColour.YELLOW,
    "green": PlateColour.GREEN,
    "newenergygreen": PlateColour.GREEN,
    "yellowgreen": PlateColour.YELLOW_GREEN,
    "newenergyyellowgreen": PlateColour.YELLOW_GREEN,
    "black": PlateColour.BLACK,
    "white": PlateColour.WHITE,
}


def only_berth(sender: Sender) -> BerthId:
    """The berth of a camera that names none; raises NoBerthMapping unless it watches exactly one."""
    if len(sender.berth_ids) != 1:
        raise NoBerthMapping(
            f"{sender.family} names no berth and camera {sender.device_id} watches {len(sender.berth_ids)}: "
            "give it exactly one in cameras.csv"
        )
    return sender.berth_ids[0]


def read_plate(text: str | None, confidence: float, colour: str = "") -> PlateReading | None:
    """The plate in the form in which we keep plates, or None where none was read."""
    plain = unicodedata.normalize("NFKC", text or "").upper().translate(_SEPARATORS)
    if plain in _NO_PLATE or len(plain) > _LONGEST_PLATE or not plain.isalnum():
        return None
    parsed = find_plate(plain)
    name = _COLOURS.get(colour.lower().replace("_", "").replace("-", ""), PlateColour.UNKNOWN)
    # Written so that a confidence that is not a number counts as none.
    known = confidence if 0.0 <= confidence <= 1.0 else 0.0
    return PlateReading(plate=parsed.plate if parsed else Plate(plain), colour=str(name), confidence=known)


def epoch_time(seconds: float) -> datetime | None:
    """Instant of a number of seconds since 1970, or None where no calendar holds it."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return None


def zoned_time(text: str) -> datetime | None:
    """Instant of an ISO 8601 text, or None where it is none or names no zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def see(
    uplink: Uplink,
    sender: Sender,
    kind: ReadingKind,
    *,
    berth_id: BerthId,
    occupied: bool | None,
    at: datetime | None,
    key: int,
    plate: PlateReading | None = None,
) -> Reading:
    """Build the reading under a hashed key; without a time of the camera's own it is dated by us."""
    return Reading(
        device_id=sender.device_id,
        family=sender.family,
        boot=HASHED,
        seq=key,
        kind=kind,
        observed_at=at or uplink.received_at,
        berth_id=berth_id,
        occupied=occupied,
        plate=plate,
        quality=0 if at else int(Quality.NO_CLOCK),
    )


def content_key(uplink: Uplink) -> int:
    """Key of a message that carries no id of its own: all of it."""
    return hash_key(uplink.payload)
