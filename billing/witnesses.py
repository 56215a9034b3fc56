"""For how long a plate proves the vehicle of a stay that only a sensor saw. Pure.

A lone sensor cannot tell a vehicle from the next one that takes the berth before it has cleared (跟车), nor
from the ground that it left unnoticed. Whoever names a plate can: a driver who pays says since when he has
stood there and that he leaves now, a hand-held reads who stands there. Between the first and the last word
for one plate that vehicle stood there; before and behind it, it may have been another, or none.
"""

from datetime import timedelta
from typing import Final

from billing.presence import Note, Presence
from billing.sightings import SURE, Reads, plain_plate
from parking.ids import Plate
from parking.plates import are_confusable
from parking.span import Span

# Who pays needs a moment to drive away. The follower that comes within it costs nothing: see DECISIONS 55.
TO_LEAVE: Final = timedelta(minutes=3)


def find_witnessed(presence: Presence, reads: Reads, plate: Plate | None) -> Span | None:
    """The part of a stay, over by now, that its plate proves; None where that is all of it.

    It is empty where no sure reading bears the plate. A sensor reports both ends of a stay some seconds late,
    so its departure counts only with its own arrival; with a driver's, a payment is the end.
    """
    if presence.departed is None:
        return None
    start_at = presence.arrived.latest_at
    end_at = max(start_at, presence.departed.earliest_at)
    seen_at = [
        each.observed_at for each in reads if plate is not None and _bears(each.plate, plate, each.confidence)
    ]
    if not seen_at:
        return Span(start_at=start_at, end_at=start_at)
    first_at = min(max(start_at, min(seen_at)), end_at)
    is_sensed = first_at == start_at and Note.FOLLOWED not in presence.notes
    last_at = min(max(first_at, *seen_at), end_at)
    if is_sensed and last_at + TO_LEAVE >= end_at:
        last_at = end_at
    return None if (first_at, last_at) == (start_at, end_at) else Span(start_at=first_at, end_at=last_at)


def _bears(read: str, plate: Plate, confidence: float) -> bool:
    """Whether a sure reading is of this vehicle, with a character taken for one like it at most."""
    other = plain_plate(read) if confidence >= SURE else None
    return other is not None and (other == plate or are_confusable(plate, other))
