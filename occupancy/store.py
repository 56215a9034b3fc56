"""The only writer of the belief tables; everything happens in the caller's transaction."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from occupancy.belief import Heard
from occupancy.health import DeviceHealth
from parking.errors import FencedError
from parking.ids import PARTITIONS, BerthId, Partition
from parking.plumbing.columns import float4s, instants, int2s, int4s, int8s, texts
from parking.plumbing.database import Connection, notify
from parking.states import Sighting, Transition

ADD_PARTITIONS = "INSERT INTO partitions (partition) SELECT generate_series(0, %s) ON CONFLICT DO NOTHING"
TAKE_OVER = "UPDATE partitions SET epoch = epoch + 1, owner = %s RETURNING partition, seq, epoch"
MOVE_SEQS = """
UPDATE partitions AS p SET seq = v.seq
FROM unnest(%s::int[], %s::bigint[]) AS v(partition, seq)
WHERE p.partition = v.partition AND p.epoch = %s"""
CHECK_EPOCH = "SELECT count(*) FROM (SELECT 1 FROM partitions WHERE epoch = %s FOR SHARE) AS mine"
ADD_BATCH = """
INSERT INTO batches (batch_no, first_reading_id, last_reading_id, advanced_at, committed_at)
VALUES (%s, %s, %s, %s, %s)"""
COPY_TRANSITIONS = """
COPY transitions (partition, seq, berth_id, from_state, to_state, earliest_at, latest_at, confidence, cause,
                  reading_id, replaces_seq, committed_at) FROM STDIN (FORMAT BINARY)"""
TRANSITION_TYPES = (
    "int4", "int8", "text", "int2", "int2", "timestamptz", "timestamptz", "float4", "text", "int8", "int8",
    "timestamptz",
)  # fmt: skip
COPY_SIGHTINGS = """
COPY sightings (partition, seq, berth_id, observed_at, plate, plate_colour, confidence, device_id, reading_id,
                committed_at) FROM STDIN (FORMAT BINARY)"""
SIGHTING_TYPES = (
    "int4", "int8", "text", "timestamptz", "text", "text", "float4", "text", "int8", "timestamptz",
)  # fmt: skip
SAVE_STATES = """
INSERT INTO berth_states (berth_id, state, since_at, confidence, seq, heard_until, received_at)
SELECT * FROM unnest(%s::text[], %s::int2[], %s::timestamptz[], %s::float4[], %s::int8[], %s::timestamptz[],
                     %s::timestamptz[])
ON CONFLICT (berth_id) DO UPDATE SET state = excluded.state, since_at = excluded.since_at,
    confidence = excluded.confidence, seq = excluded.seq, heard_until = excluded.heard_until,
    received_at = excluded.received_at"""
SAVE_HEARD = """
UPDATE berth_states AS b SET heard_until = v.heard_until, received_at = v.received_at
FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) AS v(berth_id, heard_until, received_at)
WHERE b.berth_id = v.berth_id"""
SAVE_COUNTS = """
INSERT INTO section_counts (section_id, batch_no, as_of, free, occupied, unknown, closed)
SELECT v.section_id, %s, %s, v.free, v.occupied, v.unknown, v.closed
FROM unnest(%s::text[], %s::int[], %s::int[], %s::int[], %s::int[])
     AS v(section_id, free, occupied, unknown, closed)"""
COPY_HEALTH = """
COPY device_health (device_id, as_of, berth_id, heard_until, compared, accuracy, accuracy_low, accuracy_high,
                    beats_expected, beats_missed, battery_v, battery_v_per_day, drift, quarantined_since,
                    quarantine_reason, recorded_at) FROM STDIN (FORMAT BINARY)"""
HEALTH_TYPES = (
    "text", "timestamptz", "text", "timestamptz", "float4", "float4", "float4", "float4", "float4", "float4",
    "float4", "float4", "float4", "timestamptz", "text", "timestamptz",
)  # fmt: skip
SAVE_SNAPSHOT = """
INSERT INTO grid_snapshots (batch_no, taken_at, body, intake, packed) VALUES (%s, %s, %s, %s, true)"""
DROP_SNAPSHOTS = """
DELETE FROM grid_snapshots
WHERE batch_no < (SELECT min(batch_no)
                  FROM (SELECT batch_no FROM grid_snapshots ORDER BY batch_no DESC LIMIT 2) AS kept)"""
LAST_SNAPSHOT = "SELECT batch_no, body, intake, packed FROM grid_snapshots ORDER BY batch_no DESC LIMIT 1"
BATCHES_SINCE = """
SELECT batch_no, first_reading_id, last_reading_id, advanced_at FROM batches
WHERE batch_no > %s ORDER BY batch_no"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """State of the street process after a batch."""

    batch_no: int
    body: bytes
    intake: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one transaction took in; the id bounds are None where it held no reading."""

    batch_no: int
    first_reading_id: int | None
    last_reading_id: int | None
    advanced_at: datetime | None


def take_over(connection: Connection, owner: str) -> tuple[int, dict[Partition, int]]:
    """Become the writer of all partitions; returns the new epoch and each partition's last sequence."""
    connection.execute(ADD_PARTITIONS, (PARTITIONS - 1,))
    rows = connection.execute(TAKE_OVER, (owner,)).fetchall()
    return max(epoch for _, _, epoch in rows), {Partition(partition): seq for partition, seq, _ in rows}


