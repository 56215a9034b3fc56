"""Takes area observations in: one transaction a batch, then the acknowledgement."""

from contextlib import closing
from typing import Final

from prometheus_client import Counter

from enforcement.observing import observe
from enforcement.store import scenes
from parking.city import City
from parking.clock import Clock
from parking.observations import Observation
from parking.plumbing.broker import BrokerLink, Delivery
from parking.plumbing.database import connect, transaction
from parking.plumbing.health import Health
from parking.plumbing.settings import Settings
from parking.topics import area_filter

BATCH_LIMIT: Final = 500
WAIT_S: Final = 0.25

TAKEN = Counter("citypark_observations_total", "Area observations by what became of them", ["outcome"])


class Observer:
    """One open door for area observations; what is not stored is not acknowledged and comes again."""

    def __init__(self, settings: Settings, city: City, clock: Clock, health: Health) -> None:
        self._city, self._health = city, health
        self._connection = connect(settings.database_url, "enforcement-observer")
        self._link = BrokerLink(
            settings,
            f"citypark-enforcement-{city.city_id}",
            clock,
            filters=[area_filter(city.city_id)],
        )
        self._link.start()

    def step(self) -> None:
        """Take what has arrived, store it, acknowledge it."""
        deliveries = self._link.receive(BATCH_LIMIT, WAIT_S)
        if deliveries:
            self.take(deliveries)
            self._link.acknowledge(deliveries)
        if self._link.connected:
            self._health.pass_("broker")
        else:
            self._health.fail("broker", f"MQTT broker at {self._link.address} does not answer")

    def take(self, deliveries: list[Delivery]) -> None:
        """Store a batch; a message that comes again has its effect once."""
        with transaction(self._connection) as connection:
            stored = 0
            for delivery in deliveries:
                found = observe(delivery.raw, self._city)
                if isinstance(found, Observation):
                    stored += scenes.add_observation(connection, found, delivery.raw.received_at)
                else:
                    scenes.add_reject(connection, found)
                    TAKEN.labels(found.reason.value).inc()
            if stored:
                scenes.tell(connection)
        TAKEN.labels("stored").inc(stored)

    def close(self) -> None:
        """Let go of broker and database."""
        with closing(self._connection):
            self._link.stop()
