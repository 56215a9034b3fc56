"""Tells squads over MQTT of every step of violations, in order and at least once, from a stored position."""

import json
import time
from contextlib import ExitStack, closing
from typing import Any, Final

from enforcement.service.news import ONE
from enforcement.store import violations
from enforcement.store.feed import list_after
from parking.city import City
from parking.clock import Clock
from parking.errors import UnavailableError
from parking.plumbing.broker import BrokerLink, is_sent
from parking.plumbing.database import Wakeups, connect, transaction
from parking.plumbing.health import Health
from parking.plumbing.settings import Settings
from parking.span import require_utc
from parking.topics import violations_topic

FEED: Final = "mqtt"
BATCH_LIMIT: Final = 500
WAIT_S: Final = 1.0
# A broker that confirms nothing for so long is taken for lost.
CONFIRM_S: Final = 20.0
_NAP_S: Final = 0.005


class Herald:
    """One open herald; its position moves when the broker has confirmed a batch."""

    def __init__(self, settings: Settings, city: City, clock: Clock, health: Health) -> None:
        self._city, self._health = city, health
        with ExitStack() as opened:
            self._connection = opened.enter_context(closing(connect(settings.database_url, "herald")))
            listening = opened.enter_context(closing(connect(settings.database_url, "herald-wakeups")))
            self._wakeups = Wakeups(listening, ["violation_events"])
            with transaction(self._connection) as connection:
                self._positions = violations.load_positions(connection, FEED)
            self._link = BrokerLink(settings, f"citypark-herald-{city.city_id}", clock, keep_session=False)
            self._link.start()
            opened.callback(self._link.stop)
            self._open = opened.pop_all()

    def step(self) -> None:
        """Tell what is new; wait where nothing is."""
        if not self._link.connected:
            self._health.fail("broker", f"MQTT broker at {self._link.address} does not answer")
            self._link.wait_connected(WAIT_S)
        self._health.pass_("broker")
        if not self.tell():
            self._wakeups.wait(WAIT_S)

    def close(self) -> None:
        """Let go of broker and database; what was not confirmed is told again."""
        self._open.close()

    def tell(self) -> int:
        """Publish one batch and wait for the broker; returns how many steps it had."""
        with transaction(self._connection) as connection:
            events = list_after(connection, self._positions[ONE], BATCH_LIMIT)
        if not events:
            return 0
        sent = [self._link.publish(self._topic(event), encode(event)) for event in events]
        until = time.monotonic() + CONFIRM_S
        while not all(map(is_sent, sent)):
            if time.monotonic() > until or not self._link.connected:
                raise UnavailableError(f"MQTT broker at {self._link.address} confirms nothing")
            time.sleep(_NAP_S)
        after = {**self._positions, ONE: events[-1]["event_no"]}
        with transaction(self._connection) as connection:
            violations.save_positions(connection, FEED, self._positions, after)
        self._positions = after
        return len(events)

    def _topic(self, event: dict[str, Any]) -> str:
        section = self._city.sections[event["body"]["section_id"]]
        return violations_topic(self._city.city_id, section.zone_id)


def encode(event: dict[str, Any]) -> bytes:
    """Write one step as `deploy/asyncapi.yaml` documents it."""
    told = {
        "v": 1,
        "event_no": event["event_no"],
        "violation_id": event["violation_id"],
        "event": event["event"],
        "at": require_utc(event["at"]).isoformat(),
        "addressee": "squad",
        "lon": None,
        "lat": None,
        **event["body"],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
