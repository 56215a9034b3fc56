"""What plates owe: asked through a function that `app/` passes in, and asked again of what was found."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from parking.ids import Plate, StayId
from parking.money import Fen
from parking.plumbing.database import Connection

LIST_REMINDED = """
SELECT stay_id, plate FROM violations
WHERE rule = ANY(%s) AND state <> 'withdrawn' AND plate IS NOT NULL AND stay_id IS NOT NULL
  AND until_at > %s"""

# A debt that is paid later than this after the visit is thanked for elsewhere.
RECENT: Final = timedelta(days=2)


class Arrears(Protocol):
    """Knows what plates owe, as of the caller's transaction."""

    def __call__(self, connection: Connection, plates: Collection[Plate]) -> Mapping[Plate, Fen]:
        """Return what is due and unpaid by plate; plates that owe nothing may be left out."""
        ...


def nothing_owed(connection: Connection, plates: Collection[Plate]) -> Mapping[Plate, Fen]:
    """Answer for a city whose debts nobody keeps."""
    del connection, plates
    return {}


def list_paid(
    connection: Connection, arrears: Arrears, thresholds: Mapping[str, Fen], now: datetime
) -> set[StayId]:
    """Stays of which the operator was reminded, and whose plates owe less than any threshold by now."""
    if not thresholds:
        return set()
    rows = connection.execute(LIST_REMINDED, (sorted(thresholds), now - RECENT)).fetchall()
    owed = arrears(connection, {Plate(plate) for _, plate in rows}) if rows else {}
    least = min(thresholds.values())
    return {StayId(stay_id) for stay_id, plate in rows if owed.get(Plate(plate), 0) < least}
