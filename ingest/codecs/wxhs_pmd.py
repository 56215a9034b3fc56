"""Geomagnetic NB-IoT sensor P_MD of the maker WXHS, as China Telecom's CTWing hands its messages on.

One published message is all that is known of it: field names, and a device clock 51 s ahead of the server's.
That `parking_state` 1 means occupied is the custom of such object models and is not in that message.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec

from ingest.codecs.malformed import Count, read_json
from ingest.codecs.sensor import judge_battery
from ingest.codecs.uplink import HASHED, Sender, Uplink, hash_key
from parking.readings import Quality, Reading, ReadingKind

FAMILY: Final = "wxhs-pmd"

# Up to the year 2100; before, the clock was never set.
_Milliseconds = Annotated[int, msgspec.Meta(gt=0, lt=4_102_444_800_000)]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Message(msgspec.Struct):
    parking_state: Literal[0, 1]
    pack_count: Count | None = None
    ptime: _Milliseconds | None = None
    battery_voltage: float | None = None


_DECODER: Final = msgspec.json.Decoder(_Message)


def decode(uplink: Uplink, sender: Sender) -> tuple[Reading, ...]:
    """Read one message; its own count numbers it, a message without one is known by its hash."""
    message = read_json(_DECODER, uplink.payload)
    observed_at, quality = uplink.server_at or uplink.received_at, int(Quality.UNLABELLED)
    if message.ptime is not None:
        observed_at = _EPOCH + timedelta(milliseconds=message.ptime)
    else:
        quality |= Quality.NO_CLOCK if uplink.server_at is None else Quality.SERVER_CLOCK
    battery_v, strange = judge_battery(message.battery_voltage)
    boot, seq = 0, message.pack_count
    if seq is None:
        boot, seq = HASHED, hash_key(str(uplink.server_at), uplink.payload)
    return (
        Reading(
            device_id=sender.device_id,
            family=sender.family,
            boot=boot,
            seq=seq,
            kind=ReadingKind.HEARTBEAT,
            observed_at=observed_at,
            berth_id=None,
            occupied=bool(message.parking_state),
            quality=int(quality) | strange,
            battery_v=battery_v,
            server_at=uplink.server_at,
        ),
    )
