"""Stays and charges as billing wrote them, followed for the live stream and the figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from parking.ids import Partition
from parking.plumbing.database import Connection
from parking.plumbing.feed import Positions, read_after, start_positions

LIST_POSITIONS = "SELECT partition, out_seq FROM billing_positions"
LIST_UNSETTLED = "SELECT stay_id, state FROM stays WHERE state IN ('open', 'held')"
LIST_CHANGED_STAYS = """
SELECT s.partition, s.out_seq, s.stay_id, s.state
  FROM unnest(%(partitions)s::int[], %(seqs)s::bigint[]) AS p(partition, seq)
 CROSS JOIN LATERAL (SELECT partition, out_seq, stay_id, state FROM stays
                      WHERE stays.partition = p.partition AND stays.out_seq > p.seq
                      ORDER BY stays.out_seq LIMIT %(limit)s) AS s"""
_BILL = """
SELECT c.charge_id, c.stay_id, c.version, s.berth_id, s.section_id, s.zone_id, c.zone_class, s.plate,
       s.arrived_latest_at, s.departed_earliest_at, c.amount_fen,
       c.amount_fen - coalesce(r.amount_fen, 0), c.tariff, c.cause, c.rated_at
  FROM charges AS c JOIN stays AS s USING (stay_id) LEFT JOIN charges AS r ON r.charge_id = c.replaces"""
LIST_BILLS_OF = _BILL + " WHERE c.stay_id = ANY(%s) AND c.rated_at >= %s ORDER BY c.rated_at, c.charge_id"
LIST_NEWEST_BILLS = _BILL + " ORDER BY c.rated_at DESC, c.charge_id DESC LIMIT %s"
SUM_SINCE = """
SELECT count(*) FILTER (WHERE c.version = 1),
       coalesce(sum(c.amount_fen - coalesce(r.amount_fen, 0)), 0)::bigint
  FROM charges AS c LEFT JOIN charges AS r ON r.charge_id = c.replaces WHERE c.rated_at >= %s"""
COUNT_BEHIND = """
SELECT coalesce(sum(p.seq - coalesce(b.seq, 0)), 0)::bigint
  FROM partitions AS p LEFT JOIN billing_positions AS b USING (partition)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One version of a charge. `added_fen` is what it changes against the version before."""

    charge_id: str
    stay_id: str
    version: int
    berth_id: str
    section_id: str
    zone_id: str
    zone_class: str
    plate: str | None
    arrived_at: datetime
    departed_at: datetime | None
    amount_fen: int
    added_fen: int
    tariff: str
    cause: str
    rated_at: datetime


_FIELDS = tuple(Bill.__dataclass_fields__)


def list_out_positions(connection: Connection) -> Positions:
    """Billing's newest position in every partition of its own feed."""
    positions = start_positions()
    positions.update({Partition(partition): seq for partition, seq in connection.execute(LIST_POSITIONS)})
    return positions


def list_unsettled(connection: Connection) -> dict[str, str]:
    """State of every stay that is open or held."""
    return dict(connection.execute(LIST_UNSETTLED).fetchall())


def list_changed_stays(
    connection: Connection, positions: Positions, limit: int
) -> list[tuple[Partition, int, str, str]]:
    """(partition, position, stay, state) of stays that changed after the positions."""
    return [
        (Partition(row[0]), *row[1:]) for row in read_after(connection, LIST_CHANGED_STAYS, positions, limit)
    ]


def list_bills_of(connection: Connection, stay_ids: Sequence[str], since: datetime) -> list[Bill]:
    """Charges of these stays rated since then, in the order of rating."""
    return [_bill(row) for row in connection.execute(LIST_BILLS_OF, (list(stay_ids), since))]


def list_newest_bills(connection: Connection, limit: int) -> list[Bill]:
    """The newest charges, oldest of them first."""
    return [_bill(row) for row in connection.execute(LIST_NEWEST_BILLS, (limit,))][::-1]


def sum_since(connection: Connection, since: datetime) -> tuple[int, int]:
    """Stays charged since then, and what their charges and all corrections since then add up to, in fen."""
    row = connection.execute(SUM_SINCE, (since,)).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def count_behind(connection: Connection) -> int:
    """Changes of belief that billing has not taken in yet."""
    row = connection.execute(COUNT_BEHIND).fetchone()
    return int(row[0]) if row else 0


def _bill(row: tuple[object, ...]) -> Bill:
    return Bill(**dict(zip(_FIELDS, row, strict=True)))  # type: ignore[arg-type]  # columns in field order
