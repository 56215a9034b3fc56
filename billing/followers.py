"""A car that takes a berth before the sensor has cleared (跟车): one presence, two vehicles. Pure.

The sensor saw nothing; plates can prove it. Two sure plates, one seen only before the other, and each seen
at least twice, are two stays: the first lasts at least until its plate was last seen, the second at least
from when its plate was first seen, and what lies between belongs to neither. With less proof a misreading
could send a bill to a stranger: then the presence stays whole, and is held.
"""

from dataclasses import replace
from itertools import combinations, groupby, pairwise
from typing import Final

from billing.presence import Note, Presence
from billing.sightings import SURE, Reads, plain_plate
from parking.plates import are_confusable
from parking.span import Moment
from parking.states import Sighting

# One reading can be wrong whatever its confidence says.
READS_NEEDED: Final = 2


def split_followers(presence: Presence, reads: Reads) -> list[tuple[Presence, Reads]]:
    """Split a presence into one for each vehicle, where that is proven; else return it as it is."""
    blocks = _blocks(reads)
    if not _is_proven(presence, blocks):
        return [(presence, reads)]
    changes = [_between(presence, before[-1], after[0]) for before, after in pairwise(blocks)]
    parts = []
    for place in range(len(blocks)):
        part = replace(presence, notes=presence.notes | {Note.FOLLOWED})
        if place:
            part.arrived, part.follows_gap = changes[place - 1], False
            part.notes.discard(Note.ARRIVAL_UNSEEN)
        if place < len(changes):
            part.departed, part.departure_seq, part.last_proof_at = changes[place], None, None
        parts.append((part, _reads_in(reads, blocks, place)))
    return parts


def _is_proven(presence: Presence, blocks: list[list[Sighting]]) -> bool:
    """Two vehicles or more, each seen often enough, none again after another, all while surely parked."""
    if len(blocks) < 2 or any(len(block) < READS_NEEDED for block in blocks):
        return False
    proof_at = presence.departed.earliest_at if presence.departed else presence.last_proof_at
    if proof_at is not None and blocks[-1][0].observed_at > proof_at:
        return False
    return not any(_is_same(one, other) for one, other in combinations(blocks, 2))


def _blocks(reads: Reads) -> list[list[Sighting]]:
    """Sure readings in order of time, one list for each unbroken run of a plate."""
    sure = [each for each in reads if each.confidence >= SURE and plain_plate(each.plate)]
    runs = [list(run) for _, run in groupby(sure, key=lambda each: plain_plate(each.plate))]
    blocks: list[list[Sighting]] = []
    for run in runs:
        if blocks and _is_same(blocks[-1], run):
            blocks[-1] += run
        else:
            blocks.append(run)
    return blocks


def _is_same(one: list[Sighting], other: list[Sighting]) -> bool:
    """Whether a camera may have read one vehicle as these two plates."""
    plates = [plain_plate(block[0].plate) or "" for block in (one, other)]
    return plates[0] == plates[1] or are_confusable(plates[0], plates[1])


def _between(presence: Presence, last: Sighting, first: Sighting) -> Moment:
    earliest_at = max(last.observed_at, presence.arrived.latest_at)
    return Moment(earliest_at=earliest_at, latest_at=max(earliest_at, first.observed_at))


def _reads_in(reads: Reads, blocks: list[list[Sighting]], place: int) -> Reads:
    """Readings of one vehicle's time, the unsure ones too."""
    from_at = blocks[place][0].observed_at if place else None
    until_at = blocks[place][-1].observed_at if place < len(blocks) - 1 else None
    return tuple(
        each
        for each in reads
        if (from_at is None or each.observed_at >= from_at)
        and (until_at is None or each.observed_at <= until_at)
    )
