"""Publishes what came over HTTP to the street, and returns when the broker has it."""

from typing import Protocol

from parking.errors import UnavailableError
from parking.plumbing.broker import BrokerLink, is_sent

# Cameras wait about ten seconds for an answer before they send again.
CONFIRM_WITHIN_S = 5.0


class Relay(Protocol):
    """A way to the street."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Return when the message is in safe hands; raises UnavailableError otherwise. Blocks."""


class BrokerRelay:
    """The way through the broker, at QoS 1. What it did not confirm in time may still arrive."""

    def __init__(self, link: BrokerLink) -> None:
        self._link = link

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish and wait for the broker's confirmation."""
        if not self._link.connected:
            raise UnavailableError(f"MQTT broker at {self._link.address} does not answer")
        info = self._link.publish(topic, payload)
        try:
            info.wait_for_publish(CONFIRM_WITHIN_S)
        except (RuntimeError, ValueError) as error:
            raise UnavailableError(
                f"MQTT broker at {self._link.address} refused a message: {error}"
            ) from error
        if not is_sent(info):
            raise UnavailableError(f"MQTT broker at {self._link.address} did not confirm in time")
