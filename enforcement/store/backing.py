"""What stands behind stays and sightings: transitions, readings, and how sound these are."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from enforcement.kinds import Backing, Statement, Stay
from enforcement.store.facts import FAR
from parking.ids import DeviceId, Partition, ReadingId, StayId
from parking.plumbing.database import Connection
from parking.readings import ReadingKind
from parking.states import BerthState

LIST_TRANSITIONS = """
SELECT w.stay_id, t.partition, t.seq, t.reading_id,
       t.to_state = %(unknown)s AND t.earliest_at < w.proven_until
FROM unnest(%(stays)s::text[], %(berths)s::text[], %(first)s::bigint[], %(last)s::bigint[],
            %(left)s::timestamptz[], %(proven)s::timestamptz[])
     AS w(stay_id, berth_id, first, last, left_at, proven_until)
JOIN transitions AS t ON t.berth_id = w.berth_id AND t.seq >= w.first AND t.seq <= w.last
     AND t.earliest_at <= w.left_at
WHERE NOT EXISTS (SELECT FROM transitions AS r WHERE r.berth_id = t.berth_id AND r.replaces_seq = t.seq)
ORDER BY w.stay_id, t.seq"""
LIST_STATEMENTS = """
SELECT w.stay_id, r.reading_id, r.device_id, r.observed_at, r.quality
FROM unnest(%(stays)s::text[], %(berths)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
     AS w(stay_id, berth_id, start_at, end_at)
JOIN readings AS r ON r.berth_id = w.berth_id AND r.observed_at >= w.start_at AND r.observed_at <= w.end_at
WHERE r.kind = %(change)s AND r.occupied
UNION
SELECT n.stay_id, r.reading_id, r.device_id, r.observed_at, r.quality
FROM unnest(%(named)s::text[], %(reading_ids)s::bigint[]) AS n(stay_id, reading_id)
JOIN readings AS r ON r.reading_id = n.reading_id
WHERE r.occupied
ORDER BY 1, 2"""
LIST_UNSOUND = "SELECT reading_id FROM readings WHERE reading_id = ANY(%s) AND quality <> 0"

_LAST_SEQ: Final = 2**62


def list_backing(connection: Connection, stays: Sequence[Stay], slack: timedelta) -> dict[StayId, Backing]:
    """What stands behind each stay. Transitions that were replaced since do not count."""
    if not stays:
        return {}
    transitions = _list_transitions(connection, stays)
    statements = _list_statements(connection, stays, transitions, slack)
    return {
        stay.stay_id: Backing(
            transitions=tuple((each.partition, each.seq) for each in transitions[stay.stay_id]),
            statements=tuple(statements[stay.stay_id]),
            silent=any(each.silences for each in transitions[stay.stay_id]),
        )
        for stay in stays
    }


def list_unsound(connection: Connection, reading_ids: Collection[ReadingId]) -> frozenset[ReadingId]:
    """Those of the readings that are marked as less than perfect."""
    rows = connection.execute(LIST_UNSOUND, (list(reading_ids),)) if reading_ids else ()
    return frozenset(ReadingId(number) for (number,) in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """A transition of a stay; `silences` where it made the berth UNKNOWN before the stay's last proof."""

    partition: Partition
    seq: int
    reading_id: ReadingId | None
    silences: bool


def _list_transitions(connection: Connection, stays: Sequence[Stay]) -> dict[StayId, list[_Turn]]:
    arguments = {
        "stays": [stay.stay_id for stay in stays],
        "berths": [stay.berth_id for stay in stays],
        "first": [stay.arrival_seq for stay in stays],
        "last": [_LAST_SEQ if stay.departure_seq is None else stay.departure_seq for stay in stays],
        "left": [stay.departed_latest_at or FAR for stay in stays],
        "proven": [stay.proven_until for stay in stays],
        "unknown": int(BerthState.UNKNOWN),
    }
    found: dict[StayId, list[_Turn]] = defaultdict(list)
    for stay_id, *row in connection.execute(LIST_TRANSITIONS, arguments):
        found[StayId(stay_id)].append(
            _Turn(partition=Partition(row[0]), seq=row[1], reading_id=row[2], silences=row[3])
        )
    return found


def _list_statements(
    connection: Connection,
    stays: Sequence[Stay],
    transitions: Mapping[StayId, Sequence[_Turn]],
    slack: timedelta,
) -> dict[StayId, list[Statement]]:
    """Reports of a change to occupied within the stay, and whatever made its transitions."""
    named = [
        (stay_id, turn.reading_id)
        for stay_id, turns in transitions.items()
        for turn in turns
        if turn.reading_id is not None
    ]
    arguments = {
        "stays": [stay.stay_id for stay in stays],
        "berths": [stay.berth_id for stay in stays],
        "starts": [stay.arrived.earliest_at - slack for stay in stays],
        "ends": [stay.proven_until or stay.arrived.latest_at for stay in stays],
        "change": int(ReadingKind.CHANGE),
        "named": [stay_id for stay_id, _ in named],
        "reading_ids": [reading_id for _, reading_id in named],
    }
    found: dict[StayId, list[Statement]] = defaultdict(list)
    for stay_id, reading_id, device_id, observed_at, quality in connection.execute(
        LIST_STATEMENTS, arguments
    ):
        found[StayId(stay_id)].append(
            Statement(
                reading_id=ReadingId(reading_id),
                device_id=DeviceId(device_id),
                observed_at=observed_at,
                sound=quality == 0,
            )
        )
    return found
