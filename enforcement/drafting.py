"""What the judges share: whom they consult, whose plate it is, and how an act is named."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from enforcement.kinds import Doubt
from enforcement.ports import Rights
from enforcement.rule import Rule
from enforcement.rulebook import Rulebook
from parking.ids import BerthId, Plate, SectionId, ViolationId
from parking.money import Fen
from parking.plates import PlateColour, find_plate
from parking.rights import Energy, RightKind
from parking.states import Sighting

_NEV_COLOURS: Final = {PlateColour.GREEN, PlateColour.YELLOW_GREEN}
_FUEL_COLOURS: Final = {PlateColour.BLUE, PlateColour.YELLOW, PlateColour.BLACK, PlateColour.WHITE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the judges consult: the rules, the rights, what plates owe, and the city's local time."""

    rulebook: Rulebook
    rights: Rights
    zone: ZoneInfo
    owed: Mapping[Plate, Fen] = field(default_factory=dict)


def whose(seen: Sequence[Sighting]) -> tuple[Plate | None, tuple[Sighting, ...]]:
    """Tell the plate that was seen most, and its sightings in time order."""
    if not seen:
        return None, ()
    votes = Counter(each.plate for each in seen)
    plate = min(votes, key=lambda each: (-votes[each], each))
    return plate, tuple(sorted((each for each in seen if each.plate == plate), key=in_time))


def plate_doubts(seen: Sequence[Sighting], own: Sequence[Sighting]) -> frozenset[Doubt]:
    """Doubt the plate where others were seen in the same act, or a colour does not fit its text."""
    fits = all(colour_fits(each.plate, each.plate_colour) for each in own)
    return frozenset() if len(own) == len(seen) and fits else frozenset({Doubt.PLATE})


def colour_fits(plate: Plate, colour: str) -> bool:
    """Whether the colour does not contradict what the text of the plate says of the vehicle."""
    parsed = find_plate(plate)
    if parsed is None or colour not in _FUEL_COLOURS | _NEV_COLOURS:
        return True
    return colour in (_NEV_COLOURS if parsed.energy is Energy.NEV else _FUEL_COLOURS)


def is_exempt(bench: Bench, plate: Plate, section_id: SectionId, at: datetime) -> bool:
    """Whether the vehicle is excused by what it is, or holds an exemption."""
    parsed = find_plate(plate)
    if parsed is not None and parsed.kind in bench.rulebook.excused:
        return True
    return bench.rights.find_right(plate, RightKind.EXEMPT, section_id, at) is not None


def in_time(sighting: Sighting) -> tuple[datetime, int]:
    """Sort sightings as they were made."""
    return sighting.observed_at, sighting.seq


def act_name(seen: Iterable[Sighting]) -> str:
    """Name an act after the first sighting that was decided on, by what it says.

    Its sequence number would not do: that depends on how other berths' messages were batched.
    """
    first = min(seen, key=lambda each: each.seq)
    return f"{first.observed_at.isoformat()}|{first.device_id}|{first.plate}"


def violation_id(rule: Rule, place: BerthId | SectionId, act: str) -> ViolationId:
    """Name an act, the same at every run; `act` is its stay or the name of its first sighting."""
    digest = hashlib.sha256(f"{rule.rule_id}|{place}|{act}".encode()).hexdigest()
    return ViolationId(f"V-{digest[:20]}")
