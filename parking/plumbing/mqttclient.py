"""A paho client as the settings ask for: version, session, password, TLS and certificates."""

import ssl
from datetime import timedelta
from typing import Final

from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from parking.errors import SetupError
from parking.plumbing.settings import Settings
from parking.plumbing.wire import WiredClient

KEEPALIVE_S: Final = 30
# How long a broker keeps what came for a client that is gone; older readings are refused anyway.
SESSION_EXPIRY: Final = timedelta(days=7)
VERSIONS: Final = {
    "3.1.1": MQTTProtocolVersion.MQTTv311,
    "5": MQTTProtocolVersion.MQTTv5,
}


def make_client(
    settings: Settings, client_id: str, *, keep_session: bool, in_flight: int, window: int
) -> WiredClient:
    """Build a client that is told where to connect; raises SetupError for settings that cannot be followed.

    `in_flight` is how many unacknowledged messages the broker may send (version 3.1.1 cannot say it),
    `window` how many we may, 0 for paho's own number.
    """
    version = VERSIONS.get(settings.mqtt_version)
    if version is None:
        raise SetupError(
            f"CITYPARK_MQTT_VERSION must be {' or '.join(VERSIONS)}, not {settings.mqtt_version!r}"
        )
    is_5 = version == MQTTProtocolVersion.MQTTv5
    client = WiredClient(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=None if is_5 else not keep_session,
        protocol=version,
        manual_ack=True,
    )
    if window:
        client.max_inflight_messages_set(window)
    if settings.mqtt_username:
        client.username_pw_set(settings.mqtt_username, settings.mqtt_password or None)
    if settings.mqtt_ca_file or settings.mqtt_cert_file:
        client.tls_set_context(_tls(settings))
    client.connect_async(
        settings.mqtt_host,
        settings.mqtt_port,
        KEEPALIVE_S,
        clean_start=not keep_session,
        properties=_session(in_flight, keep_session=keep_session) if is_5 else None,
    )
    return client


def _session(in_flight: int, *, keep_session: bool) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
    properties.ReceiveMaximum = in_flight
    properties.SessionExpiryInterval = int(SESSION_EXPIRY.total_seconds()) if keep_session else 0
    return properties


def _tls(settings: Settings) -> ssl.SSLContext:
    """Verify the broker by the authority given, else the system's; show our certificate if we have one."""
    try:
        context = ssl.create_default_context(cafile=settings.mqtt_ca_file or None)
        if settings.mqtt_cert_file:
            context.load_cert_chain(settings.mqtt_cert_file, settings.mqtt_key_file or None)
    except OSError as error:
        raise SetupError(
            "CITYPARK_MQTT_CA_FILE, CITYPARK_MQTT_CERT_FILE and CITYPARK_MQTT_KEY_FILE must name PEM files "
            f"that belong together: {error}"
        ) from error
    return context
