"""ChirpStack v4 over MQTT, JSON: the `up` event. Fields at their default are omitted.

A frame is known by device, session and frame counter: the session by the device address, which every join
changes. `deduplicationId` tells apart what different gateways heard, which the server has merged already.
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from ingest.codecs.malformed import read_json
from ingest.codecs.uplink import Uplink, session_boot
from ingest.envelopes.lorawan import FrameCount, Port, device_key, payload_bytes
from ingest.envelopes.sizes import MAX_SERVER_BYTES, limit
from parking.readings import RawMessage

ROOT: Final = "application"


class _Device(msgspec.Struct):
    devEui: str  # noqa: N815  the server's name


class _Event(msgspec.Struct):
    deviceInfo: _Device  # noqa: N815  the server's name
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    devAddr: str = ""  # noqa: N815  the server's name
    fCnt: FrameCount = 0  # noqa: N815  the server's name
    fPort: Port = 0  # noqa: N815  the server's name
    data: str = ""


_DECODER: Final = msgspec.json.Decoder(_Event)


def filters(city_id: str) -> tuple[str, ...]:  # noqa: ARG001  the server's topics name no city
    """Uplinks of all applications."""
    return (f"{ROOT}/+/device/+/event/up",)


def unwrap(raw: RawMessage, city_id: str) -> Uplink | None:  # noqa: ARG001  as above
    """Open one event; frames without a payload hold nothing."""
    limit(raw.payload, MAX_SERVER_BYTES)
    if not raw.topic.endswith("/event/up"):
        return None
    event = read_json(_DECODER, raw.payload)
    key = device_key(event.deviceInfo.devEui)
    if not event.data:
        return None
    return Uplink(
        key=key,
        payload=payload_bytes(event.data),
        received_at=raw.received_at,
        port=event.fPort,
        boot=session_boot(event.devAddr),
        seq=event.fCnt,
        server_at=event.time,
    )
