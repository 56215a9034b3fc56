"""How a vendor's frame comes to the broker: LoRaWAN network servers, CTWing, or the device's own topic.

Written from the servers' documentation: ChirpStack v4 `up` events, The Things Stack v3 uplink messages (both
JSON over MQTT), China Telecom's CTWing data reports, which the platform's door passes on.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC
from typing import Final, NamedTuple

from parking.ids import DeviceId
from parking.topics import ctwing_topic, up_topic
from simulators.devices import lorawan
from simulators.devices.statement import Frame, Statement, epoch_ms
from simulators.devices.vendorcameras import ENCODERS as VENDORS

_APPLICATION: Final = "00000000-0000-4000-8000-0000000c17e5"
_TENANT: Final = "parking@ttn"
# Families of berth sensors, by what carries them, and of cameras that tell when a vehicle leaves.
LORAWAN: Final = frozenset(lorawan.ENCODERS)
NB_IOT: Final = frozenset({"wxhs-pmd"})
CAMERAS: Final = frozenset({"dahua", "frigate", "hikvision"})


class Vendor(NamedTuple):
    """One device of another make: its city, its id, and its family."""

    city_id: str
    device_id: DeviceId
    family: str


def speak(vendor: Vendor, said: Statement, boot: int) -> tuple[str, bytes]:
    """Topic and payload with which a statement reaches the broker; `boot` counts the device's joins."""
    frame = _ENCODERS[vendor.family](said)
    if vendor.family in LORAWAN:
        # Half of the devices are with each network.
        server = _chirpstack if int(vendor.device_id, 16) % 2 else _things_stack
        return server(vendor.device_id, frame, said, boot)
    if vendor.family in NB_IOT:
        return ctwing_topic(vendor.city_id), _ctwing(vendor.device_id, frame, said)
    return up_topic(vendor.city_id, vendor.family, vendor.device_id), frame.payload


def _chirpstack(eui: DeviceId, frame: Frame, said: Statement, boot: int) -> tuple[str, bytes]:
    event = {
        "time": said.at.astimezone(UTC).isoformat(),
        "deviceInfo": {"applicationId": _APPLICATION, "deviceName": eui, "devEui": eui},
        "devAddr": f"{boot:08x}",
        "fCnt": said.number,
        "fPort": frame.port,
        "confirmed": False,
        "data": b64encode(frame.payload).decode(),
    }
    return f"application/{_APPLICATION}/device/{eui}/event/up", json.dumps(event).encode()


def _things_stack(eui: DeviceId, frame: Frame, said: Statement, boot: int) -> tuple[str, bytes]:
    at = said.at.astimezone(UTC).isoformat()
    message = {
        "end_device_ids": {"device_id": f"eui-{eui}", "dev_eui": eui.upper()},
        "received_at": at,
        "uplink_message": {
            "session_key_id": f"AX{boot:08x}",
            "f_port": frame.port,
            "f_cnt": said.number,
            "frm_payload": b64encode(frame.payload).decode(),
            "received_at": at,
        },
    }
    return f"v3/{_TENANT}/devices/eui-{eui}/up", json.dumps(message).encode()


def _ctwing(imei: DeviceId, frame: Frame, said: Statement) -> bytes:
    return json.dumps({
        "messageType": "dataReport",
        "protocol": "lwm2m",
        "timestamp": epoch_ms(said.at),
        "IMEI": imei,
        "payload": json.loads(frame.payload),
    }).encode()  # fmt: skip


_ENCODERS: Final[dict[str, Callable[[Statement], Frame]]] = {
    **lorawan.ENCODERS,
    **{family: VENDORS[family] for family in NB_IOT | CAMERAS},
}
