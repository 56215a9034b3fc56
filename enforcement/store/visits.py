"""Stays in berths at which only the rules for any berth look: which of them are worth judging. Reads only."""

from collections.abc import Collection
from typing import Any

from parking.ids import Plate, StayId
from parking.plumbing.database import Connection

# Stays of one plate that overlap, or nearly: nobody crosses a city in less than the time given.
LIST_SAME_PLATE = """
SELECT s.stay_id, o.stay_id
FROM stays AS s
JOIN stays AS o ON o.plate = s.plate AND o.stay_id <> s.stay_id AND o.section_id <> s.section_id
 AND o.state IN ('open', 'closed')
 AND o.arrived_latest_at < coalesce(s.departed_latest_at, 'infinity') + %(within)s
 AND coalesce(o.departed_earliest_at, 'infinity') > s.arrived_latest_at - %(within)s
 AND o.arrived_latest_at > s.arrived_latest_at - interval '30 days'
WHERE s.stay_id = ANY(%(stays)s)"""
LIST_PLATES = "SELECT stay_id, plate FROM stays WHERE stay_id = ANY(%s) AND plate IS NOT NULL"
LIST_KNOWN = """
SELECT stay_id FROM violations WHERE stay_id = ANY(%s)"""
LIST_PAIRED = """
SELECT stay_id FROM violations WHERE evidence ? 'elsewhere' AND evidence->>'elsewhere' = ANY(%s)"""


def list_same_plate(
    connection: Connection, stay_ids: Collection[StayId], within: object
) -> list[tuple[StayId, StayId]]:
    """Pairs of one of these stays and another of its plate at about the same time."""
    rows = connection.execute(LIST_SAME_PLATE, {"stays": sorted(stay_ids), "within": within})
    return [(StayId(one), StayId(other)) for one, other in rows]


def list_plates(connection: Connection, stay_ids: Collection[StayId]) -> dict[StayId, Plate]:
    """Plates of those stays that have one."""
    rows: Any = connection.execute(LIST_PLATES, (sorted(stay_ids),))
    return {StayId(stay_id): Plate(plate) for stay_id, plate in rows}


def list_known(connection: Connection, stay_ids: Collection[StayId]) -> set[StayId]:
    """Those of the stays in which something was found before, or whose plate was found elsewhere too."""
    known = {StayId(name) for (name,) in connection.execute(LIST_KNOWN, (sorted(stay_ids),))}
    return known | list_paired(connection, stay_ids)


def list_paired(connection: Connection, stay_ids: Collection[StayId]) -> set[StayId]:
    """Stays with a violation for which one of these is the other place."""
    return {StayId(name) for (name,) in connection.execute(LIST_PAIRED, (sorted(stay_ids),))}
