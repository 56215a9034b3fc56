"""What is asked of a message before anything is believed: who, which berth, when, and was it seen before.

Pure: `Intake.admit` takes the messages of one batch and gives back what was accepted and what was refused. It
keeps three things in mind: the windows of sequence numbers, which `snapshot` and `note` rebuild after a
restart, the registry, which `learn` replaces, and the devices' habits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from ingest.codecs import CODECS, NETWORKED
from ingest.codecs.malformed import Refused
from ingest.codecs.uplink import HASHED, Codec, Sender, Uplink
from ingest.envelopes import unwrap
from ingest.habits import Habits
from ingest.registry import Registry
from ingest.windows import Hashes, Memory, Ranges, Window
from parking.city import City
from parking.ids import BerthId, DeviceId
from parking.readings import Quality, RawMessage, Reading, ReadingKind, Rejected, RejectReason

# A published NB-IoT sensor runs 51 s ahead of its server; twice that is still the device's own clock error.
AHEAD_TOLERANCE: Final = timedelta(seconds=120)
# What is older cannot change any bill that is still open, and is more likely a clock that was never set.
OLDEST: Final = timedelta(days=7)
UNLABELLED: Final = int(Quality.UNLABELLED)
# Starts and sessions of one device that are remembered; what comes late is of the last one or two.
MAX_BOOTS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A reading that goes on, with the message it came from and its berth, now certain."""

    raw: RawMessage
    reading: Reading
    berth_id: BerthId


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
        self._by_lower_case = {device_id.lower(): device_id for device_id in self._senders}

    def admit(self, messages: Iterable[RawMessage]) -> tuple[list[Accepted], list[Rejected]]:
        """Sort messages into accepted and refused, in their order. Repeated messages are refused.

        A message that holds several readings may be accepted in part.
        """
        accepted: list[Accepted] = []
        rejected: list[Rejected] = []
        for raw in messages:
            try:
                uplink = unwrap(raw, self._city.city_id)
            except Refused as refusal:
                rejected.append(Rejected(raw=raw, reason=refusal.reason, detail=str(refusal)))
                continue
            if uplink is None:
                self.without_reading += 1
                continue
            for verdict in self._judge(raw, uplink):
                if isinstance(verdict, Accepted):
                    accepted.append(verdict)
                else:
                    rejected.append(verdict)
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

    def _judge(self, raw: RawMessage, uplink: Uplink) -> list[Accepted | Rejected]:
        codec = self._codecs.get(uplink.family) if uplink.family is not None else None
        if uplink.family is not None and codec is None:
            return [_reject(raw, RejectReason.UNKNOWN_TOPIC, f"no device family speaks on {raw.topic!r}")]
        sender = self._find_sender(uplink)
        if sender is None:
            named = f" of family {uplink.family!r}" if uplink.family else ""
            detail = f"device {uplink.key!r}{named} is not in the registry"
            return [_reject(raw, RejectReason.UNKNOWN_DEVICE, detail, DeviceId(uplink.key))]
        try:
            readings = (codec or self._codecs[sender.family])(uplink, sender)
        except Refused as refusal:
            return [_reject(raw, refusal.reason, str(refusal), sender.device_id)]
        if not readings:
            self.without_reading += 1
            return []
        return self._take(raw, readings, sender)

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
        self, raw: RawMessage, readings: tuple[Reading, ...], sender: Sender
    ) -> list[Accepted | Rejected]:
        """Place the readings of one message and note its number, unless all of them are refused."""
        first = readings[0]
        self.habits.note(first, raw.received_at)
        verdicts = [self._place(raw, reading, sender) for reading in readings]
        if Accepted not in map(type, verdicts):
            return verdicts
        if not self.note(first.device_id, first.boot, first.seq, first.server_at):
            detail = f"boot {first.boot} seq {first.seq} was taken"
            return [_reject(raw, RejectReason.DUPLICATE, detail, first.device_id)]
        return verdicts

    def _place(self, raw: RawMessage, reading: Reading, sender: Sender) -> Accepted | Rejected:
        who = reading.device_id
        heard_at = raw.received_at
        if reading.server_at is not None and reading.server_at < heard_at:
            heard_at = reading.server_at
        observed_at, quality = self.habits.correct(reading, heard_at)
        if observed_at - heard_at > AHEAD_TOLERANCE:
            ahead = observed_at - heard_at
            return _reject(raw, RejectReason.FUTURE, f"observed {ahead} after it was received", who)
        if observed_at > heard_at:
            observed_at, quality = heard_at, quality | Quality.CLOCK_AHEAD
        if raw.received_at - observed_at > OLDEST:
            age = raw.received_at - observed_at
            return _reject(raw, RejectReason.TOO_OLD, f"observed {age} before it was received", who)
        bound = sender.berth_at(observed_at)
        if bound is None and (sender.dated or reading.berth_id is None):
            detail = f"device {who} was bound to no berth at {observed_at.isoformat()}"
            return _reject(raw, RejectReason.NO_BERTH_MAPPING, detail, who)
        berth_id = reading.berth_id if bound is None else bound
        berth = self._city.berths.get(berth_id) if berth_id else None
        if berth is None:
            detail = f"berth {berth_id!r} is not in the city's files"
            return _reject(raw, RejectReason.UNKNOWN_BERTH, detail, who)
        if berth.closed:
            return _reject(raw, RejectReason.CLOSED_BERTH, f"berth {berth.berth_id} is closed", who)
        if quality != reading.quality:
            reading = replace(reading, observed_at=observed_at, quality=int(quality))
        if reading.quality & UNLABELLED:
            reading = self._label(reading)
        return Accepted(raw=raw, reading=reading, berth_id=berth.berth_id)

    def _label(self, reading: Reading) -> Reading:
        """Where the message before this one was heard too, a change can only be this very one's."""
        window = self._windows.get((reading.device_id, reading.boot))
        if window is None or not window.follows(reading.seq):
            return reading
        return replace(reading, kind=ReadingKind.CHANGE)


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


def keeps_payload(reading: Reading) -> bool:
    """Whether the message itself is stored: heartbeats are told completely by their columns."""
    return reading.kind is not ReadingKind.HEARTBEAT


def _reject(
    raw: RawMessage, reason: RejectReason, detail: str, device_id: DeviceId | None = None
) -> Rejected:
    return Rejected(raw=raw, reason=reason, detail=detail, device_id=device_id)
