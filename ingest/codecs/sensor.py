"""What all berth sensors behind a network server share: the numbering and the clock are the server's."""

from ingest.codecs.malformed import Malformed
from ingest.codecs.uplink import Sender, Uplink
from parking.readings import Quality, Reading, ReadingKind
from parking.span import Moment

# Outside these bounds of a sensor in the road the thermometer is at fault (vendors state -40 to 85 degrees).
_TEMPERATURE_C = (-40, 85)
# Sensors run on one lithium cell of 3.6 V; outside these bounds the measurement is at fault.
_BATTERY_V = (1.5, 4.5)


def need(payload: bytes, length: int, what: str) -> None:
    """Raise Malformed where the payload is shorter than such a frame."""
    if len(payload) < length:
        raise Malformed(f"{what} has {len(payload)} bytes, at least {length} expected")


def unknown_port(uplink: Uplink, known: str) -> Malformed:
    """Build the verdict on a port on which this family does not speak."""
    return Malformed(f"port {uplink.port} is none of this family's ports ({known})")


def strange_temperature(degrees_c: float) -> Quality | int:
    """Quality bit for a temperature that cannot be, else 0."""
    return 0 if _TEMPERATURE_C[0] <= degrees_c <= _TEMPERATURE_C[1] else Quality.IMPLAUSIBLE


def judge_battery(volts: float | None) -> tuple[float | None, int]:
    """The voltage, or None and a quality bit for one that cannot be."""
    if volts is None or _BATTERY_V[0] <= volts <= _BATTERY_V[1]:
        return volts, 0
    return None, int(Quality.IMPLAUSIBLE)


def signed(number: int, bits: int) -> int:
    """Read an unsigned number as two's complement."""
    return number - (1 << bits) if number >> (bits - 1) else number


def say(
    uplink: Uplink,
    sender: Sender,
    kind: ReadingKind,
    *,
    occupied: bool | None,
    battery_v: float | None = None,
    quality: int = 0,
    previous_since: Moment | None = None,
) -> Reading:
    """Build the reading, dated by the server; raises Malformed without a network's numbering.

    A battery voltage that cannot be is dropped and marked.
    """
    if uplink.seq is None:
        raise Malformed(f"family {sender.family} is heard through a network server only")
    battery_v, strange = judge_battery(battery_v)
    quality |= strange
    quality |= Quality.NO_CLOCK if uplink.server_at is None else Quality.SERVER_CLOCK
    return Reading(
        device_id=sender.device_id,
        family=sender.family,
        boot=uplink.boot,
        seq=uplink.seq,
        kind=kind,
        observed_at=uplink.server_at or uplink.received_at,
        berth_id=None,
        occupied=occupied,
        quality=int(quality),
        battery_v=battery_v,
        server_at=uplink.server_at,
        previous_since=previous_since,
    )
