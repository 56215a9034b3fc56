"""GA/T 832-2014 for pictures of standing vehicles: what fails is refused with the clause named.

Clauses as a public summary of the standard numbers them: 2.4 what a panoramic picture shows, 3.2 clock,
3.3.1 number, 3.4 quality, 3.5 interval. What a picture shows is stated by whoever adds it and confirmed by
two reviews; everything else is measured.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from enforcement.evidence.pictures import Picture

LEAST_PANORAMAS: Final = 2
LEAST_INTERVAL: Final = timedelta(seconds=10)
LARGEST_CLOCK_ERROR: Final = timedelta(seconds=1)
LEAST_WIDTH: Final = 1280
LEAST_HEIGHT: Final = 720
COLOUR_BITS: Final = 24


class Shows(StrEnum):
    """What a panoramic picture must show (2.4)."""

    FRONT_OR_REAR = "front_or_rear"
    PLATE = "plate"
    COLOUR = "colour"
    TYPE = "type"
    LANDMARK = "landmark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A picture and how it was taken; `clock_error` is None where the device's clock was not compared."""

    name: str
    picture: Picture
    taken_at: datetime
    clock_error: timedelta | None
    shows: frozenset[Shows]

    @property
    def is_panorama(self) -> bool:
        """Whether it shows all that a panoramic picture must."""
        return self.shows == frozenset(Shows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A clause that the evidence fails."""

    clause: str
    detail: str


def check_shot(shot: Shot) -> list[Fault]:
    """Check one picture by itself."""
    faults = []
    picture = shot.picture
    if picture.width < LEAST_WIDTH or picture.height < LEAST_HEIGHT:
        faults.append(_fault("3.4 c)", shot, f"{picture.width}x{picture.height} is below 1280x720"))
    if picture.colour_bits < COLOUR_BITS:
        faults.append(_fault("3.4 a)", shot, f"{picture.colour_bits} bits a pixel, not 24 of true colour"))
    if shot.clock_error is None:
        faults.append(_fault("3.2", shot, "the clock of the device was not compared"))
    elif abs(shot.clock_error) > LARGEST_CLOCK_ERROR:
        seconds = shot.clock_error.total_seconds()
        faults.append(_fault("3.2", shot, f"the clock of the device was off by {seconds:+.1f} s"))
    return faults


def check_shots(shots: Sequence[Shot]) -> list[Fault]:
    """Check the pictures of one standing vehicle together; empty when they may serve as evidence."""
    faults = [fault for shot in shots for fault in check_shot(shot)]
    panoramas = sorted((shot for shot in shots if shot.is_panorama), key=lambda shot: shot.taken_at)
    if len(panoramas) < LEAST_PANORAMAS:
        text = f"{len(panoramas)} panoramic pictures, at least 2 are needed"
        faults.append(Fault(clause="3.3.1", detail=text + _missing(shots)))
    elif panoramas[-1].taken_at - panoramas[0].taken_at < LEAST_INTERVAL:
        apart = panoramas[-1].taken_at - panoramas[0].taken_at
        text = f"panoramic pictures are {apart.total_seconds():.1f} s apart, at least 10 s are needed"
        faults.append(Fault(clause="3.5 b)", detail=text))
    return faults


def _missing(shots: Iterable[Shot]) -> str:
    parts = [
        f"{shot.name} lacks {', '.join(sorted(set(Shows) - shot.shows))}"
        for shot in shots
        if not shot.is_panorama
    ]
    return f" (2.4: {'; '.join(parts)})" if parts else ""


def _fault(clause: str, shot: Shot, detail: str) -> Fault:
    return Fault(clause=clause, detail=f"{shot.name}: {detail}")
