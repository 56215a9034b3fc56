"""China Telecom's CTWing (AEP): its data reports, JSON. CTWing pushes over HTTP; `ingest.api` publishes them.

A device is known by its IMEI, which stands on its housing, or else by the platform's own id.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec

from ingest.codecs.malformed import Malformed, UnknownTopic, read_json
from ingest.codecs.uplink import Uplink
from ingest.envelopes.sizes import limit
from parking.readings import RawMessage
from parking.topics import ctwing_topic

ROOT: Final = "ctwing"

_REPORT: Final = "dataReport"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_Name = Annotated[str, msgspec.Meta(max_length=64)]


class _Notice(msgspec.Struct):
    messageType: str  # noqa: N815  the platform's name
    timestamp: Annotated[int, msgspec.Meta(gt=0, lt=4_102_444_800_000)]
    deviceId: _Name = ""  # noqa: N815  the platform's name
    IMEI: _Name = ""
    payload: msgspec.Raw = msgspec.Raw(b"")


_DECODER: Final = msgspec.json.Decoder(_Notice)


def filters(city_id: str) -> tuple[str, ...]:
    """The one topic on which reports of the city's devices are published."""
    return (ctwing_topic(city_id),)


def unwrap(raw: RawMessage, city_id: str) -> Uplink | None:
    """Open one notice; only data reports hold something of a device."""
    if raw.topic != ctwing_topic(city_id):
        raise UnknownTopic(f"no device family speaks on {raw.topic!r}")
    limit(raw.payload)
    notice = read_json(_DECODER, raw.payload)
    if notice.messageType != _REPORT:
        return None
    key = notice.IMEI or notice.deviceId
    if not key:
        raise Malformed("a report names neither IMEI nor deviceId")
    return Uplink(
        key=key,
        payload=bytes(notice.payload),
        received_at=raw.received_at,
        server_at=_EPOCH + timedelta(milliseconds=notice.timestamp),
    )
