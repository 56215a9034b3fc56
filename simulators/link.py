"""The simulator's end of the broker: a window of messages on their way, and what comes in for it."""

from collections import deque
from collections.abc import Iterator, Sequence

from paho.mqtt.client import MQTTMessageInfo

from parking.clock import Clock
from parking.errors import UnavailableError
from parking.ids import SignId
from parking.plumbing.broker import BrokerLink, is_sent
from parking.plumbing.settings import Settings
from parking.readings import RawMessage
from parking.topics import progress_topic, sign_frame_topic
from simulators.messages import Message

# Messages that the broker has not confirmed yet. Sent and awaited as a whole: that costs the least CPU.
WINDOW = 1_000
_CONNECT_S = 10.0
_NAP_S = 0.5


class Outbox:
    """Publishes in order with QoS 1, knows what the broker has confirmed, and hears for all sign controllers.

    Each sign has a subscription of its own, as on the street: of the frames that a broker keeps it may give
    only the first hundred to one with a wildcard. Raises UnavailableError where the broker does not answer.
    """

    def __init__(self, settings: Settings, city_id: str, signs: Sequence[SignId], clock: Clock) -> None:
        self._link = BrokerLink(
            settings,
            f"citypark-simulator-{city_id}",
            clock,
            filters=[progress_topic(city_id), *(sign_frame_topic(city_id, sign_id) for sign_id in signs)],
            keep_session=False,
            window=WINDOW,
        )
        self._inflight: deque[tuple[int, MQTTMessageInfo]] = deque()
        self._link.start()
        try:
            self._link.wait_connected(_CONNECT_S)
        except UnavailableError:
            self._link.stop()
            raise

    def close(self) -> None:
        """Leave the broker."""
        self._link.stop()

    @property
    def connected(self) -> bool:
        """Whether the broker answers at this moment."""
        return self._link.connected

    @property
    def connection_no(self) -> int:
        """Count of connections so far."""
        return self._link.connection_no

    @property
    def room(self) -> int:
        """How many messages may be sent before some are confirmed."""
        return WINDOW - len(self._inflight)

    @property
    def oldest_ms(self) -> int | None:
        """Event time of the oldest message that is not confirmed, None when all are."""
        self._reap()
        return self._inflight[0][0] if self._inflight else None

    def send(self, messages: Sequence[Message]) -> None:
        """Publish and wait a moment for the broker to confirm."""
        for message in messages:
            self._inflight.append((message.publish_ms, self._link.publish(message.topic, message.payload)))
        if self._inflight:
            try:
                self._inflight[-1][1].wait_for_publish(_NAP_S)
            except RuntimeError:
                # The connection broke under the last message; a new one will find it unconfirmed.
                return
        self._reap()

    def say(self, topic: str, payload: bytes) -> None:
        """Publish something that nobody waits for."""
        self._link.publish(topic, payload)

    def forget(self) -> None:
        """Give up waiting for confirmations of a connection that is gone."""
        self._inflight.clear()

    def receive(self, timeout_s: float) -> Iterator[tuple[int, RawMessage]]:
        """What came in, each with the number of the connection on which it came."""
        for delivery in self._link.receive(WINDOW, timeout_s):
            self._link.acknowledge([delivery])
            yield delivery.connection_no, delivery.raw

    def _reap(self) -> None:
        while self._inflight and is_sent(self._inflight[0][1]):
            self._inflight.popleft()
