"""How payloads come to us: each envelope names its topics and unwraps their messages, purely.

An envelope is `filters(city_id)`, the topics to subscribe to, and `unwrap(raw, city_id) -> Uplink | None`; it
raises `Refused` for a message that must not count, and gives None for one that holds nothing of a device.
To add one: write its module, name it in `ENVELOPES` under the first level of its topics.
"""

from typing import Final, Protocol

from ingest.codecs.malformed import UnknownTopic
from ingest.codecs.uplink import Uplink
from ingest.envelopes import chirpstack, citypark, ctwing, frigate, thethings
from parking.readings import RawMessage


class Envelope(Protocol):
    """A module of this package."""

    def filters(self, city_id: str) -> tuple[str, ...]:
        """Topics to subscribe to."""

    def unwrap(self, raw: RawMessage, city_id: str) -> Uplink | None:
        """Open one message of these topics."""


ENVELOPES: Final[dict[str, Envelope]] = {
    citypark.ROOT: citypark,
    chirpstack.ROOT: chirpstack,
    thethings.ROOT: thethings,
    ctwing.ROOT: ctwing,
    frigate.ROOT: frigate,
}


def subscriptions(city_id: str) -> tuple[str, ...]:
    """Topics on which a city's devices may be heard."""
    return tuple(each for envelope in ENVELOPES.values() for each in envelope.filters(city_id))


def unwrap(raw: RawMessage, city_id: str) -> Uplink | None:
    """Open the message in its envelope; raises Refused, also for a topic of nobody."""
    envelope = ENVELOPES.get(raw.topic.partition("/")[0])
    if envelope is None:
        raise UnknownTopic(f"no device family speaks on {raw.topic!r}")
    return envelope.unwrap(raw, city_id)
