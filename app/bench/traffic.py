"""The traffic of a made city: each sensor in turn says a heartbeat or a change, numbered and dated."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.bench.madecity import CITY_ID, device_id
from parking.ids import DeviceId
from parking.topics import up_topic

# One message in eight is a change: at a heartbeat of 30 minutes, three and a half arrivals a berth and day.
CHANGE_EVERY = 8


def turns(seq: int, number: int) -> bool:
    """Whether this message of this berth is a change; the first is a heartbeat."""
    return (seq + number) % CHANGE_EVERY == 0 and seq > 0


def is_occupied(seq: int, number: int) -> bool:
    """Whether the berth is taken after this message: it turns at every change."""
    changes = (seq + number) // CHANGE_EVERY - number // CHANGE_EVERY
    return changes % 2 == 1


def change_count(berths: int, messages: int) -> int:
    """Transitions that the first so many messages cause: one for each berth heard first, and each change."""
    firsts = min(berths, messages)
    return firsts + sum(turns(index // berths, index % berths) for index in range(messages))


def stream(
    berths: int, start: int, count: int, begin_at: datetime, city_id: str = CITY_ID
) -> Iterator[tuple[str, bytes]]:
    """Messages number `start` and on: topic and payload; each is dated a millisecond after the one before."""
    topics = [up_topic(city_id, "geo", DeviceId(device_id(number))) for number in range(berths)]
    for index in range(start, start + count):
        seq, number = divmod(index, berths)
        at = begin_at + timedelta(milliseconds=index)
        kind = "change" if turns(seq, number) else "heartbeat"
        occupied = "true" if is_occupied(seq, number) else "false"
        body = (
            f'{{"v":1,"boot":0,"seq":{seq},"at":"{at.isoformat(timespec="milliseconds")}",'
            f'"kind":"{kind}","occupied":{occupied},"battery_v":3.56,"rssi_dbm":-84}}'
        )
        yield topics[number], body.encode()
