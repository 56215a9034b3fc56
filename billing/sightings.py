"""Which stay a sighted plate belongs to, and what the plates seen in one stay prove. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from parking.ids import Plate
from parking.plates import are_confusable, find_plate
from parking.span import Moment
from parking.states import Sighting

# From this confidence on a reading identifies a vehicle; published readers state 0.9 and more by day.
SURE: Final = 0.9
# A camera sees the car come before the sensor settles (3 s, 4 s more to report), each by its own clock.
ARRIVAL_SLACK: Final = timedelta(minutes=1)

Reads = tuple[Sighting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRead:
    """The plate of a stay, from its best sighting."""

    plate: Plate
    colour: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatesRead:
    """What the sightings of one stay say together. `sure` is the best plate where it identifies."""

    best: PlateRead | None
    sure: Plate | None
    are_two: bool
    has_unreadable: bool


def share_out(
    sightings: Sequence[Sighting],
    presences: Sequence[tuple[Moment, Moment | None, bool]],
    vacant_at: datetime | None,
) -> list[Reads]:
    """Give each presence (arrived, departed, follows a gap) its sightings, in order of time.

    Presences are in order of time, and the berth was vacant at `vacant_at`, before all of them. What was
    seen in a gap may be either vehicle and belongs to none.
    """
    shares: list[list[Sighting]] = [[] for _ in presences]
    for sighting in sorted(sightings, key=lambda each: (each.observed_at, each.seq)):
        at = sighting.observed_at
        if vacant_at is not None and at <= vacant_at:
            continue
        for place, (arrived, departed, follows_gap) in enumerate(presences):
            precedes_gap = place + 1 < len(presences) and presences[place + 1][2]
            if departed is not None and at > _last_at(departed, precedes_gap=precedes_gap):
                continue
            if at >= (arrived.latest_at if follows_gap else arrived.earliest_at - ARRIVAL_SLACK):
                shares[place].append(sighting)
            break
    return [tuple(share) for share in shares]


def read_plates(sightings: Reads) -> PlatesRead:
    """Choose the plate: the most confident valid reading, the earliest of equals.

    Two plates are two vehicles only when both are sure and no camera would confuse them.
    """
    valid = [(sighting, plate) for sighting in sightings if (plate := plain_plate(sighting.plate))]
    has_unreadable = len(valid) < len(sightings)
    if not valid:
        return PlatesRead(best=None, sure=None, are_two=False, has_unreadable=has_unreadable)
    best, plate = min(valid, key=lambda each: (-each[0].confidence, each[0].observed_at, each[0].seq))
    sure = plate if best.confidence >= SURE else None
    are_two = sure is not None and any(
        sighting.confidence >= SURE and other != plate and not are_confusable(plate, other)
        for sighting, other in valid
    )
    read = PlateRead(plate=plate, colour=best.plate_colour, confidence=best.confidence)
    return PlatesRead(
        best=read, sure=None if are_two else sure, are_two=are_two, has_unreadable=has_unreadable
    )


def read_of(sightings: Reads, plate: Plate) -> PlateRead | None:
    """The best reading of this plate among the sightings."""
    own = [each for each in sightings if plain_plate(each.plate) == plate]
    if not own:
        return None
    best = min(own, key=lambda each: (-each.confidence, each.observed_at, each.seq))
    return PlateRead(plate=plate, colour=best.plate_colour, confidence=best.confidence)


def _last_at(departed: Moment, *, precedes_gap: bool) -> datetime:
    return departed.earliest_at if precedes_gap else departed.latest_at


@lru_cache(maxsize=50_000)
def plain_plate(text: str) -> Plate | None:
    """The plate as it is stored, None where the text is none."""
    parsed = find_plate(text)
    return None if parsed is None else parsed.plate
