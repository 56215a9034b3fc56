"""Mixed fleets: which share of a city's berths and cameras is of which vendor's make."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Final

from parking.city import City, Device
from parking.errors import SetupError
from parking.ids import DeviceId
from simulators.devices.networks import CAMERAS, LORAWAN, NB_IOT

SENSORS: Final = LORAWAN | NB_IOT


def parse_fleet(text: str) -> dict[str, float]:
    """Read `bosch-tps110=0.2,hikvision=0.5`: shares of all sensors, and of all cameras."""
    shares: dict[str, float] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        family, _, number = (each.strip() for each in part.partition("="))
        if family not in SENSORS | CAMERAS:
            raise SetupError(f"{family!r} is none of the families {', '.join(sorted(SENSORS | CAMERAS))}")
        try:
            shares[family] = float(number)
        except ValueError:
            raise SetupError(f"{part!r}: write a share from 0 to 1, as {family}=0.2") from None
        if not 0 <= shares[family] <= 1:
            raise SetupError(f"{part!r}: a share is from 0 to 1")
    for families, noun in ((SENSORS, "sensors"), (CAMERAS, "cameras")):
        if sum(share for family, share in shares.items() if family in families) > 1:
            raise SetupError(f"the shares of {noun} are more than 1 together")
    return shares


def mix_fleet(city: City, shares: Mapping[str, float]) -> City:
    """The city with these shares of other makes; a berth that is of one stays so where shares grow.

    Sensors of network servers are known by their EUI or IMEI, made up from the berth's id; cameras keep
    their ids.
    """
    devices = [_remade(device, shares) for device in city.devices.values()]
    return replace(city, devices={device.device_id: device for device in devices})


def _remade(device: Device, shares: Mapping[str, float]) -> Device:
    if device.family == "camera":
        return replace(device, family=_drawn(device, shares, CAMERAS) or "camera")
    family = _drawn(device, shares, SENSORS) if device.family == "geo" else None
    if family is None:
        return device
    number = _digest(f"id {device.device_id}")
    name = f"{number:016x}" if family in LORAWAN else f"86{number % 10**13:013}"
    return replace(device, device_id=DeviceId(name), family=family)


def _drawn(device: Device, shares: Mapping[str, float], families: Iterable[str]) -> str | None:
    chance = _digest(f"make {device.device_id}") / 2**64
    for family, until in _cumulated(shares, families):
        if chance < until:
            return family
    return None


def _cumulated(shares: Mapping[str, float], families: Iterable[str]) -> Iterator[tuple[str, float]]:
    until = 0.0
    for family in sorted(families):
        until += shares.get(family, 0.0)
        yield family, until


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
