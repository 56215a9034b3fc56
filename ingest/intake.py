"""What is asked of a message before anything is believed: who, which berth, when, and was it seen before.

Pure: `Intake.admit` takes the messages of one batch and the registry, and gives back what was accepted and
what was refused. It keeps one thing in mind, the windows of sequence numbers, which `snapshot` and `note`
rebuild after a restart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import msgspec

from ingest.codecs import CODECS, Codec
from ingest.codecs.malformed import Malformed
from ingest.windows import Window
from parking.city import City
from parking.ids import BerthId, DeviceId
from parking.readings import Quality, RawMessage, Reading, ReadingKind, Rejected, RejectReason
from parking.topics import UpTopic, parse_up

# The largest message of any family is far smaller; more is a mistake or an attack.
MAX_PAYLOAD_BYTES: Final = 16_384
# A published NB-IoT sensor runs 51 s ahead of its server; twice that is still the device's own clock error.
AHEAD_TOLERANCE: Final = timedelta(seconds=120)
# What is older cannot change any bill that is still open, and is more likely a clock that was never set.
OLDEST: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A reading that goes on, with the message it came from and its berth, now certain."""

    raw: RawMessage
    reading: Reading
    berth_id: BerthId


class Intake:
    """Admits the messages of one city. `codecs` is given by tests of a codec's failure only."""

    def __init__(self, city: City, codecs: Mapping[str, Codec] = CODECS) -> None:
        self._city = city
        self._codecs = codecs
        self._windows: dict[tuple[DeviceId, int], Window] = {}

    def admit(self, messages: Iterable[RawMessage]) -> tuple[list[Accepted], list[Rejected]]:
        """Sort messages into accepted and refused, in their order. Repeated messages are refused."""
        accepted: list[Accepted] = []
        rejected: list[Rejected] = []
        for raw in messages:
            verdict = self._judge(raw)
            if isinstance(verdict, Accepted):
                accepted.append(verdict)
            else:
                rejected.append(verdict)
        return accepted, rejected

    def note(self, device_id: DeviceId, boot: int, seq: int) -> bool:
        """Take a number into the device's window; False when it was there."""
        window = self._windows.get((device_id, boot))
        if window is None:
            self._windows[device_id, boot] = Window.opened_by(seq)
            return True
        return window.take(seq)

    def snapshot(self) -> bytes:
        """Return the windows as bytes for `restore`."""
        return msgspec.msgpack.encode(
            [(device, boot, window.highest, window.gaps) for (device, boot), window in self._windows.items()]
        )

    def restore(self, body: bytes) -> None:
        """Replace the windows by those of a snapshot."""
        rows = msgspec.msgpack.decode(body, type=list[tuple[str, int, int, list[tuple[int, int]]]])
        self._windows = {
            (DeviceId(device), boot): Window(highest, gaps) for device, boot, highest, gaps in rows
        }

    def _judge(self, raw: RawMessage) -> Accepted | Rejected:
        topic = parse_up(raw.topic)
        codec = self._codecs.get(topic.family) if topic and topic.city_id == self._city.city_id else None
        if topic is None or codec is None:
            return _reject(raw, RejectReason.UNKNOWN_TOPIC, f"no device family speaks on {raw.topic!r}")
        if len(raw.payload) > MAX_PAYLOAD_BYTES:
            return _reject(
                raw, RejectReason.TOO_LARGE, f"{len(raw.payload)} bytes, at most {MAX_PAYLOAD_BYTES} are read"
            )
        device = self._city.devices.get(topic.device_id)
        if device is None or device.family != topic.family:
            return _reject(raw, RejectReason.UNKNOWN_DEVICE, _unknown_device(topic))
        try:
            reading = codec(raw, topic.device_id)
        except Malformed as error:
            return _reject(raw, RejectReason.MALFORMED, str(error))
        return self._place(raw, reading, device.berth_id)

    def _place(self, raw: RawMessage, reading: Reading, bound: BerthId | None) -> Accepted | Rejected:
        berth_id = reading.berth_id if bound is None else bound
        berth = self._city.berths.get(berth_id) if berth_id else None
        if berth is None:
            return _reject(raw, RejectReason.UNKNOWN_BERTH, f"berth {berth_id!r} is not in the city's files")
        ahead = reading.observed_at - raw.received_at
        if ahead > AHEAD_TOLERANCE:
            return _reject(raw, RejectReason.FUTURE, f"observed {ahead} after it was received")
        if -ahead > OLDEST:
            return _reject(raw, RejectReason.TOO_OLD, f"observed {-ahead} before it was received")
        if berth.closed:
            return _reject(raw, RejectReason.CLOSED_BERTH, f"berth {berth.berth_id} is closed")
        if not self.note(reading.device_id, reading.boot, reading.seq):
            return _reject(raw, RejectReason.DUPLICATE, f"boot {reading.boot} seq {reading.seq} was taken")
        if ahead > timedelta(0):
            quality = reading.quality | Quality.CLOCK_AHEAD
            reading = replace(reading, observed_at=raw.received_at, quality=int(quality))
        return Accepted(raw=raw, reading=reading, berth_id=berth.berth_id)


def keeps_payload(reading: Reading) -> bool:
    """Whether the message itself is stored: heartbeats are told completely by their columns."""
    return reading.kind is not ReadingKind.HEARTBEAT


def _reject(raw: RawMessage, reason: RejectReason, detail: str) -> Rejected:
    return Rejected(raw=raw, reason=reason, detail=detail)


def _unknown_device(topic: UpTopic) -> str:
    return f"device {topic.device_id!r} of family {topic.family!r} is not in the registry"
