"""MQTT for services that must not lose messages: acknowledged by hand, after commit.

`receive` hands out deliveries in order; `acknowledge` is called after their effects are committed. What is
not acknowledged is delivered again after a reconnect, to this process or to the next one. paho speaks the
protocol (3.1.1 and 5, TLS); the connection is run by a thread of our own over `parking.plumbing.wire`.
"""

import logging
import random
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from parking.clock import Clock
from parking.errors import UnavailableError
from parking.plumbing.mqttclient import make_client
from parking.plumbing.settings import Settings
from parking.plumbing.wire import Alarm, Wire, run_connection
from parking.readings import RawMessage

log = logging.getLogger(__name__)

# Unacknowledged messages that a broker may have on the way to us (MQTT 5: receive maximum): one batch of the
# street. Brokers that speak 3.1.1 need the same number in their settings.
IN_FLIGHT: Final = 5_000
# What waits to be taken is bounded; beyond, the network is not read and the broker keeps the rest.
MOST_WAITING: Final = 20_000
MOST_WAITING_BYTES: Final = 64 * 1_048_576
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 15.0
# Type and length of the packet that confirms one message; its number follows.
PUBACK: Final = b"\x40\x02"
# Stands for a topic that is no text, which no broker should have let pass.
NOT_UTF8: Final = "\ufffd"


class Delivery(NamedTuple):
    """One message handed over by the broker; `connection_no` tells on which connection it came.

    `again` is set by a broker that has sent this message before and was not told that it arrived.
    """

    raw: RawMessage
    message_no: int
    qos: int
    retained: bool
    connection_no: int
    again: bool = False


class BrokerLink:
    """A connection to the broker that mends itself, with a session that outlives it.

    `client_id` names the session: the broker keeps undelivered QoS 1 messages under it. Give
    `keep_session=False` to a client that only wants what is said while it listens. `window` bounds what is
    published and not confirmed.
    """

    def __init__(
        self,
        settings: Settings,
        client_id: str,
        clock: Clock,
        *,
        filters: Sequence[str] = (),
        keep_session: bool = True,
        window: int = 0,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._filters = [(each, 1) for each in filters]
        self._waiting: deque[Delivery] = deque()
        # Each written by one thread only; the difference waits.
        self._came_bytes = self._taken_bytes = 0
        self._arrived = threading.Event()
        self._connection_no = 0
        self._connected = threading.Event()
        self._stopping = threading.Event()
        self._alarm = Alarm()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._client = make_client(
            settings, client_id, keep_session=keep_session, in_flight=IN_FLIGHT, window=window
        )
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_socket_register_write = lambda *_: self._alarm.ring()

    @property
    def address(self) -> str:
        """Where the broker is expected, for messages to people."""
        return f"{self._settings.mqtt_host}:{self._settings.mqtt_port}"

    @property
    def connected(self) -> bool:
        """Whether the broker answers at this moment."""
        return self._connected.is_set()

    @property
    def connection_no(self) -> int:
        """Count of connections so far; a caller that sees it move knows that there was a gap."""
        return self._connection_no

    @property
    def waiting_bytes(self) -> int:
        """How much has arrived and was not taken yet."""
        return self._came_bytes - self._taken_bytes

    def start(self) -> None:
        """Begin connecting in the background; returns at once."""
        self._alarm.open()
        self._thread.start()

    def wait_connected(self, timeout_s: float) -> None:
        """Return when connected; raises UnavailableError after the timeout."""
        if not self._connected.wait(timeout_s):
            raise UnavailableError(f"MQTT broker at {self.address} does not answer")

    def stop(self) -> None:
        """Disconnect and end the network thread. What was not acknowledged comes again."""
        self._stopping.set()
        self._client.disconnect()
        self._alarm.ring()
        if self._thread.ident is not None:
            self._thread.join()
        self._connected.clear()
        self._alarm.close()

    def receive(self, limit: int, timeout_s: float) -> list[Delivery]:
        """Wait up to the timeout for a message, then take what is there, at most `limit`, in order."""
        if not self._waiting:
            self._arrived.clear()
            if not self._waiting and not (timeout_s and self._arrived.wait(timeout_s)):
                return []
        was_full = not self._may_read()
        take = self._waiting.popleft
        deliveries = [take() for _ in range(min(limit, len(self._waiting)))]
        self._taken_bytes += sum(len(each.raw.payload) for each in deliveries)
        if was_full:
            self._alarm.ring()
        return deliveries

    def acknowledge(self, deliveries: Iterable[Delivery]) -> None:
        """Tell the broker that these need not come again.

        Those of an earlier connection are passed over: their numbers may name other messages by now, and
        the broker delivers them again anyway.
        """
        wire = self._client.socket()
        if not isinstance(wire, Wire):
            return
        number = wire.connection_no
        numbers = [each.message_no for each in deliveries if each.qos and each.connection_no == number]
        # All in one piece; asking paho to confirm each cost a system call a message.
        wire.post(b"".join([PUBACK + each.to_bytes(2, "big") for each in numbers]))
        self._alarm.ring()

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False
    ) -> mqtt.MQTTMessageInfo:
        """Queue a message; the returned handle tells when the broker has it."""
        return self._client.publish(topic, payload, qos=qos, retain=retain)

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            try:
                self._client.reconnect()
            except OSError as error:
                log.warning(
                    "MQTT broker does not answer, trying again",
                    extra={"broker": self.address, "reason": str(error)},
                )
            else:
                before = self._connection_no
                if self._stopping.is_set():  # there was no connection yet that `stop` could end
                    self._client.disconnect()
                run_connection(self._client, self._alarm, self._may_read, self._after_read)
                if self._connection_no != before:
                    pause_s = FIRST_PAUSE_S
            self._stopping.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311  jitter, not secrecy
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _may_read(self) -> bool:
        return len(self._waiting) < MOST_WAITING and self.waiting_bytes < MOST_WAITING_BYTES

    def _after_read(self) -> None:
        if self._waiting:
            self._arrived.set()

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: object,
        flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.warning("MQTT broker refused us", extra={"broker": self.address, "reason": str(reason)})
            return
        self._connection_no += 1
        wire = client.socket()
        if isinstance(wire, Wire):
            wire.connection_no = self._connection_no
        if self._filters:
            client.subscribe(self._filters)
        self._connected.set()
        log.info(
            "MQTT broker connected", extra={"broker": self.address, "session_kept": flags.session_present}
        )

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._connected.clear()
        if reason.is_failure:
            log.warning(
                "MQTT broker was lost, trying again", extra={"broker": self.address, "reason": str(reason)}
            )

    def _on_message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = NOT_UTF8
        payload = bytes(message.payload)
        self._came_bytes += len(payload)
        self._waiting.append(
            Delivery(
                RawMessage(topic=topic, payload=payload, received_at=self._clock.now()),
                message.mid,
                message.qos,
                message.retain,
                self._connection_no,
                message.dup,
            )
        )


def is_sent(info: mqtt.MQTTMessageInfo) -> bool:
    """Whether the broker has confirmed the message."""
    return info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS and info.is_published()
