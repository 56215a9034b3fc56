"""Writes what the street and billing would have written, event by event, and runs the service over it."""

from collections import defaultdict
from datetime import UTC, datetime

from enforcement.service import Enforcement
from parking.ids import BerthId, DeviceId, Partition, Plate, StayId, partition_of
from parking.plumbing.database import Connection, transaction
from parking.readings import ReadingKind
from parking.rights import RightKind
from parking.states import BerthState
from tests.support.enforcement import RULEBOOK, SECTION, city, minute

ADD_READING = """
INSERT INTO readings (reading_id, received_at, observed_at, device_id, berth_id, family, kind, boot, seq,
                      occupied, plate, plate_colour, plate_confidence, quality)
VALUES (%s, %s, %s, %s, %s, 'geo', %s, 0, %s, %s, %s, %s, %s, %s)"""
ADD_TRANSITION = """
INSERT INTO transitions (partition, seq, berth_id, from_state, to_state, earliest_at, latest_at, confidence,
                         cause, reading_id, committed_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, 1, 'change', %s, %s)"""
ADD_SIGHTING = """
INSERT INTO sightings (partition, seq, berth_id, observed_at, plate, plate_colour, confidence, device_id,
                       reading_id, committed_at)
VALUES (%s, %s, %s, %s, %s, 'unknown', %s, %s, %s, %s)"""
SAVE_STATE = """
INSERT INTO berth_states (berth_id, state, since_at, confidence, seq, heard_until, received_at)
VALUES (%s, %s, %s, 1, %s, %s, now())
ON CONFLICT (berth_id) DO UPDATE SET state = excluded.state, since_at = excluded.since_at,
    seq = excluded.seq, heard_until = excluded.heard_until"""
HEAR = "UPDATE berth_states SET heard_until = greatest(heard_until, %s) WHERE berth_id = %s"
ADD_STAY = """
INSERT INTO stays (stay_id, partition, out_seq, berth_id, section_id, zone_id, zone_class, state,
                   arrived_earliest_at, arrived_latest_at, arrival_seq, updated_at)
VALUES (%s, %s, %s, %s, %s, 'Z1', 'I', 'open', %s, %s, %s, %s)"""
CLOSE_STAY = """
UPDATE stays SET state = 'closed', departed_earliest_at = %s, departed_latest_at = %s, departure_seq = %s,
                 out_seq = %s WHERE stay_id = %s"""
TURN_STAY = "UPDATE stays SET state = %s, out_seq = %s WHERE stay_id = %s"
ADD_RIGHT = """
INSERT INTO rights (right_id, version, change_no, kind, plate, from_at, to_at, section_ids, reason, document,
                    recorded_at)
SELECT %s, count(*) FILTER (WHERE right_id = %s) + 1, coalesce(max(change_no), 0) + 1, %s, %s, %s, %s, '{}',
       'test', 'test', %s
FROM rights"""
ADD_HEALTH = """
INSERT INTO device_health (device_id, as_of, compared, accuracy, accuracy_low, accuracy_high, beats_expected,
                           beats_missed, drift, quarantined_since, quarantine_reason)
VALUES (%s, %s, 100, 0.99, 0.98, 1, 24, 0, 0, %s, %s) ON CONFLICT DO NOTHING"""
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
BILL = """
INSERT INTO billing_positions (partition, seq) VALUES (%s, %s)
ON CONFLICT (partition) DO UPDATE SET seq = greatest(billing_positions.seq, excluded.seq)"""