def move_partitions(connection: Connection, epoch: int, seqs: Mapping[Partition, int]) -> None:
    """Store the sequences reached; raises FencedError when another worker has taken over."""
    if seqs:
        held = connection.execute(MOVE_SEQS, (list(seqs), list(seqs.values()), epoch)).rowcount == len(seqs)
    else:
        row = connection.execute(CHECK_EPOCH, (epoch,)).fetchone()
        held = row is not None and row[0] == PARTITIONS
    if not held:
        raise FencedError("another street process has taken this city over: stop one of the two")


def save_batch(connection: Connection, batch: Batch, committed_at: datetime) -> None:
    """Record what the transaction took in."""
    connection.execute(
        ADD_BATCH,
        (batch.batch_no, batch.first_reading_id, batch.last_reading_id, batch.advanced_at, committed_at),
    )


def save_transitions(connection: Connection, rows: Sequence[Transition], committed_at: datetime) -> None:
    """Append transitions and wake their readers."""
    if not rows:
        return
    with connection.cursor() as cursor, cursor.copy(COPY_TRANSITIONS) as copy:
        copy.set_types(TRANSITION_TYPES)
        for row in rows:
            copy.write_row((
                row.partition, row.seq, row.berth_id, int(row.from_state), int(row.to_state),
                row.moment.earliest_at, row.moment.latest_at, row.confidence, row.cause.value,
                row.reading_id, row.replaces_seq, committed_at,
            ))  # fmt: skip
    notify(connection, "transitions")


def save_sightings(connection: Connection, rows: Sequence[Sighting], committed_at: datetime) -> None:
    """Append sightings and wake their readers."""
    if not rows:
        return
    with connection.cursor() as cursor, cursor.copy(COPY_SIGHTINGS) as copy:
        copy.set_types(SIGHTING_TYPES)
        for row in rows:
            copy.write_row((
                row.partition, row.seq, row.berth_id, row.observed_at, row.plate, row.plate_colour,
                row.confidence, row.device_id, row.reading_id, committed_at,
            ))  # fmt: skip
    notify(connection, "sightings")


def save_states(connection: Connection, rows: Sequence[Transition], heard: Sequence[Heard]) -> None:
    """Make the newest transition of each berth its current row; rows are in order of decision."""
    newest = {row.berth_id: (row, told) for row, told in zip(rows, heard, strict=True)}
    if not newest:
        return
    states, told = zip(*newest.values(), strict=True)
    until, received = zip(*told, strict=True)
    connection.execute(SAVE_STATES, (
        texts(list(newest)), int2s([row.to_state for row in states]),
        instants([row.moment.latest_at for row in states]), float4s([row.confidence for row in states]),
        int8s([row.seq for row in states]), instants(until), instants(received),
    ))  # fmt: skip
    notify(connection, "berth_states")


def save_heard(connection: Connection, berth_ids: Sequence[BerthId], heard: Sequence[Heard]) -> None:
    """Move the times at which berths were last heard of, where their state stood."""
    if berth_ids:
        until, received = zip(*heard, strict=True)
        connection.execute(SAVE_HEARD, (texts(berth_ids), instants(until), instants(received)))
        notify(connection, "berth_states")


def save_counts(
    connection: Connection,
    batch_no: int,
    as_of: datetime,
    section_ids: Sequence[str],
    counts: Sequence[Sequence[int]],
) -> None:
    """Append the counts of sections that changed: free, occupied, unknown, closed of each."""
    if section_ids:
        columns = [int4s(column) for column in zip(*counts, strict=True)]
        connection.execute(SAVE_COUNTS, (batch_no, as_of, texts(section_ids), *columns))
        notify(connection, "section_counts")


def save_health(connection: Connection, rows: Sequence[DeviceHealth], recorded_at: datetime) -> None:
    """Append these checkups and wake their readers."""
    if not rows:
        return
    with connection.cursor() as cursor, cursor.copy(COPY_HEALTH) as copy:
        copy.set_types(HEALTH_TYPES)
        for row in rows:
            copy.write_row((
                row.device_id, row.as_of, row.berth_id, row.heard_until, row.compared, row.accuracy,
                row.accuracy_low, row.accuracy_high, row.beats_expected, row.beats_missed, row.battery_v,
                row.battery_v_per_day, row.drift, row.quarantined_since,
                row.quarantine_reason and row.quarantine_reason.value, recorded_at,
            ))  # fmt: skip
    notify(connection, "device_health")


def save_snapshot(connection: Connection, snapshot: Snapshot, taken_at: datetime) -> None:
    """Keep this snapshot and the one before it.

    They are compressed here, lightly: the server would spend five times as long on it.
    """
    body, intake = zlib.compress(snapshot.body, 1), zlib.compress(snapshot.intake, 1)
    connection.execute(SAVE_SNAPSHOT, (snapshot.batch_no, taken_at, body, intake))
    connection.execute(DROP_SNAPSHOTS)


def find_snapshot(connection: Connection) -> Snapshot | None:
    """Return the newest snapshot, None before the first."""
    row = connection.execute(LAST_SNAPSHOT).fetchone()
    if row is None:
        return None
    batch_no, body, intake, is_packed = row
    if is_packed:
        body, intake = zlib.decompress(body), zlib.decompress(intake)
    return Snapshot(batch_no=batch_no, body=body, intake=intake)


def list_batches_since(connection: Connection, batch_no: int) -> Iterator[Batch]:
    """Batches after a number, in order."""
    for number, first, last, advanced_at in connection.execute(BATCHES_SINCE, (batch_no,)).fetchall():
        yield Batch(batch_no=number, first_reading_id=first, last_reading_id=last, advanced_at=advanced_at)
