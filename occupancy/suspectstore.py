"""Reads what `occupancy.suspicions` judges: long standstills, and neighbours of whom one is contradicted."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from occupancy.health import DeviceHealth
from occupancy.suspicions import (
    BLOCKED_FOR,
    Side,
    Standstill,
    Word,
    blocked_sign,
    neighbours,
    rested,
    sensor_of,
    swapped_signs,
)
from occupancy.worklist import LEAST_ACCURACY, Sign
from parking.city import City
from parking.ids import BerthId, DeviceId
from parking.plumbing.database import Connection
from parking.readings import ReadingKind

# Also those that a quarantine has turned unknown since.
LIST_STANDSTILLS = """
SELECT berth_id, since_at FROM berth_states WHERE state = 1 AND since_at < %(before)s
UNION ALL
SELECT t.berth_id, t.earliest_at
FROM berth_states AS b JOIN transitions AS t USING (berth_id, seq)
WHERE b.state = 2 AND t.cause = 'quarantine' AND t.from_state = 1 AND t.earliest_at < %(before)s"""
COUNT_AROUND = """
SELECT a.berth_id, a.since_at,
       (SELECT count(*) FROM sightings AS s WHERE s.berth_id = a.berth_id AND s.observed_at >= a.since_at),
       (SELECT count(DISTINCT (s.device_id, date_bin('5 minutes', s.observed_at, a.since_at)))
        FROM sightings AS s JOIN devices AS d USING (device_id)
        WHERE s.berth_id = ANY(string_to_array(a.beside, ' ')) AND s.observed_at >= a.since_at
          AND d.family = 'patrol'),
       (SELECT count(*) FROM transitions AS t
        WHERE t.berth_id = ANY(string_to_array(a.beside, ' ')) AND t.latest_at >= a.since_at
          AND t.to_state <> 2 AND t.replaces_seq IS NULL)
FROM unnest(%s::text[], %s::timestamptz[], %s::text[]) AS a(berth_id, since_at, beside)"""
# Regular reports add nothing: what stands between two changes is known.
LIST_WORDS = """
SELECT berth_id, device_id, kind, observed_at, occupied FROM readings
WHERE berth_id = ANY(%s) AND observed_at >= %s AND kind <> 1 AND occupied IS NOT NULL
ORDER BY observed_at, reading_id"""

LOOK_BACK: Final = timedelta(days=3)
# A swap shows in few contradictions; so many pairs are looked at, the worst first.
MOST_PAIRS: Final = 200


def suspect(
    connection: Connection, city: City, healths: Sequence[DeviceHealth], now: datetime
) -> dict[DeviceId, list[Sign]]:
    """What seems wrong with berths, under the sensors that are bound to them."""
    found: dict[DeviceId, list[Sign]] = defaultdict(list)
    for device_id, sign in _blocked(connection, city, now):
        found[device_id].append(sign)
    for device_id, sign in _swapped(connection, city, healths, now):
        found[device_id].append(sign)
    return found


def _blocked(connection: Connection, city: City, now: datetime) -> list[tuple[DeviceId, Sign]]:
    sensors, beside = sensor_of(city), neighbours(city)
    rows = [
        row
        for row in connection.execute(LIST_STANDSTILLS, {"before": now - BLOCKED_FOR}).fetchall()
        if row[0] in sensors
    ]
    around = [" ".join(beside[BerthId(berth_id)]) for berth_id, _ in rows]
    columns = ([row[0] for row in rows], [row[1] for row in rows], around)
    signs = []
    for berth_id, since_at, seen, passes, changes in connection.execute(COUNT_AROUND, columns):
        found = Standstill(
            device_id=sensors[berth_id],
            berth_id=berth_id,
            since_at=since_at,
            seen=seen,
            passes=passes,
            neighbour_changes=changes,
        )
        if (sign := blocked_sign(found, now)) is not None:
            signs.append((found.device_id, sign))
    return signs


def _swapped(
    connection: Connection, city: City, healths: Sequence[DeviceHealth], now: datetime
) -> list[tuple[DeviceId, Sign]]:
    beside = neighbours(city)
    doubtful = sorted(
        (health.accuracy, health.berth_id)
        for health in healths
        if health.berth_id is not None
        and health.berth_id in beside
        and health.compared > 0
        and health.accuracy < LEAST_ACCURACY
    )
    pairs = {
        (min(berth_id, other), max(berth_id, other)): None
        for _, berth_id in doubtful
        for other in beside[berth_id]
    }
    chosen = list(pairs)[:MOST_PAIRS]
    sides = _sides(connection, city, sorted({each for pair in chosen for each in pair}), now)
    return [
        item
        for one, other in chosen
        if one in sides and other in sides
        for item in swapped_signs(sides[one], sides[other]).items()
    ]


def _sides(
    connection: Connection, city: City, berth_ids: Sequence[BerthId], now: datetime
) -> dict[BerthId, Side]:
    sensors = sensor_of(city)
    own: dict[BerthId, list[Word]] = defaultdict(list)
    passing: dict[BerthId, list[Word]] = defaultdict(list)
    watching: dict[BerthId, list[Word]] = defaultdict(list)
    rows = connection.execute(LIST_WORDS, (list(berth_ids), now - LOOK_BACK)) if berth_ids else ()
    for berth_id, device_id, kind, at, occupied in rows:
        words = own if device_id == sensors.get(berth_id) else passing
        if words is passing and kind == ReadingKind.CHANGE:
            words = watching
        words[berth_id].append(Word(at=at, occupied=occupied))
    return {
        berth_id: Side(
            device_id=sensors[berth_id],
            berth_id=berth_id,
            sensor=own[berth_id],
            witnesses=[*passing[berth_id], *rested(watching[berth_id])],
        )
        for berth_id in berth_ids
        if berth_id in sensors
    }
