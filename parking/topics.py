"""MQTT topics, both ways. `deploy/asyncapi.yaml` documents every one of them.

citypark/<city>/up/<family>/<device>      device to platform, QoS 1
ctwing/<city>/notice                      China Telecom's platform, through our HTTP door, to platform, QoS 1
citypark/<city>/sign/<sign>/frame         platform to sign, retained, with an expiry inside
citypark/<city>/sign/<sign>/ack           sign to platform
citypark/<city>/street/progress           platform to anyone, retained: how far the street is read
citypark/<city>/area/<device>             camera or hand-held to platform, QoS 1: what stands amiss
citypark/<city>/enforcement/violations/<zone>    platform to squads, QoS 1: each step of a violation
"""

from typing import NamedTuple

from parking.ids import DeviceId, SignId, ZoneId


class UpTopic(NamedTuple):
    """The parts of a device's topic."""

    city_id: str
    family: str
    device_id: DeviceId


def up_filter(city_id: str) -> str:
    """Subscription that covers every device of a city."""
    return f"citypark/{city_id}/up/+/+"


def up_topic(city_id: str, family: str, device_id: DeviceId) -> str:
    """Topic on which a device speaks."""
    return f"citypark/{city_id}/up/{family}/{device_id}"


def parse_up(topic: str) -> UpTopic | None:
    """Parts of a device topic, or None where the topic has another shape."""
    parts = topic.split("/")
    if len(parts) != 5 or parts[0] != "citypark" or parts[2] != "up" or not parts[3] or not parts[4]:
        return None
    return UpTopic(parts[1], parts[3], DeviceId(parts[4]))


def ctwing_topic(city_id: str) -> str:
    """Topic on which the notices of China Telecom's CTWing are passed on."""
    return f"ctwing/{city_id}/notice"


def sign_frame_topic(city_id: str, sign_id: SignId) -> str:
    """Topic of the frame that a sign should show."""
    return f"citypark/{city_id}/sign/{sign_id}/frame"


def sign_frame_filter(city_id: str) -> str:
    """Subscription that covers the frames of every sign of a city."""
    return f"citypark/{city_id}/sign/+/frame"


def sign_ack_topic(city_id: str, sign_id: SignId) -> str:
    """Topic on which a sign says what it shows."""
    return f"citypark/{city_id}/sign/{sign_id}/ack"


def sign_ack_filter(city_id: str) -> str:
    """Subscription that covers the acknowledgements of every sign of a city."""
    return f"citypark/{city_id}/sign/+/ack"


def parse_sign(topic: str) -> SignId | None:
    """Sign named by a frame or acknowledgement topic, or None for another shape."""
    parts = topic.split("/")
    if len(parts) != 5 or parts[0] != "citypark" or parts[2] != "sign" or parts[4] not in {"frame", "ack"}:
        return None
    return SignId(parts[3])


def progress_topic(city_id: str) -> str:
    """Topic on which the street process says what it has stored."""
    return f"citypark/{city_id}/street/progress"


def area_filter(city_id: str) -> str:
    """Subscription that covers the area observations of every device of a city."""
    return f"citypark/{city_id}/area/+"


def area_topic(city_id: str, device_id: DeviceId) -> str:
    """Topic on which a device tells what it sees beyond berths."""
    return f"citypark/{city_id}/area/{device_id}"


def parse_area(topic: str) -> tuple[str, DeviceId] | None:
    """City and device of an area topic, or None for another shape."""
    parts = topic.split("/")
    if len(parts) != 4 or parts[0] != "citypark" or parts[2] != "area" or not parts[3]:
        return None
    return parts[1], DeviceId(parts[3])


def violations_topic(city_id: str, zone_id: ZoneId) -> str:
    """Topic on which the squads of a zone hear of every step of its violations."""
    return f"citypark/{city_id}/enforcement/violations/{zone_id}"


def violations_filter(city_id: str) -> str:
    """Subscription that covers the violations of every zone of a city."""
    return f"citypark/{city_id}/enforcement/violations/+"