class WrittenStreet:
    """One writer of the rows that enforcement reads; each method is one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seqs: dict[Partition, int] = defaultdict(int)
        self._out_seqs: dict[Partition, int] = defaultdict(int)
        self._reading_id = 0
        self._since: dict[BerthId, datetime] = {}

    def arrive(self, berth_id: BerthId, at: datetime, stay_id: str, *, quality: int = 0) -> StayId:
        """Let a vehicle arrive, as the berth's own sensor reports it, and a stay begin."""
        partition = partition_of(berth_id)
        with transaction(self._connection) as connection:
            seq = self._turn(berth_id, BerthState.OCCUPIED, at, quality)
            connection.execute(
                ADD_STAY, (stay_id, partition, self._out(partition), berth_id, SECTION, at, at, seq, at)
            )
        return StayId(stay_id)

    def hear(self, berth_id: BerthId, until: datetime) -> None:
        """Let the sensor repeat its state."""
        self._connection.execute(HEAR, (until, berth_id))

    def see(
        self, berth_id: BerthId, at: datetime, plate: Plate, device: str = "C-1", confidence: float = 0.95
    ) -> None:
        """Let a camera and a patrol read a plate, or the named device alone; billing has seen it too."""
        if device == "C-1":
            self.see(berth_id, at, plate, "P-9", confidence)
        partition = partition_of(berth_id)
        with transaction(self._connection) as connection:
            reading_id = self._read(berth_id, at, device, ReadingKind.SIGHTING, plate, 0)
            seq = self._next(partition)
            connection.execute(
                ADD_SIGHTING,
                (partition, seq, berth_id, at, plate, confidence, DeviceId(device), reading_id, at),
            )
            connection.execute(BILL, (partition, seq))

    def leave(self, berth_id: BerthId, stay_id: StayId, earliest: datetime, latest: datetime) -> None:
        """Let the vehicle leave at some moment between the two."""
        partition = partition_of(berth_id)
        with transaction(self._connection) as connection:
            seq = self._turn(berth_id, BerthState.FREE, latest, 0)
            connection.execute(CLOSE_STAY, (earliest, latest, seq, self._out(partition), stay_id))

    def turn_stay(self, berth_id: BerthId, stay_id: StayId, state: str) -> None:
        """Let billing hold, void or reopen a stay."""
        self._connection.execute(TURN_STAY, (state, self._out(partition_of(berth_id)), stay_id))

    def entitle(self, plate: Plate, kind: RightKind, *, until: float = 10_000) -> None:
        """Put a right on record, or change it; with `until` 0 it is as if it had never been."""
        name, end = f"R-{plate}-{kind}", minute(until)
        begin = end if until == 0 else minute(-1000)
        values = (name, name, kind.value, plate, begin, end, end)
        self._connection.execute(ADD_RIGHT, values)

    def check_up(self, device: str, at: datetime = LONG_AGO, quarantined: datetime | None = None) -> None:
        """Put a device's health on record, once for each minute."""
        reason = None if quarantined is None else "unlike_neighbours"
        self._connection.execute(ADD_HEALTH, (device, at, quarantined, reason))

    def _turn(self, berth_id: BerthId, state: BerthState, at: datetime, quality: int) -> int:
        partition = partition_of(berth_id)
        device = f"G-{berth_id}"
        reading_id = self._read(
            berth_id, at, device, ReadingKind.CHANGE, None, quality, occupied=state is BerthState.OCCUPIED
        )
        seq = self._next(partition)
        before = BerthState.FREE if state is BerthState.OCCUPIED else BerthState.OCCUPIED
        values = (partition, seq, berth_id, int(before), int(state), at, at, reading_id, at)
        self._connection.execute(ADD_TRANSITION, values)
        self._connection.execute(SAVE_STATE, (berth_id, int(state), at, seq, at))
        self._connection.execute(BILL, (partition, seq))
        return seq

    def _read(
        self,
        berth_id: BerthId,
        at: datetime,
        device: str,
        kind: ReadingKind,
        plate: Plate | None,
        quality: int,
        *,
        occupied: bool | None = None,
    ) -> int:
        self._reading_id += 1
        self.check_up(device)
        self._connection.execute(
            ADD_READING,
            (
                self._reading_id, at, at, device, berth_id, int(kind), self._reading_id, occupied, plate,
                "unknown", None, quality,
            ),
        )  # fmt: skip
        return self._reading_id

    def _next(self, partition: Partition) -> int:
        self._seqs[partition] += 1
        return self._seqs[partition]

    def _out(self, partition: Partition) -> int:
        self._out_seqs[partition] += 1
        return self._out_seqs[partition]


class SetClock:
    """A clock that stands where the test puts it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def opened(database_url: str, at: datetime | None = None) -> Enforcement:
    """Open the service; its clock stands hours after the events, as in a replay of the day so far."""
    return Enforcement(database_url, city(), RULEBOOK, SetClock(at or minute(6000)))


def drain(service: Enforcement) -> None:
    """Work until the feeds are read to the end and nothing more is due."""
    while service.work():
        pass
    service.work()
