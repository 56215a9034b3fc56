"""From a message on an area topic to an observation, or to the reason why it is none. Pure."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec

from parking.city import City, Position
from parking.ids import BerthId, CameraId, DeviceId, Plate, SectionId
from parking.observations import Observation, Scene
from parking.plates import find_plate
from parking.readings import PlateReading, Quality, RawMessage, Rejected, RejectReason
from parking.topics import parse_area

MOST_BYTES: Final = 4_096
# A clock may run ahead by this; what is older than a week is a clock that was never set.
AHEAD: Final = timedelta(seconds=120)
OLDEST: Final = timedelta(days=7)
_FAMILIES: Final = frozenset({"camera", "patrol"})

_Text = Annotated[str, msgspec.Meta(max_length=64, pattern=r"\A[^\x00-\x1f\x7f]*\Z")]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"\A[^\x00-\x1f\x7f]*\Z")]
_Plate = Annotated[str, msgspec.Meta(min_length=1, max_length=16, pattern=r"\A[^\x00-\x1f\x7f]*\Z")]


class _Message(msgspec.Struct):
    v: Literal[1]
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    scene: Scene
    boot: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    berth: _Name | None = None
    section: _Name | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    track: _Text = ""
    plate: _Plate | None = None
    plate_colour: _Name = "unknown"
    confidence: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 1.0
    fleet: _Text = ""


_DECODER: Final = msgspec.json.Decoder(_Message)


def observe(raw: RawMessage, city: City) -> Observation | Rejected:
    """Read one message of a device of this city; never raises."""
    topic = parse_area(raw.topic)
    if topic is None or topic[0] != city.city_id:
        return _refuse(raw, RejectReason.UNKNOWN_TOPIC, f"nobody observes on {raw.topic!r}")
    device = city.devices.get(topic[1])
    if device is None or device.family not in _FAMILIES:
        return _refuse(raw, RejectReason.UNKNOWN_DEVICE, f"{topic[1]!r} is no camera or hand-held we know")
    message = _read(raw.payload)
    if isinstance(message, _Message):
        return _place(raw, city, topic[1], message)
    return _refuse(raw, RejectReason.MALFORMED, message)


def _read(payload: bytes) -> _Message | str:
    """Decode and validate; a text says what is wrong."""
    if len(payload) > MOST_BYTES:
        return f"{len(payload)} bytes; at most {MOST_BYTES}"
    try:
        message = _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return str(error)
    except RecursionError:
        return "the JSON is nested too deeply"
    return message if (message.lon is None) == (message.lat is None) else "lon and lat come together"


def _place(raw: RawMessage, city: City, device_id: DeviceId, message: _Message) -> Observation | Rejected:
    observed_at = message.at or raw.received_at
    if observed_at > raw.received_at + AHEAD:
        return _refuse(raw, RejectReason.FUTURE, f"{observed_at.isoformat()} lies in the future")
    if observed_at < raw.received_at - OLDEST:
        return _refuse(raw, RejectReason.TOO_OLD, f"{observed_at.isoformat()} is older than {OLDEST}")
    berth_id = None if message.berth is None else BerthId(message.berth)
    if berth_id is not None and berth_id not in city.berths:
        return _refuse(raw, RejectReason.UNKNOWN_BERTH, f"there is no berth {berth_id!r}")
    section_id = _section(city, device_id, berth_id, message.section)
    if section_id not in city.sections:
        return _refuse(raw, RejectReason.UNKNOWN_BERTH, "name a berth or a road section of the city")
    return Observation(
        device_id=device_id,
        boot=message.boot,
        seq=message.seq,
        scene=message.scene,
        observed_at=min(observed_at, raw.received_at),
        section_id=section_id,
        berth_id=berth_id,
        position=_position(message),
        track=message.track,
        plate=_plate(message),
        fleet=message.fleet,
        confidence=message.confidence,
        quality=0 if message.at else int(Quality.NO_CLOCK),
    )


def _section(city: City, device_id: DeviceId, berth_id: BerthId | None, named: str | None) -> SectionId:
    if berth_id is not None:
        return city.berths[berth_id].section_id
    camera = city.cameras.get(CameraId(device_id))
    return SectionId(named or (camera.section_id if camera else ""))


def _position(message: _Message) -> Position | None:
    if message.lon is None or message.lat is None:
        return None
    return Position(lon=message.lon, lat=message.lat)


def _plate(message: _Message) -> PlateReading | None:
    if message.plate is None:
        return None
    parsed = find_plate(message.plate)
    plate = parsed.plate if parsed else Plate(message.plate)
    return PlateReading(plate=plate, colour=message.plate_colour, confidence=message.confidence)


def _refuse(raw: RawMessage, reason: RejectReason, detail: str) -> Rejected:
    return Rejected(raw=raw, reason=reason, detail=detail)
