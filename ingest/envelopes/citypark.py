"""Citypark's own topics: family and device stand in the topic, the message itself is the payload."""

from typing import Final

from ingest.codecs import frigate, hikvision, plate_recognizer, rekor
from ingest.codecs.malformed import UnknownTopic
from ingest.codecs.uplink import Uplink
from ingest.envelopes.sizes import MAX_CAMERA_BYTES, MAX_PAYLOAD_BYTES, limit
from parking.readings import RawMessage
from parking.topics import parse_up, up_filter

ROOT: Final = "citypark"

_LIMITS: Final = dict.fromkeys(
    (frigate.FAMILY, hikvision.FAMILY, plate_recognizer.FAMILY, rekor.FAMILY), MAX_CAMERA_BYTES
)


def filters(city_id: str) -> tuple[str, ...]:
    """All devices of the city."""
    return (up_filter(city_id),)


def unwrap(raw: RawMessage, city_id: str) -> Uplink | None:
    """Take family and device from the topic; raises UnknownTopic for another city's."""
    topic, payload, received_at = raw
    parsed = parse_up(topic)
    if parsed is None or parsed.city_id != city_id:
        raise UnknownTopic(f"no device family speaks on {topic!r}")
    limit(payload, longest(parsed.family))
    return Uplink(parsed.device_id, payload, received_at, parsed.family)


def longest(family: str) -> int:
    """How many bytes a message of this family may have."""
    return _LIMITS.get(family, MAX_PAYLOAD_BYTES)
