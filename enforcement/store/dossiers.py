"""Everything that stands behind a case, read in one consistent view for its export. Reads only."""

from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from enforcement.cases.words import Case
from enforcement.evidence.chain import ChainedEntry
from enforcement.store.cases import find_case, list_log
from parking.plumbing.database import Connection, consistent_read

FIND_VIOLATION = "SELECT * FROM violations WHERE violation_id = %s"
LIST_EVENTS = "SELECT * FROM violation_events WHERE violation_id = %s ORDER BY event_no"
FIND_STAY = """
SELECT stay_id, berth_id, section_id, state, arrived_earliest_at, arrived_latest_at, departed_earliest_at,
       departed_latest_at, arrival_seq, departure_seq, note
FROM stays WHERE stay_id = %s"""
LIST_READINGS = """
SELECT reading_id, received_at, observed_at, device_id, berth_id, family, kind, boot, seq, occupied, plate,
       plate_colour, plate_confidence, quality, battery_v, encode(payload, 'base64') AS payload_base64
FROM readings WHERE reading_id = ANY(%s) ORDER BY reading_id"""
LIST_TRANSITIONS = """
SELECT t.* FROM unnest(%s::int[], %s::bigint[]) AS k(partition, seq)
JOIN transitions AS t USING (partition, seq) ORDER BY t.partition, t.seq"""
LIST_SIGHTINGS = """
SELECT t.* FROM unnest(%s::int[], %s::bigint[]) AS k(partition, seq)
JOIN sightings AS t USING (partition, seq) ORDER BY t.partition, t.seq"""
LIST_OBSERVATIONS = """
SELECT o.* FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS k(device_id, boot, seq)
JOIN observations AS o USING (device_id, boot, seq) ORDER BY o.observation_no"""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A case with all that it rests on; rows as they stand in their tables."""

    case: Case
    log: list[ChainedEntry]
    violation: Row
    events: list[Row]
    stay: Row | None
    readings: list[Row]
    transitions: list[Row]
    sightings: list[Row]
    observations: list[Row]


def find_dossier(connection: Connection, case_id: str) -> Dossier | None:
    """Gather a case's dossier, or None where there is no such case."""
    with consistent_read(connection):
        case = find_case(connection, case_id)
        if case is None:
            return None
        (violation,) = _rows(connection, FIND_VIOLATION, case.violation_id)
        evidence = violation["evidence"]
        presence = evidence.get("presence", {})
        named = [*presence.get("statements", []), *evidence["sightings"]]
        stays = _rows(connection, FIND_STAY, violation["stay_id"])
        return Dossier(
            case=case,
            log=list_log(connection, case_id),
            violation=violation,
            events=_rows(connection, LIST_EVENTS, case.violation_id),
            stay=stays[0] if stays else None,
            readings=_rows(connection, LIST_READINGS, [each["reading"] for each in named]),
            transitions=_rows(connection, LIST_TRANSITIONS, *_keys(presence.get("transitions", []))),
            sightings=_rows(
                connection, LIST_SIGHTINGS, *_keys([each["sighting"] for each in evidence["sightings"]])
            ),
            observations=_rows(connection, LIST_OBSERVATIONS, *_parts(evidence.get("observations", []))),
        )


def _keys(pairs: list[list[int]]) -> tuple[list[int], list[int]]:
    return [partition for partition, _ in pairs], [seq for _, seq in pairs]


def _parts(observations: list[Row]) -> tuple[list[str], list[int], list[int]]:
    keys = [each["observation"] for each in observations]
    return [key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]


def _rows(connection: Connection, query: str, *arguments: object) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), arguments).fetchall()
