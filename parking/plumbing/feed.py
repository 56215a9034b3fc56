"""Reading a table of changes from a stored position, so that a crash repeats work but never its effect.

A feed is a table with columns (partition, seq), seq growing by commit within its partition. The reader's
positions live in a table of its own and move in the transaction that holds the reader's output.
"""

from collections.abc import Iterable, Mapping
from typing import Any, LiteralString

from parking.ids import PARTITIONS, Partition
from parking.plumbing.database import Connection

Positions = dict[Partition, int]


def start_positions() -> Positions:
    """Positions before the first row of every partition."""
    return {Partition(number): 0 for number in range(PARTITIONS)}


def read_after(
    connection: Connection, query: LiteralString, positions: Mapping[Partition, int], limit: int
) -> list[tuple[Any, ...]]:
    """Run `query` with %(partitions)s, %(seqs)s (parallel arrays) and %(limit)s; rows come as it orders them.

    The query has the shape
    `SELECT ... FROM unnest(%(partitions)s::int[], %(seqs)s::bigint[]) AS p(partition, seq)
     CROSS JOIN LATERAL (SELECT * FROM t WHERE t.partition = p.partition AND t.seq > p.seq
                         ORDER BY t.seq LIMIT %(limit)s) AS t`
    which is one short index scan a partition.
    """
    arguments = {"partitions": list(positions), "seqs": list(positions.values()), "limit": limit}
    return connection.execute(query, arguments).fetchall()


def advance(positions: Mapping[Partition, int], consumed: Iterable[tuple[Partition, int]]) -> Positions:
    """Positions after the consumed (partition, seq) keys; they never go back."""
    moved = dict(positions)
    for partition, seq in consumed:
        moved[partition] = max(moved[partition], seq)
    return moved
