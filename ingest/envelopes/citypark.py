"""Citypark's own topics: family and device stand in the topic, the message itself is the payload."""

from functools import lru_cache
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

# A city's devices speak on the same topics all day; a flood of made-up ones takes no more memory than this.
LONGEST_KEPT: Final = 128
_parse = lru_cache(maxsize=131_072)(parse_up)


def filters(city_id: str) -> tuple[str, ...]:
    """All devices of the city."""
    return (up_filter(city_id),)


def unwrap(raw: RawMessage, city_id: str) -> Uplink | None:
    """Take family and device from the topic; raises UnknownTopic for another city's."""
    topic, payload, received_at = raw
    parsed = _parse(topic) if len(topic) <= LONGEST_KEPT else parse_up(topic)
    if parsed is None or parsed.city_id != city_id:
        raise UnknownTopic(f"no device family speaks on {topic!r}")
    _, family, device_id = parsed
    limit(payload, _LIMITS.get(family, MAX_PAYLOAD_BYTES))
    return Uplink(device_id, payload, received_at, family)
