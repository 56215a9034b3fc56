"""The plates of the city's vehicles (GA 36-2018): a fixed, one-to-one function of the vehicle's number.

Numbers fall into regions by what the vehicle is to the city; no two numbers share a plate.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from parking.ids import Plate
from parking.rights import Energy
from simulators.draws import Draws, Flags, Ints

# How many vehicles there can be; plates are permuted within it.
VEHICLES: Final = 1_000_000


class Region(StrEnum):
    """What a vehicle is to the city."""

    LOCAL = "local"
    ELECTRIC = "electric"
    RESIDENT = "resident"
    HOLDER = "holder"
    VISITOR = "visitor"
    SERVICE = "service"


# First number and count of each region.
REGIONS: Final[dict[Region, tuple[int, int]]] = {
    Region.LOCAL: (0, 300_000),
    Region.ELECTRIC: (300_000, 100_000),
    Region.RESIDENT: (400_000, 100_000),
    Region.HOLDER: (500_000, 100_000),
    Region.VISITOR: (600_000, 399_000),
    Region.SERVICE: (999_000, 500),
}

LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_NEV_LETTERS: Final = "DFABCEGHJK"
_SERIALS = 1_000_000
# Coprime to the number of serials, so that neighbours in number do not look alike.
_STEP, _START = 754_877, 195_271
# Shares of plates, cumulated: new-energy small and large, large vehicles; the rest is small and blue.
_NEV_SMALL, _NEV_LARGE, _LARGE = 0.13, 0.134, 0.15
_HOME: Final = "鄂S"
# The province's other cities, then neighbours and the places where people of Suizhou work.
_PROVINCE: Final = ("鄂A", "鄂A", "鄂A", "鄂F", "鄂K", "鄂J", "鄂E", "鄂D", "鄂H", "鄂C")
_FAR: Final = (
    "豫R", "豫S", "豫A", "粤B", "粤A", "粤S", "湘A", "皖A", "苏E", "浙A", "浙J", "沪A", "京N", "川A", "陕A",
    "赣A", "渝B", "闽D", "鲁B", "冀A", "晋A", "桂A", "贵A", "云A", "津M", "辽B",
)  # fmt: skip
# Chance that does not depend on the simulation's seed: who owns which plate is a fact of the city.
_REGISTER = Draws(2019)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A plate, and its colour as cameras name it."""

    plate: Plate
    colour: str

    @property
    def energy(self) -> Energy:
        """What the plate's colour tells of the drive."""
        return Energy.NEV if self.colour in NEV_COLOURS else Energy.FUEL


NEV_COLOURS: Final = ("green", "yellow-green")


def vehicles_of(numbers: Ints) -> list[Vehicle]:
    """The vehicles with these numbers, in their order."""
    kinds = _REGISTER.uniform("kind", numbers)
    electric = _within(numbers, Region.ELECTRIC).tolist()
    service = _within(numbers, Region.SERVICE).tolist()
    offices = _offices(numbers)
    serials = (numbers * _STEP + _START) % _SERIALS
    rows = zip(numbers.tolist(), kinds.tolist(), serials.tolist(), offices, electric, service, strict=True)
    return [
        _service(number - REGIONS[Region.SERVICE][0])
        if is_service
        else _civil(office, serial, 0.0 if is_electric else kind)
        for number, kind, serial, office, is_electric, is_service in rows
    ]


def is_electric(numbers: Ints) -> Flags:
    """Which of the vehicles with these numbers carry the plate of a new-energy vehicle."""
    kinds = _REGISTER.uniform("kind", numbers)
    return _within(numbers, Region.ELECTRIC) | ((kinds < _NEV_LARGE) & ~_within(numbers, Region.SERVICE))


def _within(numbers: Ints, region: Region) -> Flags:
    first, size = REGIONS[region]
    return (numbers >= first) & (numbers < first + size)


def _offices(numbers: Ints) -> list[str]:
    """Where each vehicle is registered: mostly here; visitors come from all over."""
    visitor = _within(numbers, Region.VISITOR)
    place = _REGISTER.uniform("office", numbers)
    home, province = np.where(visitor, 0.35, 0.88), np.where(visitor, 0.7, 0.96)
    near = _REGISTER.below(len(_PROVINCE), "near", numbers)
    far = _REGISTER.below(len(_FAR), "far", numbers) + len(_PROVINCE)
    every = (*_PROVINCE, *_FAR, _HOME)
    chosen = np.where(place < home, len(every) - 1, np.where(place < province, near, far))
    return [every[index] for index in chosen.tolist()]


def _civil(office: str, serial: int, kind: float) -> Vehicle:
    """Small and large vehicles of all drives; `kind` in [0, 1) tells which."""
    if kind < _NEV_LARGE:
        letter, digits = _NEV_LETTERS[serial // 100_000], f"{serial % 100_000:05}"
        if kind < _NEV_SMALL:
            return Vehicle(plate=Plate(office + letter + digits), colour="green")
        return Vehicle(plate=Plate(office + digits + letter), colour="yellow-green")
    return Vehicle(plate=Plate(office + _serial_text(serial)), colour="yellow" if kind < _LARGE else "blue")


def _serial_text(serial: int) -> str:
    """Five characters, all digits or with one letter among the first four."""
    if serial < 100_000:
        return f"{serial:05}"
    place, rest = divmod(serial - 100_000, 240_000)
    letter, digits = LETTERS[rest // 10_000], f"{rest % 10_000:04}"
    return digits[:place] + letter + digits[place:]


def _service(index: int) -> Vehicle:
    """Police, driving school, forces, and cars of Hong Kong and Macao that may enter the mainland."""
    letter, digits = LETTERS[index % len(LETTERS)], f"{(index * 37) % 1000:03}"
    if index < 300:
        return Vehicle(plate=Plate(f"{_HOME}{letter}{digits}警"), colour="white")
    if index < 420:
        return Vehicle(plate=Plate(f"{_HOME}{letter}{digits}学"), colour="yellow")
    if index < 470:
        return Vehicle(plate=Plate(f"{letter}A{index - 420:02}{digits}"), colour="white")
    return Vehicle(plate=Plate(f"粤Z{letter}{digits}{'港' if index % 2 else '澳'}"), colour="black")
