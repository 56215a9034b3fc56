"""The Things Stack v3 over MQTT, JSON: the `up` message. Fields at their default are omitted.

A frame is known by device, session key and frame counter.
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from ingest.codecs.malformed import Simulated, read_json
from ingest.codecs.uplink import Uplink, session_boot
from ingest.envelopes.lorawan import FrameCount, Port, device_key, payload_bytes
from ingest.envelopes.sizes import MAX_SERVER_BYTES, limit
from parking.readings import RawMessage

ROOT: Final = "v3"

_Aware = Annotated[datetime, msgspec.Meta(tz=True)]


class _Names(msgspec.Struct):
    dev_eui: str = ""


class _Frame(msgspec.Struct):
    received_at: _Aware | None = None
    session_key_id: str = ""
    f_cnt: FrameCount = 0
    f_port: Port = 0
    frm_payload: str = ""


class _Message(msgspec.Struct):
    end_device_ids: _Names
    received_at: _Aware
    uplink_message: _Frame | None = None
    simulated: bool = False


_DECODER: Final = msgspec.json.Decoder(_Message)


def filters(city_id: str) -> tuple[str, ...]:  # noqa: ARG001  the server's topics name no city
    """Uplinks of all applications, with and without a tenant."""
    return (f"{ROOT}/+/devices/+/up",)


def unwrap(raw: RawMessage, city_id: str) -> Uplink | None:  # noqa: ARG001  as above
    """Open one message; raises Simulated for one that was made up in the server's console."""
    limit(raw.payload, MAX_SERVER_BYTES)
    message = read_json(_DECODER, raw.payload)
    if message.simulated:
        raise Simulated(f"made up in the network server on {raw.topic}")
    frame = message.uplink_message
    if frame is None:
        return None
    key = device_key(message.end_device_ids.dev_eui)
    if not frame.frm_payload:
        return None
    return Uplink(
        key=key,
        payload=payload_bytes(frame.frm_payload),
        received_at=raw.received_at,
        port=frame.f_port,
        boot=session_boot(frame.session_key_id),
        seq=frame.f_cnt,
        server_at=frame.received_at or message.received_at,
    )
