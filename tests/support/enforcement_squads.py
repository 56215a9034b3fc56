"""The small city over a real broker: cameras that observe areas, squads that listen."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from enforcement.rule import Addressee, Rule, RuleKind
from enforcement.rulebook import Rulebook
from parking.city import Camera, City, Device
from parking.ids import CameraId, DeviceId
from parking.observations import Scene
from parking.plumbing.broker import BrokerLink
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock
from parking.topics import area_topic
from tests.support.enforcement import OVERSTAY, RULEBOOK, SECTION, city, rule

PATIENCE_S = 30.0
CAMERAS = ("K-1", "K-2")


def scene_rule(rule_id: str, kind: RuleKind, scene: Scene, addressee: Addressee) -> Rule:
    one = rule(rule_id, kind, timedelta(minutes=2))
    return replace(one, scenes=frozenset({scene}), addressee=addressee)


AREA_RULES: Rulebook = replace(
    RULEBOOK,
    rules=(
        OVERSTAY,
        scene_rule("fire-lane", RuleKind.SEEN, Scene.FIRE_LANE, Addressee.SQUAD),
        scene_rule("stray", RuleKind.STRAY_CYCLE, Scene.STRAY_CYCLE, Addressee.OPERATOR),
    ),
)


def watched_city() -> City:
    """Build the small city under a name of its own, with two cameras over its section."""
    plain = city()
    cameras = {
        CameraId(name): Camera(camera_id=CameraId(name), section_id=SECTION, berth_ids=()) for name in CAMERAS
    }
    devices = {
        DeviceId(name): Device(
            device_id=DeviceId(name), family="camera", berth_id=None, heartbeat=timedelta(minutes=5)
        )
        for name in CAMERAS
    }
    name = f"city-{uuid.uuid4().hex[:8]}"
    return replace(plain, city_id=name, cameras=cameras, devices=plain.devices | devices)


@dataclass(slots=True)
class Watchers:
    """Cameras of a city, all on one connection."""

    link: BrokerLink
    city_id: str
    seq: int = 0

    def say(self, device: str, payload: bytes) -> None:
        """Publish bytes and wait until the broker has them."""
        info = self.link.publish(area_topic(self.city_id, DeviceId(device)), payload)
        wait_until(info.is_published)

    def see(self, device: str, scene: str, at: str, **other: Any) -> int:  # noqa: ANN401
        """Publish an observation under the next number; returns that."""
        self.seq += 1
        body = {"v": 1, "seq": self.seq, "at": at, "scene": scene, **other}
        self.say(device, json.dumps(body).encode())
        return self.seq


@contextmanager
def linked(
    settings: Settings, client_id: str, *filters: str, keep: bool = False, known: bool = False
) -> Iterator[BrokerLink]:
    """Connect somebody to the broker; subscriptions stand before the block begins.

    With `known` the broker has kept the session, and what waits there is left for the block to receive.
    """
    link = BrokerLink(settings, client_id, SystemClock(), filters=filters, keep_session=keep)
    link.start()
    try:
        link.wait_connected(PATIENCE_S)
        if filters and not known:
            _await_subscription(link, filters[0])
        yield link
    finally:
        link.stop()


def hear(link: BrokerLink, enough: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """Receive steps of violations until there are enough."""
    until, found = time.monotonic() + PATIENCE_S, list[dict[str, Any]]()
    while not enough(found):
        assert time.monotonic() < until, f"only {len(found)} steps came"
        deliveries = link.receive(1000, 0.2)
        link.acknowledge(deliveries)
        bodies = [json.loads(each.raw.payload) for each in deliveries]
        found += [body for body in bodies if "event_no" in body]
    return found


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until, "it does not come to pass"
        time.sleep(0.01)


def _await_subscription(link: BrokerLink, topic: str) -> None:
    # What is heard of one's own word proves that the broker holds the subscription.
    place = topic.replace("+", f"probe-{uuid.uuid4().hex[:6]}")
    until = time.monotonic() + PATIENCE_S
    while not any(each.raw.topic == place for each in link.receive(1000, 0.1)):
        assert time.monotonic() < until, "the broker does not subscribe us"
        link.publish(place, b"{}", qos=1)
