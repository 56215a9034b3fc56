"""How long a device's last word stands before the berth is UNKNOWN: judged by its own rhythm.

A berth's state may be published while its device was heard within the berth's limit, and while the street as
a whole tells of the present: during a replay or a backlog it tells of the past.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from parking.city import City
from parking.ids import BerthId

# Two reports may be lost before a device counts as silent; the rest is for networks that deliver late.
MISSED_HEARTBEATS = 2.5
DELIVERY_ALLOWANCE = timedelta(minutes=5)

# A street of few devices is silent for long without meaning anything: it gets this many times the expected
# wait for the next heartbeat of any of them.
QUIET_INTERVALS = 10


def freshness_limit(heartbeat: timedelta) -> timedelta:
    """How long a state stands after the last evidence of a device with this heartbeat."""
    return heartbeat * MISSED_HEARTBEATS + DELIVERY_ALLOWANCE


def berth_limits(city: City) -> dict[BerthId, timedelta]:
    """The limit of each berth, in the city's order: that of the slowest device bound to it or seeing it.

    A berth without any device gets the allowance alone.
    """
    limits = dict.fromkeys(city.berths, DELIVERY_ALLOWANCE)
    for berth_id, heartbeat in _heartbeats(city):
        limits[berth_id] = max(limits[berth_id], freshness_limit(heartbeat))
    return limits


def quiet_limit(heartbeats: Iterable[timedelta]) -> timedelta:
    """How old the newest evidence of a street with these devices may be before nothing of it is current."""
    rate = sum(1 / beat.total_seconds() for beat in heartbeats if beat > timedelta(0))
    return max(DELIVERY_ALLOWANCE, timedelta(seconds=QUIET_INTERVALS / rate)) if rate else DELIVERY_ALLOWANCE


def _heartbeats(city: City) -> Iterator[tuple[BerthId, timedelta]]:
    cameras = {str(camera.camera_id): camera for camera in city.cameras.values()}
    for device in city.devices.values():
        if device.berth_id is not None:
            yield device.berth_id, device.heartbeat
        elif device.device_id in cameras:
            for berth_id in cameras[device.device_id].berth_ids:
                yield berth_id, device.heartbeat
