"""What the street process believes, read from its tables: states, changes, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from guidance.board import Belief
from parking.ids import BerthId, DeviceId, Partition
from parking.plumbing.database import Connection
from parking.plumbing.feed import Positions, read_after, start_positions
from parking.states import BerthState

LIST_POSITIONS = "SELECT partition, seq FROM partitions"
LIST_MOVED = """
SELECT t.partition, t.seq, t.berth_id
  FROM unnest(%(partitions)s::int[], %(seqs)s::bigint[]) AS p(partition, seq)
 CROSS JOIN LATERAL (SELECT partition, seq, berth_id FROM transitions
                      WHERE transitions.partition = p.partition AND transitions.seq > p.seq
                      ORDER BY transitions.seq LIMIT %(limit)s) AS t"""
# The newest limit of silence is the one in force: the street writes it with the batch that it holds from.
_STATES = """
SELECT b.berth_id, b.state, b.since_at, b.confidence, b.heard_until, b.received_at,
       (SELECT l.silence FROM silence_limits AS l
         WHERE l.berth_id = b.berth_id ORDER BY l.batch_no DESC LIMIT 1)
  FROM berth_states AS b"""
LIST_STATES_OF = _STATES + " WHERE b.berth_id = ANY(%s)"
LIST_STATES_AFTER = _STATES + " WHERE b.berth_id > %s ORDER BY b.berth_id LIMIT %s"
FIND_LAST_TRANSITION = """
SELECT t.from_state, t.to_state, t.earliest_at, t.latest_at, t.confidence, t.cause, r.device_id,
       t.committed_at
  FROM transitions AS t LEFT JOIN readings AS r ON r.reading_id = t.reading_id
 WHERE t.berth_id = %s ORDER BY t.seq DESC LIMIT 1"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The newest change of belief about a berth, with the device whose reading caused it."""

    from_state: BerthState
    to_state: BerthState
    earliest_at: datetime
    latest_at: datetime
    confidence: float
    cause: str
    device_id: DeviceId | None
    committed_at: datetime


def list_positions(connection: Connection) -> Positions:
    """The street's newest position in every partition."""
    positions = start_positions()
    positions.update({Partition(partition): seq for partition, seq in connection.execute(LIST_POSITIONS)})
    return positions


def list_moved(
    connection: Connection, positions: Positions, limit: int
) -> list[tuple[Partition, int, BerthId]]:
    """(partition, seq, berth) of transitions after the positions, at most `limit` a partition."""
    return [
        (Partition(partition), seq, BerthId(berth_id))
        for partition, seq, berth_id in read_after(connection, LIST_MOVED, positions, limit)
    ]


def list_states_of(connection: Connection, berth_ids: list[BerthId]) -> list[Belief]:
    """Present beliefs of these berths; those never heard of are missing."""
    return [_belief(*row) for row in connection.execute(LIST_STATES_OF, (berth_ids,))]


def list_states_after(connection: Connection, berth_id: str, limit: int) -> list[Belief]:
    """Present beliefs in the order of the ids, starting behind this one."""
    return [_belief(*row) for row in connection.execute(LIST_STATES_AFTER, (berth_id, limit))]


def find_last_change(connection: Connection, berth_id: BerthId) -> Change | None:
    """The newest change of belief about one berth."""
    row = connection.execute(FIND_LAST_TRANSITION, (berth_id,)).fetchone()
    if row is None:
        return None
    from_state, to_state, earliest_at, latest_at, confidence, cause, device_id, committed_at = row
    return Change(
        from_state=BerthState(from_state),
        to_state=BerthState(to_state),
        earliest_at=earliest_at,
        latest_at=latest_at,
        confidence=confidence,
        cause=cause,
        device_id=device_id,
        committed_at=committed_at,
    )


def _belief(
    berth_id: str,
    state: int,
    since_at: datetime,
    confidence: float,
    heard_until: datetime,
    received_at: datetime,
    silence: timedelta | None,
) -> Belief:
    return Belief(
        BerthId(berth_id), BerthState(state), since_at, confidence, heard_until, received_at, silence
    )
