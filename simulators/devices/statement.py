"""What a device has to say, in no family's form, and the bytes that it makes of it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing to say of one berth; each family tells as much of it as its paper lets it.

    `changed` says that the berth just changed. `lasted_min` is how long the state before lasted, None where
    the device does not know. `number` counts the device's messages.
    """

    at: datetime
    number: int
    berth: str
    occupied: bool
    changed: bool
    plate: str = ""
    colour: str = ""
    confidence: float = 0.0
    battery_v: float = 3.6
    temperature_c: int = 20
    lasted_min: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A payload and the LoRaWAN port on which it goes out; 0 where there is none."""

    payload: bytes
    port: int = 0


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970."""
    return round(at.timestamp() * 1000)
