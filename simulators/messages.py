"""Events become messages: the topic and the bytes that a device puts on the wire."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from parking.readings import ReadingKind
from parking.topics import up_topic
from simulators.days import SimulatedDay, World
from simulators.devices import camera, geo, patrol, payment
from simulators.devices.networks import Vendor, speak
from simulators.devices.statement import Statement
from simulators.draws import Draws
from simulators.layout import OWN_MAKES, Family

# How long before its end a cell's voltage falls, and by how much.
_FALL_DAYS, _FALL_V = 45.0, 0.7
_KINDS = {kind.value: kind.name.lower() for kind in ReadingKind}
_FAMILIES = (geo.FAMILY, camera.FAMILY, patrol.FAMILY, payment.FAMILY)


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message and the event time at which it goes out."""

    publish_ms: int
    topic: str
    payload: bytes


class _Row(NamedTuple):
    """One event; the names are those of the columns."""

    publish_ms: int
    at_ms: int
    device: int
    berth: int
    boot: int
    seq: int
    kind: int
    occupied: bool
    vehicle: int
    confidence: int
    since_ms: int


class Encoder:
    """Encodes the events of one world; keeps only what devices repeat."""

    def __init__(self, world: World) -> None:
        layout = world.layout
        self._berths = layout.berths.ids
        self._families = layout.devices.family.tolist()
        self._topics = [
            up_topic(layout.city_id, _FAMILIES[family], device_id)
            for family, device_id in zip(self._families, layout.devices.ids, strict=True)
        ]
        self._vendors = {
            place: Vendor(layout.city_id, device_id, make)
            for place, (device_id, make) in enumerate(
                zip(layout.devices.ids, layout.devices.make, strict=True)
            )
            if make not in OWN_MAKES
        }
        self._world = world
        self._volts: list[float] = []
        self._vitals: tuple[int, list[str]] = (-1, [])
        self._instant = InstantText(world.zone)

    def messages(self, day: SimulatedDay, first: int, last: int) -> Iterator[Message]:
        """The day's messages with index in [first, last), in the order of publication."""
        rows = day.events.pick(slice(first, last))
        if self._vitals[0] != day.day.number:
            cells = _cells(self._world, day.day.number)
            self._volts = [volts for volts, _ in cells]
            self._vitals = (
                day.day.number, [geo.encode_vitals(battery_v=volts, rssi_dbm=dbm) for volts, dbm in cells],
            )  # fmt: skip
        vitals = self._vitals[1]
        columns = [getattr(rows, name).tolist() for name in _Row._fields]
        for row in map(_Row._make, zip(*columns, strict=True)):
            if (vendor := self._vendors.get(row.device)) is not None:
                topic, payload = speak(vendor, self._statement(day, row), row.boot)
                yield Message(row.publish_ms, topic, payload)
                continue
            at = self._instant(row.at_ms)
            if self._families[row.device] == Family.GEO:
                payload = geo.encode(
                    boot=row.boot,
                    seq=row.seq,
                    at=at,
                    kind=_KINDS[row.kind],
                    occupied=row.occupied,
                    vitals=vitals[row.device] if row.kind == ReadingKind.HEARTBEAT else "",
                )
            else:
                payload = self._named(day, row, at)
            yield Message(row.publish_ms, self._topics[row.device], payload)

    def _statement(self, day: SimulatedDay, row: _Row) -> Statement:
        """What a device of another make has to say."""
        seen = day.vehicles[row.vehicle] if row.vehicle >= 0 else None
        return Statement(
            at=datetime.fromtimestamp(row.at_ms / 1000, self._world.zone),
            number=row.seq,
            berth=self._berths[row.berth],
            occupied=row.occupied,
            changed=row.kind == ReadingKind.CHANGE,
            plate=seen.plate if seen else "",
            colour=seen.colour if seen else "",
            confidence=row.confidence / 100,
            battery_v=self._volts[row.device] if row.device < len(self._volts) else 3.6,
        )

    def _named(self, day: SimulatedDay, row: _Row, at: str) -> bytes:
        """A message of a device that names the berth, and the plate where it read one."""
        berth, reading = self._berths[row.berth], ""
        if row.vehicle >= 0:
            seen = day.vehicles[row.vehicle]
            if self._families[row.device] == Family.PAYMENT:
                return payment.encode(
                    seq=row.seq, at=at, since=self._instant(row.since_ms), berth=berth, vehicle=seen
                )
            reading = camera.encode_plate(
                plate=seen.plate, colour=seen.colour, confidence=row.confidence / 100
            )
        if self._families[row.device] == Family.PATROL:
            return patrol.encode(boot=row.boot, seq=row.seq, at=at, berth=berth, reading=reading)
        return camera.encode(
            boot=row.boot,
            seq=row.seq,
            at=at,
            berth=berth,
            kind=_KINDS[row.kind],
            occupied=row.occupied,
            reading=reading,
        )


class InstantText:
    """Writes instants as RFC 3339 in local time; quick for instants of the same second."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._second = -1
        self._head = self._offset = ""

    def __call__(self, at_ms: int) -> str:
        """Text of an instant in milliseconds since 1970."""
        second, milli = divmod(at_ms, 1000)
        if second != self._second:
            text = datetime.fromtimestamp(second, self._zone).isoformat()
            self._second, self._head, self._offset = second, text[:19], text[19:]
        return f"{self._head}.{milli:03}{self._offset}"


def _cells(world: World, day_number: int) -> list[tuple[float, int]]:
    """Voltage and signal of each berth's sensor on a day.

    Lithium thionyl chloride cells hold their voltage nearly to the end, and fall off in their last weeks; a
    cell lasts four to eight years (vendors say five to ten; the form of the fall is an assumption).
    """
    devices = world.layout.devices
    draws = Draws(world.seed)
    sensors = devices.key[devices.family == Family.GEO]
    life = 1460 + 1460 * draws.uniform("battery life", sensors)
    age = np.mod(life * draws.uniform("battery age", sensors) + day_number, life)
    battery = 3.6 + 0.06 * draws.uniform("battery", sensors) - 0.05 * age / life
    battery -= _FALL_V * np.maximum(0, 1 - (life - age) / _FALL_DAYS)
    signal = -70 - draws.below(40, "signal", sensors)
    return list(zip(battery.tolist(), signal.tolist(), strict=True))
