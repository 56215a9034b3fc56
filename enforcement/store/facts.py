"""Stays and sightings as enforcement needs them: by change, when due, by stretch of a berth's past."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from enforcement.kinds import Stay, StayState
from parking.ids import BerthId, DeviceId, Partition, Plate, ReadingId, SectionId, StayId
from parking.plumbing.database import Connection
from parking.plumbing.feed import Positions, read_after
from parking.span import Moment, Span
from parking.states import BerthState, Sighting

READ_STAYS = """
SELECT t.partition, t.out_seq, t.berth_id, t.stay_id
FROM unnest(%(partitions)s::int[], %(seqs)s::bigint[]) AS p(partition, seq)
CROSS JOIN LATERAL (SELECT * FROM stays AS t WHERE t.partition = p.partition AND t.out_seq > p.seq
                    ORDER BY t.out_seq LIMIT %(limit)s) AS t"""
# Only as far as billing has come: by then the stay around a sighting exists, if there is one.
READ_SIGHTINGS = """
SELECT t.partition, t.seq, t.berth_id, t.observed_at
FROM unnest(%(partitions)s::int[], %(seqs)s::bigint[]) AS p(partition, seq)
JOIN billing_positions AS b ON b.partition = p.partition
CROSS JOIN LATERAL (SELECT * FROM sightings AS t
                    WHERE t.partition = p.partition AND t.seq > p.seq AND t.seq <= b.seq
                    ORDER BY t.seq LIMIT %(limit)s) AS t"""
# A berth's present state belongs to its open stay only once billing has seen the berth's last transition.
LIST_DUE = """
SELECT s.stay_id, w.needed, w.since_at
FROM unnest(%(berths)s::text[], %(needed)s::interval[], %(since)s::timestamptz[])
     AS w(berth_id, needed, since_at)
JOIN stays AS s ON s.berth_id = w.berth_id AND s.state = 'open'
JOIN berth_states AS h ON h.berth_id = s.berth_id
JOIN billing_positions AS p ON p.partition = s.partition
WHERE h.state = %(occupied)s AND p.seq >= h.seq
  AND least(h.heard_until, %(now)s) - greatest(s.arrived_latest_at, w.since_at) > w.needed"""
FIND_STAYS_AT = """
SELECT w.berth_id, w.at, s.stay_id
FROM unnest(%(berths)s::text[], %(ats)s::timestamptz[]) AS w(berth_id, at)
LEFT JOIN stays AS s ON s.berth_id = w.berth_id AND s.arrived_earliest_at - %(slack)s <= w.at
     AND (s.departed_latest_at IS NULL OR w.at <= s.departed_latest_at + %(slack)s)"""
LIST_NEIGHBOURS = """
SELECT n.stay_id
FROM stays AS s
CROSS JOIN LATERAL (
    (SELECT b.stay_id FROM stays AS b WHERE b.berth_id = s.berth_id AND b.state <> 'void'
         AND b.arrived_earliest_at < s.arrived_earliest_at ORDER BY b.arrived_earliest_at DESC LIMIT 1)
    UNION ALL
    (SELECT a.stay_id FROM stays AS a WHERE a.berth_id = s.berth_id AND a.state <> 'void'
         AND a.arrived_earliest_at > s.arrived_earliest_at ORDER BY a.arrived_earliest_at LIMIT 1)
) AS n
WHERE s.stay_id = ANY(%s)"""
LIST_BOUNDS = """
SELECT stay_id, berth_id, section_id, arrived_earliest_at, departed_latest_at FROM stays
WHERE stay_id = ANY(%s) ORDER BY stay_id"""
LIST_STAYS = """
SELECT w.number, s.stay_id, s.partition, s.berth_id, s.section_id, s.state,
       s.arrived_earliest_at, s.arrived_latest_at, s.departed_earliest_at, s.departed_latest_at,
       s.arrival_seq, s.departure_seq, s.plate,
       coalesce(s.departed_earliest_at, CASE WHEN h.state = %(occupied)s AND p.seq >= h.seq
                                             THEN least(h.heard_until, %(now)s) END)
