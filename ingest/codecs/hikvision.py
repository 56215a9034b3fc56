"""Hikvision cameras over ISAPI: plates (XML, `EventNotificationAlert` of type ANPR) and berths (JSON,
`PackingSpaceRecognition`, spelt like that).

Plates come without a berth; the parking space numbers of the JSON are set up in the camera as berth ids.
Namespaces and their prefixes vary with the firmware and are passed over.
"""  # noqa: D205  both formats belong into the summary

from typing import Annotated, Final
from xml.parsers import expat

import msgspec

from ingest.codecs.camera import content_key, only_berth, read_plate, see, zoned_time
from ingest.codecs.malformed import Malformed, read_json
from ingest.codecs.uplink import Sender, Uplink, hash_key
from parking.ids import BerthId
from parking.readings import PlateReading, Quality, Reading, ReadingKind

FAMILY: Final = "hikvision"

_ROOT: Final = "EventNotificationAlert"
_MAX_DEPTH: Final = 32
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one alarm, XML or JSON; alarms of other kinds and signs of life give nothing."""
    content = uplink.payload.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if content.startswith(b"<"):
        return _decode_plate(uplink, sender, _texts(content))
    return _decode_berths(uplink, sender, read_json(_DECODER, content))


def _decode_plate(uplink: Uplink, sender: Sender, texts: dict[str, str]) -> tuple[Reading, ...]:
    if texts.get("eventType", "").upper() != "ANPR":
        return ()
    found = texts.get("ANPR/licensePlate") or texts.get("ANPR/originalLicensePlate")
    plate = read_plate(found, _percent(texts.get("ANPR/confidenceLevel")), texts.get("ANPR/plateColor", ""))
    if plate is None:
        return ()
    uuid = texts.get("UUID", "")
    readings = (
        see(
            uplink,
            sender,
            ReadingKind.SIGHTING,
            berth_id=only_berth(sender),
            occupied=None,
            at=zoned_time(texts.get("dateTime", "")),
            key=hash_key("uuid", uuid) if uuid else content_key(uplink),
            plate=plate,
        ),
    )
    return (
        tuple(map(_late, readings)) if texts.get("isDataRetransmission", "").lower() == "true" else readings
    )


class _Space(msgspec.Struct):
    absoulteParkingNum: Annotated[str, msgspec.Meta(max_length=64)] = ""  # noqa: N815  the vendor's name
    isParked: str = ""  # noqa: N815  the vendor's name
    plateNo: str | None = None  # noqa: N815  the vendor's name
    plateColor: str = ""  # noqa: N815  the vendor's name
    vehicleEnterState: str = ""  # noqa: N815  the vendor's name


class _Alarm(msgspec.Struct):
    eventType: str = ""  # noqa: N815  the vendor's name
    dateTime: str = ""  # noqa: N815  the vendor's name
    isDataRetransmission: bool = False  # noqa: N815  the vendor's name
    PackingSpaceRecognition: list[_Space] = []


_DECODER: Final = msgspec.json.Decoder(_Alarm)
_PARKED: Final = {"yes": True, "no": False}
_CHANGES: Final = frozenset({"enter", "exit", "leave"})


def _decode_berths(uplink: Uplink, sender: Sender, alarm: _Alarm) -> tuple[Reading, ...]:
    readings = []
    for space in alarm.PackingSpaceRecognition:
        occupied = _PARKED.get(space.isParked.lower())
        if occupied is None or not space.absoulteParkingNum:
            continue
        is_change = space.vehicleEnterState.lower() in _CHANGES
        plate: PlateReading | None = None
        if occupied:
            plate = read_plate(space.plateNo, 0.0, space.plateColor)
        readings.append(
            see(
                uplink,
                sender,
                ReadingKind.CHANGE if is_change else ReadingKind.HEARTBEAT,
                berth_id=BerthId(space.absoulteParkingNum),
                occupied=occupied,
                at=zoned_time(alarm.dateTime),
                key=content_key(uplink),
                plate=plate,
            )
        )
    return tuple(map(_late, readings)) if alarm.isDataRetransmission else tuple(readings)


def _late(reading: Reading) -> Reading:
    return reading._replace(quality=reading.quality | Quality.HISTORY)


def _texts(content: bytes) -> dict[str, str]:
    """First text of each element by its path below the root; raises Malformed.

    A document type is refused, so that no entity can be defined or fetched.
    """
    reader = _AlertReader()
    try:
        reader.parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise Malformed(f"not XML: {error}") from error
    return reader.texts


class _AlertReader:
    """Collects the texts of one alert while expat walks it."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._path: list[str] = []
        self._text: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close
        self.parser.CharacterDataHandler = self._text.append

    def _refuse(self, *_declared: object) -> None:
        raise Malformed("an alert declares no document type")

    def _open(self, name: str, _attributes: object) -> None:
        local = name.rpartition(":")[2]
        if not self._path and local != _ROOT:
            raise Malformed(f"<{local}> is not <{_ROOT}>")
        if len(self._path) == _MAX_DEPTH:
            raise Malformed("the XML is nested too deeply")
        self._path.append(local)
        self._text.clear()

    def _close(self, _name: str) -> None:
        self.texts.setdefault("/".join(self._path[1:]), "".join(self._text).strip())
        self._path.pop()
        self._text.clear()


def _percent(text: str | None) -> float:
    try:
        return float(text or 0) / 100
    except ValueError:
        return 0.0
