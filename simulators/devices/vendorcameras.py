"""Cameras and gateways that speak text, each as its vendor's paper or a captured message shows it.

Sources: Frigate's MQTT documentation, Hikvision's traffic SDK guide (parking space detection and ANPR),
Dahua's event lines, the webhooks of Plate Recognizer and Rekor, one captured message of CTWing's P_MD.
"""

import json
from collections.abc import Callable
from datetime import UTC
from typing import Final

from simulators.devices.statement import Frame, Statement, epoch_ms

JsonObject = dict[str, object]


def frigate(said: Statement) -> Frame:
    """An object's event: it stands in the berth's zone, or drove out of it."""
    stood: JsonObject = {
        "id": f"{epoch_ms(said.at) / 1000}-sim{said.number}",
        "camera": "street",
        "frame_time": epoch_ms(said.at) / 1000 - 1,
        "label": "car",
        "current_zones": [said.berth],
        "entered_zones": ["street", said.berth],
        "stationary": True,
    }
    after = stood | {"frame_time": epoch_ms(said.at) / 1000}
    if not said.occupied:
        after |= {"current_zones": ["street"], "stationary": False}
    elif said.plate:
        after |= {
            "recognized_license_plate": said.plate,
            "recognized_license_plate_score": said.confidence,
        }
    return _json({"type": "update", "before": stood, "after": after})


def hikvision_space(said: Statement) -> Frame:
    """The alarm of a parking space camera; the misspelt names are the vendor's."""
    space: JsonObject = {
        "absoulteParkingNum": said.berth,
        "isParked": "yes" if said.occupied else "no",
    }
    if said.changed:
        space["vehicleEnterState"] = "enter" if said.occupied else "exit"
    if said.plate and said.occupied:
        space |= {"plateNo": said.plate, "plateColor": said.colour}
    return _json({
        "eventType": "PackingSpaceRecognition",
        "dateTime": said.at.isoformat(timespec="seconds"),
        "activePostCount": said.number,
        "PackingSpaceRecognition": [space],
    })  # fmt: skip


def hikvision_anpr(said: Statement) -> Frame:
    """The alert of a plate camera, which names no berth."""
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
<channelID>1</channelID>
<dateTime>{said.at.isoformat(timespec="seconds")}</dateTime>
<eventType>ANPR</eventType>
<ANPR>
<licensePlate>{said.plate}</licensePlate>
<confidenceLevel>{round(said.confidence * 100)}</confidenceLevel>
<plateColor>{said.colour}</plateColor>
</ANPR>
<UUID>00000000-0000-4000-8000-{said.number:012d}</UUID>
<isDataRetransmission>false</isDataRetransmission>
</EventNotificationAlert>"""
    return Frame(payload=text.encode())


def dahua(said: Statement) -> Frame:
    """Lines of one event; the status is 0 for occupied and 1 for free."""
    event = "TrafficParkingSpaceParking" if said.occupied else "TrafficParkingSpaceNoParking"
    fields = {
        "ParkingSpaceStatus": 0 if said.occupied else 1,
        "TrafficCar.CustomParkNo": said.berth,
        "TrafficCar.UTC": epoch_ms(said.at) // 1000,
    }
    if said.changed:
        fields |= {"EventBaseInfo.Code": event, "TrafficCar.Event": event}
    if said.plate and said.occupied:
        fields |= {"TrafficCar.PlateNumber": said.plate, "TrafficCar.PlateColor": said.colour.capitalize()}
    return Frame(payload="".join(f"Events[0].{name}={value}\r\n" for name, value in fields.items()).encode())


def plate_recognizer(said: Statement) -> Frame:
    """The webhook of Stream: a plate in lower case, a time in UTC, no berth."""
    at = said.at.astimezone(UTC)
    picture: JsonObject = {
        "camera_id": "street",
        "filename": f"street_screenshots/{at:%y-%m-%d/%H-%M-%S.%f}.jpg",
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "results": [{"plate": said.plate.lower(), "score": said.confidence}] if said.plate else [],
    }
    return _json({"hook": {"event": "recognition", "id": "street"}, "data": picture})


def rekor(said: Statement) -> Frame:
    """A group of pictures of one vehicle; newer agents say that it stands."""
    return _json({
        "data_type": "alpr_group",
        "version": 2,
        "best_plate_number": said.plate,
        "best_confidence": said.confidence * 100,
        "best_uuid": f"street-{said.number}",
        "best_uuid_epoch_ms": epoch_ms(said.at),
        "epoch_end": epoch_ms(said.at) + 1500,
        "is_parked": said.occupied,
    })  # fmt: skip


def wxhs_pmd(said: Statement) -> Frame:
    """The inner message of the NB-IoT sensor P_MD: its own count and its own clock."""
    return _json({
        "version": 37,
        "type": 32,
        "ptime": epoch_ms(said.at),
        "parking_state": int(said.occupied),
        "pack_count": said.number,
        "battery_voltage": said.battery_v,
        "Signal_Power": -90,
        "Model": "P_MD",
        "Manufacturer": "WXHS",
    })  # fmt: skip


def _json(body: JsonObject) -> Frame:
    return Frame(payload=json.dumps(body, ensure_ascii=False).encode())


ENCODERS: Final[dict[str, Callable[[Statement], Frame]]] = {
    "frigate": frigate,
    "hikvision": hikvision_space,
    "dahua": dahua,
    "plate-recognizer": plate_recognizer,
    "rekor": rekor,
    "wxhs-pmd": wxhs_pmd,
}
