"""What is asked of a message before anything is believed: who, which berth, when, and was it seen before.

Pure: `Intake.admit` takes the messages of one batch and gives back what was accepted and what was refused. It
keeps three things in mind: the windows of sequence numbers, which `snapshot` and `note` rebuild after a
restart, the registry, which `learn` replaces, and the devices' habits.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from ingest.codecs import CODECS, NETWORKED
from ingest.codecs.malformed import Refused, UnknownDevice, UnknownTopic
from ingest.codecs.uplink import HASHED, Codec, Sender, Uplink
from ingest.envelopes import unwrap
from ingest.envelopes.citypark import longest
from ingest.habits import Habits
from ingest.registry import Registry
from ingest.windows import Hashes, Memory, Ranges, Window
from parking.city import City
from parking.ids import BerthId, DeviceId
from parking.readings import Quality, RawMessage, Reading, ReadingKind, Rejected, RejectReason
from parking.topics import up_topic

# A published NB-IoT sensor runs 51 s ahead of its server; twice that is still the device's own clock error.
AHEAD_TOLERANCE: Final = timedelta(seconds=120)
# What is older cannot change any bill that is still open, and is more likely a clock that was never set.
OLDEST: Final = timedelta(days=7)
UNLABELLED: Final = int(Quality.UNLABELLED)
# Named once: members of an enum are slow to look up.
_HEARTBEAT: Final = ReadingKind.HEARTBEAT
_CLOCK_AHEAD: Final = int(Quality.CLOCK_AHEAD)
# Starts and sessions of one device that are remembered; what comes late is of the last one or two.
MAX_BOOTS: Final = 8
# Of more devices than this, some are looked up anew for every message, and memory stays bounded.
MOST_ROUTES: Final = 131_072


class Accepted(NamedTuple):
    """A reading that goes on, with the message it came from and its berth, now certain."""

    raw: RawMessage
    reading: Reading
    berth_id: BerthId


class _Route(NamedTuple):
    """Where one of our own topics leads: who speaks there, who reads it, how long a message may be."""

    sender: Sender
    codec: Codec
    longest: int


class Intake:
    """Admits the messages of one city; without a registry, of the devices in the city's files.

    `without_reading` counts messages that were understood and say nothing of a berth. `codecs` is given by
    tests of a codec's failure only.
    """

    def __init__(
        self, city: City, codecs: Mapping[str, Codec] = CODECS, registry: Registry | None = None
    ) -> None:
        self._city = city
        self._codecs = codecs
        self.habits = Habits()
        self.learn(registry or Registry.of_files(city))
        self._windows: dict[tuple[DeviceId, int], Memory] = {}
        self._boots: dict[DeviceId, list[int]] = {}
        self.without_reading = 0

    def learn(self, registry: Registry) -> None:
        """Know the devices from now on as this registry does."""
        self._senders = registry.senders()
        self._routes: dict[str, _Route] = {}
        self._by_lower_case = {device_id.lower(): device_id for device_id in self._senders}

    def admit(self, messages: Iterable[RawMessage]) -> tuple[list[Accepted], list[Rejected]]:
        """Sort messages into accepted and refused, in their order. Repeated messages are refused.

        A message that holds several readings may be accepted in part.
        """
        accepted: list[Accepted] = []
        rejected: list[Rejected] = []
        for raw in messages:
            try:
                read = self._read(raw)
            except Refused as refusal:
                rejected.append(_reject(raw, refusal.reason, str(refusal), refusal.device_id))
                continue
            if read is None:
                self.without_reading += 1
            else:
                self._take(raw, *read, accepted, rejected)
        return accepted, rejected

    def note(self, device_id: DeviceId, boot: int, seq: int, server_at: datetime | None = None) -> bool:
        """Take a number into the device's window; False when it was there."""
        window = self._windows.get((device_id, boot))
        if window is None:
            self._open(
                device_id, boot, Window.opened_by(seq, server_at) if boot != HASHED else Hashes({seq: None})
            )
            return True
        return window.take(seq, server_at)

    def recall(self, reading: Reading, received_at: datetime) -> None:
        """Note the number of a reading that was stored before a restart."""
        is_dated = reading.quality & Quality.SERVER_CLOCK
        self.note(
            reading.device_id, reading.boot, reading.seq, reading.observed_at if is_dated else received_at
        )

    def snapshot(self) -> bytes:
        """Return the windows as bytes for `restore`."""
        return msgspec.msgpack.encode(
            [_Row.of(device_id, boot, window) for (device_id, boot), window in self._windows.items()]
        )

    def restore(self, body: bytes) -> None:
        """Replace the windows by those of a snapshot."""
        self._windows.clear()
        self._boots.clear()
        for row in msgspec.msgpack.decode(body, type=list[_Row]):
            self._open(DeviceId(row.device_id), row.boot, row.window())

    def _open(self, device_id: DeviceId, boot: int, window: Memory) -> None:
        self._windows[device_id, boot] = window
        boots = self._boots.setdefault(device_id, [])
        boots.append(boot)
        if len(boots) > MAX_BOOTS:
            del self._windows[device_id, boots.pop(0)]

    def _read(self, raw: RawMessage) -> tuple[Sender, tuple[Reading, ...]] | None:
        """Find who sent it and what it says; None where it holds nothing of a device. Raises Refused."""
        topic, payload, received_at = raw
        route = self._routes.get(topic)
        if route is not None and len(payload) <= route.longest:
            sender, codec, _ = route
            uplink = Uplink(sender.device_id, payload, received_at, sender.family)
        else:
            opened = unwrap(raw, self._city.city_id)
            if opened is None:
                return None
            uplink = opened
            sender, codec = self._find(uplink, topic)
        try:
            readings = codec(uplink, sender)
        except Refused as refusal:
            refusal.device_id = sender.device_id
            raise
        return (sender, readings) if readings else None

    def _find(self, uplink: Uplink, topic: str) -> tuple[Sender, Codec]:
        """Find who sent it, and who reads it; raises Refused. For our own topics this is noted."""
        codec = self._codecs.get(uplink.family) if uplink.family is not None else None
        if uplink.family is not None and codec is None:
            raise UnknownTopic(f"no device family speaks on {topic!r}")
        sender = self._find_sender(uplink)
        if sender is None:
            named = f" of family {uplink.family!r}" if uplink.family else ""
            raise UnknownDevice(f"device {uplink.key!r}{named} is not in the registry", DeviceId(uplink.key))
        codec = codec or self._codecs[sender.family]
        if (
            topic == up_topic(self._city.city_id, sender.family, sender.device_id)
            and len(self._routes) < MOST_ROUTES
        ):
            self._routes[topic] = _Route(sender, codec, longest(sender.family))
        return sender, codec

    def _find_sender(self, uplink: Uplink) -> Sender | None:
        """The registry's device of that name; a network server may write the letters of an EUI otherwise."""
        sender = self._senders.get(DeviceId(uplink.key))
        if uplink.family is not None:
            return sender if sender is not None and sender.family == uplink.family else None
        if sender is None:
            known = self._by_lower_case.get(uplink.key.lower())
            sender = self._senders[known] if known else None
        return sender if sender is not None and sender.family in NETWORKED else None

    def _take(
        self,
        raw: RawMessage,
        sender: Sender,
        readings: tuple[Reading, ...],
        accepted: list[Accepted],
        rejected: list[Rejected],
    ) -> None:
        """Place the readings of one message and note its number, unless all of them are refused."""
        first = readings[0]
        self.habits.note(first, raw.received_at)
        placed: list[Accepted] = []
        unplaced: list[Rejected] = []
        for reading in readings:
            verdict = self._place(raw, reading, sender)
            if isinstance(verdict, Accepted):
                placed.append(verdict)
            else:
                unplaced.append(verdict)
        if not placed or self.note(first.device_id, first.boot, first.seq, first.server_at):
            accepted += placed
            rejected += unplaced
        else:
            detail = f"boot {first.boot} seq {first.seq} was taken"
            rejected.append(_reject(raw, RejectReason.DUPLICATE, detail, first.device_id))

    def _place(self, raw: RawMessage, reading: Reading, sender: Sender) -> Accepted | Rejected:
        heard_at, server_at = raw.received_at, reading.server_at
        if server_at is not None and server_at < heard_at:
            heard_at = server_at
        observed_at, quality = self.habits.correct(reading, heard_at)
        if observed_at > heard_at:
            if observed_at - heard_at > AHEAD_TOLERANCE:
                detail = f"observed {observed_at - heard_at} after it was received"
                return _reject(raw, RejectReason.FUTURE, detail, reading.device_id)
            observed_at, quality = heard_at, quality | _CLOCK_AHEAD
        if raw.received_at - observed_at > OLDEST:
            detail = f"observed {raw.received_at - observed_at} before it was received"
            return _reject(raw, RejectReason.TOO_OLD, detail, reading.device_id)
        berth_id = sender.berth_at(observed_at) if sender.dated else sender.bound or reading.berth_id
        if berth_id is None:
            detail = f"device {reading.device_id} was bound to no berth at {observed_at.isoformat()}"
            return _reject(raw, RejectReason.NO_BERTH_MAPPING, detail, reading.device_id)
        berth = self._city.berths.get(berth_id)
        if berth is None:
            detail = f"berth {berth_id!r} is not in the city's files"
            return _reject(raw, RejectReason.UNKNOWN_BERTH, detail, reading.device_id)
        if berth.closed:
            detail = f"berth {berth_id} is closed"
            return _reject(raw, RejectReason.CLOSED_BERTH, detail, reading.device_id)
        if quality != reading.quality:
            reading = reading._replace(observed_at=observed_at, quality=int(quality))
        if quality & UNLABELLED:
            reading = self._label(reading)
        return Accepted(raw, reading, berth_id)

    def _label(self, reading: Reading) -> Reading:
        """Where the message before this one was heard too, a change can only be this very one's."""
        window = self._windows.get((reading.device_id, reading.boot))
        if window is None or not window.follows(reading.seq):
            return reading
        return reading._replace(kind=ReadingKind.CHANGE)


class _Row(msgspec.Struct, array_like=True):
    """One window in a snapshot; of hashes, each is a range of its own."""

    device_id: str
    boot: int
    highest: int
    ranges: Ranges
    newest_at: datetime | None = None
    began_at: datetime | None = None

    @classmethod
    def of(cls, device_id: DeviceId, boot: int, window: Memory) -> "_Row":
        if isinstance(window, Window):
            return cls(device_id, boot, window.highest, window.gaps, window.newest_at, window.began_at)
        assert isinstance(window, Hashes)  # noqa: S101  there is no third kind
        return cls(device_id, boot, 0, [(number, number) for number in window.taken])

    def window(self) -> Memory:
        if self.boot == HASHED:
            return Hashes({number: None for number, _ in self.ranges})
        return Window(self.highest, self.ranges, self.newest_at, self.began_at)


def keeps_payload(kind: ReadingKind) -> bool:
    """Whether the message itself is stored: heartbeats are told completely by their columns."""
    return kind is not _HEARTBEAT


def _reject(
    raw: RawMessage, reason: RejectReason, detail: str, device_id: DeviceId | None = None
) -> Rejected:
    return Rejected(raw=raw, reason=reason, detail=detail, device_id=device_id)
