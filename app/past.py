"""What a device tells of the state before its present one, as a statement of its own."""

from collections.abc import Iterable

from ingest.intake import Accepted
from parking.readings import Quality, Reading, ReadingKind


def with_past(accepted: Iterable[Accepted]) -> list[Accepted]:
    """The same readings; before each that knows when its former state began, that state at that time.

    Belief then narrows the bounds of a change whose own message was lost; where it was not, nothing differs.
    """
    told = []
    for each in accepted:
        if each.reading.previous_since and (past := _past_of(each.reading)):
            told.append(each._replace(reading=past))
        told.append(each)
    return told


def _past_of(reading: Reading) -> Reading | None:
    since = reading.previous_since
    if since is None or reading.occupied is None or since.latest_at >= reading.observed_at:
        return None
    return reading._replace(
        kind=ReadingKind.HEARTBEAT,
        observed_at=since.latest_at,
        occupied=not reading.occupied,
        quality=reading.quality | int(Quality.HISTORY),
        plate=None,
        battery_v=None,
        previous_since=None,
    )
