"""Frigate's own MQTT topics: the camera's name in Frigate is its id in the registry."""

from typing import Annotated, Final

import msgspec

from ingest.codecs import frigate
from ingest.codecs.malformed import UnknownTopic, read_json
from ingest.codecs.uplink import Uplink
from ingest.envelopes.sizes import MAX_CAMERA_BYTES, limit
from parking.readings import RawMessage

ROOT: Final = "frigate"

_EVENTS: Final = f"{ROOT}/events"
_UPDATES: Final = f"{ROOT}/tracked_object_update"

_Name = Annotated[str, msgspec.Meta(max_length=64)]


class _Object(msgspec.Struct):
    camera: _Name = ""


class _Message(msgspec.Struct):
    after: _Object | None = None
    camera: _Name = ""


_DECODER: Final = msgspec.json.Decoder(_Message)


def filters(city_id: str) -> tuple[str, ...]:  # noqa: ARG001  Frigate's topics name no city
    """Tracked objects, and what is learnt of them later."""
    return (_EVENTS, _UPDATES)


def unwrap(raw: RawMessage, city_id: str) -> Uplink | None:  # noqa: ARG001  as above
    """Find the camera; a message that names none is about no camera."""
    if raw.topic not in {_EVENTS, _UPDATES}:
        raise UnknownTopic(f"no device family speaks on {raw.topic!r}")
    limit(raw.payload, MAX_CAMERA_BYTES)
    message = read_json(_DECODER, raw.payload)
    camera = message.after.camera if message.after else message.camera
    if not camera:
        return None
    return Uplink(key=camera, payload=raw.payload, received_at=raw.received_at, family=frigate.FAMILY)
