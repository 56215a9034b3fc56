"""MQTT for services that must not lose messages: paho in its own thread, acknowledged by hand.

`receive` hands out deliveries in order; `acknowledge` is called after their effects are committed. What is
not acknowledged is delivered again after a reconnect, to this process or to the next one.
"""

import logging
import queue
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Event

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from parking.clock import Clock
from parking.errors import UnavailableError
from parking.plumbing.settings import Settings
from parking.readings import RawMessage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message handed over by the broker; `connection_no` tells on which connection it came."""

    raw: RawMessage
    message_no: int
    qos: int
    retained: bool
    connection_no: int


class BrokerLink:
    """A connection to the broker that mends itself, with a session that outlives it.

    `client_id` names the session: the broker keeps undelivered QoS 1 messages under it. Give
    `keep_session=False` to a client that only wants what is said while it listens.
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
        self._incoming: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._connection_no = 0
        self._connected = Event()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=not keep_session, manual_ack=True
        )
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 15)
        if window:
            self._client.max_inflight_messages_set(window)
        if settings.mqtt_username:
            self._client.username_pw_set(settings.mqtt_username, settings.mqtt_password)
        if settings.mqtt_ca_file:
            self._client.tls_set(settings.mqtt_ca_file, cert_reqs=ssl.CERT_REQUIRED)

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

    def start(self) -> None:
        """Begin connecting in the background; returns at once."""
        self._client.connect_async(self._settings.mqtt_host, self._settings.mqtt_port, keepalive=30)
        self._client.loop_start()

    def wait_connected(self, timeout_s: float) -> None:
        """Return when connected; raises UnavailableError after the timeout."""
        if not self._connected.wait(timeout_s):
            raise UnavailableError(f"MQTT broker at {self.address} does not answer")

    def stop(self) -> None:
        """Disconnect and end the network thread. What was not acknowledged comes again."""
        self._client.disconnect()
        self._client.loop_stop()
        self._connected.clear()

    def receive(self, limit: int, timeout_s: float) -> list[Delivery]:
        """Wait up to the timeout for a message, then take what is there, at most `limit`, in order."""
        try:
            deliveries = [self._incoming.get(timeout=timeout_s)]
        except queue.Empty:
            return []
        try:
            while len(deliveries) < limit:
                deliveries.append(self._incoming.get_nowait())
        except queue.Empty:
            pass
        return deliveries

    def acknowledge(self, deliveries: Iterable[Delivery]) -> None:
        """Tell the broker that these need not come again.

        Those of an earlier connection are passed over: their numbers may name other messages by now, and
        the broker delivers them again anyway.
        """
        for delivery in deliveries:
            if delivery.qos and delivery.connection_no == self._connection_no:
                self._client.ack(delivery.message_no, delivery.qos)

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False
    ) -> mqtt.MQTTMessageInfo:
        """Queue a message; the returned handle tells when the broker has it."""
        return self._client.publish(topic, payload, qos=qos, retain=retain)

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
        if self._filters:
            client.subscribe(self._filters)
        self._connected.set()
        log.info(
            "MQTT broker connected", extra={"broker": self.address, "session_kept": flags.session_present}
        )

    def _on_connect_fail(self, _client: mqtt.Client, _userdata: object) -> None:
        log.warning("MQTT broker does not answer, trying again", extra={"broker": self.address})

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
        raw = RawMessage(topic=message.topic, payload=bytes(message.payload), received_at=self._clock.now())
        self._incoming.put(
            Delivery(
                raw=raw,
                message_no=message.mid,
                qos=message.qos,
                retained=message.retain,
                connection_no=self._connection_no,
            )
        )


def is_sent(info: mqtt.MQTTMessageInfo) -> bool:
    """Whether the broker has confirmed the message."""
    return info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS and info.is_published()