FROM unnest(%(berths)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
     WITH ORDINALITY AS w(berth_id, start_at, end_at, number)
JOIN stays AS s ON s.berth_id = w.berth_id AND s.arrived_earliest_at <= w.end_at
     AND coalesce(s.departed_latest_at, 'infinity') >= w.start_at
LEFT JOIN berth_states AS h ON h.berth_id = s.berth_id
LEFT JOIN billing_positions AS p ON p.partition = s.partition
ORDER BY w.number, s.stay_id"""
LIST_SIGHTINGS = """
SELECT w.number, t.partition, t.seq, t.berth_id, t.observed_at, t.plate, t.plate_colour, t.confidence,
       t.device_id, t.reading_id
FROM unnest(%(berths)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
     WITH ORDINALITY AS w(berth_id, start_at, end_at, number)
JOIN sightings AS t ON t.berth_id = w.berth_id AND t.observed_at >= w.start_at AND t.observed_at <= w.end_at
ORDER BY w.number, t.seq"""

# Later than anything observed, early enough to add to.
FAR: Final = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Docket:
    """A stretch of the past that is to be judged: one stay, or a local day outside stays.

    Such a day is that of a berth, or, where there is none, of the observations of a section.
    """

    berth_id: BerthId | None
    section_id: SectionId
    span: Span
    stay_id: StayId | None

    @property
    def is_scene(self) -> bool:
        """Whether observations are judged, not a berth."""
        return self.berth_id is None


@dataclass(frozen=True, slots=True)
class Watch:
    """A length of presence in a berth, counted not before a moment, after which a rule may speak."""

    berth_id: BerthId
    needed: timedelta
    since_at: datetime


# A stay and the watch that it has outlasted.
Due = tuple[StayId, timedelta, datetime]


def read_stay_changes(connection: Connection, positions: Positions, limit: int) -> list[tuple[Any, ...]]:
    """Stays that changed after the positions: (partition, out_seq, berth_id, stay_id)."""
    return read_after(connection, READ_STAYS, positions, limit)


def read_new_sightings(connection: Connection, positions: Positions, limit: int) -> list[tuple[Any, ...]]:
    """Sightings after the positions which billing has seen: (partition, seq, berth_id, observed_at)."""
    return read_after(connection, READ_SIGHTINGS, positions, limit)


def list_due(connection: Connection, watches: Iterable[Watch], now: datetime) -> list[Due]:
    """Open stays that are proven to outlast what is watched for in their berth."""
    rows = list(watches)
    arguments = {
        "berths": [watch.berth_id for watch in rows],
        "needed": [watch.needed for watch in rows],
        "since": [watch.since_at for watch in rows],
        "occupied": int(BerthState.OCCUPIED),
        "now": now,
    }
    return [(StayId(name), needed, at) for name, needed, at in connection.execute(LIST_DUE, arguments)]


def find_stays_at(
    connection: Connection, places: Sequence[tuple[BerthId, datetime]], slack: timedelta
) -> Iterator[tuple[BerthId, datetime, StayId | None]]:
    """Stays that can hold each place and moment; one row with None where there is none."""
    arguments = {
        "berths": [berth_id for berth_id, _ in places],
        "ats": [at for _, at in places],
        "slack": slack,
    }
    yield from connection.execute(FIND_STAYS_AT, arguments)


def list_neighbours(connection: Connection, stay_ids: Collection[StayId]) -> list[StayId]:
    """Stays just before and after these in their berths."""
    return [StayId(name) for (name,) in connection.execute(LIST_NEIGHBOURS, (list(stay_ids),))]


def open_dockets(connection: Connection, stay_ids: Collection[StayId], slack: timedelta) -> list[Docket]:
    """One docket a stay, over its bounds widened by the slack."""
    return [
        Docket(
            berth_id=BerthId(berth_id),
            section_id=SectionId(section_id),
            span=Span(start_at=arrived_at - slack, end_at=(departed_at or FAR) + slack),
            stay_id=StayId(stay_id),
        )
        for stay_id, berth_id, section_id, arrived_at, departed_at in connection.execute(
            LIST_BOUNDS, (list(stay_ids),)
        )
    ]


def list_stays(
    connection: Connection, dockets: Sequence[Docket], slack: timedelta, now: datetime
) -> list[list[Stay]]:
    """Stays that can claim a sighting of each docket, in the order of dockets.

    A running stay is proven up to when its berth was last heard, but not beyond `now`.
    """
    arguments = {**_windows(dockets, slack), "occupied": int(BerthState.OCCUPIED), "now": now}
    found: list[list[Stay]] = [[] for _ in dockets]
    for number, *row in connection.execute(LIST_STAYS, arguments):
        found[number - 1].append(_stay(row))
    return found


def list_sightings(
    connection: Connection, dockets: Sequence[Docket], until: Mapping[Partition, int]
) -> list[list[Sighting]]:
    """Sightings within each docket up to the given sequences, in the order of dockets."""
    found: list[list[Sighting]] = [[] for _ in dockets]
    for number, *row in connection.execute(LIST_SIGHTINGS, _windows(dockets, timedelta())):
        sighting = _sighting(row)
        if sighting.seq <= until[sighting.partition]:
            found[number - 1].append(sighting)
    return found


def _windows(dockets: Sequence[Docket], slack: timedelta) -> dict[str, list[Any]]:
    return {
        "berths": [docket.berth_id for docket in dockets],
        "starts": [docket.span.start_at - slack for docket in dockets],
        "ends": [docket.span.end_at + slack for docket in dockets],
    }


def _stay(row: Sequence[Any]) -> Stay:
    return Stay(
        stay_id=StayId(row[0]),
        partition=Partition(row[1]),
        berth_id=BerthId(row[2]),
        section_id=SectionId(row[3]),
        state=StayState(row[4]),
        arrived=Moment(earliest_at=row[5], latest_at=row[6]),
        departed_earliest_at=row[7],
        departed_latest_at=row[8],
        proven_until=row[12],
        arrival_seq=row[9],
        departure_seq=row[10],
        plate=None if row[11] is None else Plate(row[11]),
    )


def _sighting(row: Sequence[Any]) -> Sighting:
    return Sighting(
        partition=Partition(row[0]),
        seq=row[1],
        berth_id=BerthId(row[2]),
        observed_at=row[3],
        plate=Plate(row[4]),
        plate_colour=row[5],
        confidence=row[6],
        device_id=DeviceId(row[7]),
        reading_id=ReadingId(row[8]),
    )
