"""How long a device's last word stands before the berth is UNKNOWN: judged by its own rhythm."""

from collections.abc import Iterator
from datetime import timedelta

from parking.city import City
from parking.ids import BerthId

# Two reports may be lost before a device counts as silent; the rest is for networks that deliver late.
MISSED_HEARTBEATS = 2.5
DELIVERY_ALLOWANCE = timedelta(minutes=5)


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


def _heartbeats(city: City) -> Iterator[tuple[BerthId, timedelta]]:
    cameras = {str(camera.camera_id): camera for camera in city.cameras.values()}
    for device in city.devices.values():
        if device.berth_id is not None:
            yield device.berth_id, device.heartbeat
        elif device.device_id in cameras:
            for berth_id in cameras[device.device_id].berth_ids:
                yield berth_id, device.heartbeat
