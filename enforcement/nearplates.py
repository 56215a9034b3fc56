"""Plates that a reader may have meant: one character wrong, missing or too many."""

from typing import Final

from parking.ids import Plate
from parking.plates import DIGITS, LETTERS, PROVINCES, find_plate

_SERIAL: Final = sorted(LETTERS | DIGITS)
_HEADS: Final = sorted(PROVINCES)


def near_plates(plate: Plate) -> frozenset[Plate]:
    """Every valid plate at one step from this one; some hundreds."""
    found = set[Plate]()
    for place in range(len(plate) + 1):
        before, here, after = plate[:place], plate[place : place + 1], plate[place + 1 :]
        characters = _HEADS if place == 0 else _SERIAL
        texts = [before + after]
        texts += [before + each + after for each in characters if here]
        texts += [before + each + here + after for each in characters if place]
        found.update(parsed.plate for parsed in map(find_plate, texts) if parsed is not None)
    return frozenset(found - {plate})
