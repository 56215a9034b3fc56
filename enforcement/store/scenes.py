"""Area observations: the only writer and reader of their table, in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from enforcement.store.facts import Docket
from parking.city import Position
from parking.ids import BerthId, DeviceId, Plate, SectionId
from parking.observations import Observation, Scene
from parking.plumbing.database import Connection, notify
from parking.readings import PlateReading, Rejected

ADD_OBSERVATION = """
INSERT INTO observations (device_id, boot, seq, scene, observed_at, received_at, section_id, berth_id,
                          lon, lat, track, plate, plate_colour, plate_confidence, fleet, confidence, quality)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (device_id, boot, seq) DO NOTHING"""
ADD_REJECT = """
INSERT INTO observation_rejects (received_at, topic, payload, reason, detail) VALUES (%s, %s, %s, %s, %s)"""
LIST_NEW = """
SELECT observation_no, section_id, observed_at FROM observations
WHERE observation_no > %s ORDER BY observation_no LIMIT %s"""
LIST_OBSERVED = """
SELECT w.number, o.device_id, o.boot, o.seq, o.scene, o.observed_at, o.section_id, o.berth_id, o.lon, o.lat,
       o.track, o.plate, o.plate_colour, o.plate_confidence, o.fleet, o.confidence, o.quality
FROM unnest(%(sections)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
     WITH ORDINALITY AS w(section_id, start_at, end_at, number)
JOIN observations AS o ON o.section_id = w.section_id AND o.observed_at >= w.start_at
     AND o.observed_at <= w.end_at AND o.observation_no <= %(until)s
ORDER BY w.number, o.observation_no"""

# A reject keeps enough of the message to see what it was.
_KEPT_BYTES = 4_096


def add_observation(connection: Connection, observation: Observation, received_at: datetime) -> bool:
    """Store an observation; False where it was there."""
    place, plate = observation.position, observation.plate
    values = (
        observation.device_id, observation.boot, observation.seq, observation.scene.value,
        observation.observed_at, received_at, observation.section_id, observation.berth_id,
        place.lon if place else None, place.lat if place else None, observation.track,
        plate.plate if plate else None, plate.colour if plate else None,
        plate.confidence if plate else None, observation.fleet, observation.confidence, observation.quality,
    )  # fmt: skip
    return connection.execute(ADD_OBSERVATION, values).rowcount == 1


def add_reject(connection: Connection, rejected: Rejected) -> None:
    """Keep what was refused, with the reason."""
    raw = rejected.raw
    topic = raw.topic.replace("\0", "\\0")
    values = (raw.received_at, topic, raw.payload[:_KEPT_BYTES], rejected.reason.value, rejected.detail)
    connection.execute(ADD_REJECT, values)


def tell(connection: Connection) -> None:
    """Wake who judges observations when the transaction commits."""
    notify(connection, "observations")


def list_new(connection: Connection, after_no: int, limit: int) -> list[tuple[Any, ...]]:
    """Observations after a number: (observation_no, section_id, observed_at)."""
    return connection.execute(LIST_NEW, (after_no, limit)).fetchall()


def list_observed(
    connection: Connection, dockets: Sequence[Docket], until_no: int
) -> list[list[Observation]]:
    """Observations within each docket up to a number, in the order of dockets."""
    found: list[list[Observation]] = [[] for _ in dockets]
    arguments = {
        "sections": [docket.section_id for docket in dockets],
        "starts": [docket.span.start_at for docket in dockets],
        "ends": [docket.span.end_at for docket in dockets],
        "until": until_no,
    }
    for number, *row in connection.execute(LIST_OBSERVED, arguments):
        found[number - 1].append(_observation(row))
    return found


def _observation(row: Sequence[Any]) -> Observation:
    plate = (
        None if row[10] is None else PlateReading(plate=Plate(row[10]), colour=row[11], confidence=row[12])
    )
    return Observation(
        device_id=DeviceId(row[0]),
        boot=row[1],
        seq=row[2],
        scene=Scene(row[3]),
        observed_at=row[4],
        section_id=SectionId(row[5]),
        berth_id=None if row[6] is None else BerthId(row[6]),
        position=None if row[7] is None else Position(lon=row[7], lat=row[8]),
        track=row[9],
        plate=plate,
        fleet=row[13],
        confidence=row[14],
        quality=row[15],
    )
