"""What a turn of billing must know: new rows, and what is on record of the berths that they concern.

Each load is one statement for all berths of a turn, so that a turn costs a handful of round trips.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from billing.decisionlog import decisions_taken
from billing.records import charge_of, row_of, stay_of
from billing.stays import Anchor, History
from billing.turn import Account, Row
from parking.ids import BerthId, Plate, StayId, partition_of
from parking.plumbing.database import Connection
from parking.plumbing.feed import Positions, read_after
from parking.span import Moment, Span
from parking.states import Sighting, Transition

READ_ROWS = """
SELECT r.* FROM unnest(%(partitions)s::int[], %(seqs)s::bigint[]) AS p(partition, seq)
CROSS JOIN LATERAL (
    (SELECT t.partition, t.seq, t.berth_id, t.earliest_at, t.latest_at, t.confidence, t.reading_id,
            t.from_state, t.to_state, t.cause, t.replaces_seq,
            NULL::text AS plate, NULL::text AS plate_colour, NULL::text AS device_id
     FROM transitions AS t WHERE t.partition = p.partition AND t.seq > p.seq
     ORDER BY t.seq LIMIT %(limit)s)
    UNION ALL
    (SELECT s.partition, s.seq, s.berth_id, s.observed_at, s.observed_at, s.confidence, s.reading_id,
            NULL, NULL, NULL, NULL, s.plate, s.plate_colour, s.device_id
     FROM sightings AS s WHERE s.partition = p.partition AND s.seq > p.seq
     ORDER BY s.seq LIMIT %(limit)s)
    ORDER BY seq LIMIT %(limit)s
) AS r"""
# A stay is an anchor if it ended in a vacant berth, by a row that corrects none, and none corrects up to it.
FIND_ANCHORS = """
SELECT b.berth_id, a.* FROM unnest(%s::text[], %s::bigint[], %s::timestamptz[]) AS b(berth_id, seq, seen_at)
CROSS JOIN LATERAL (
    SELECT s.stay_id, s.departure_seq, s.departed_earliest_at, s.departed_latest_at
    FROM stays AS s
    WHERE s.berth_id = b.berth_id AND s.departure_seq < b.seq AND s.state <> 'void'
      AND (b.seen_at IS NULL OR s.departed_latest_at < b.seen_at)
      AND NOT EXISTS (
          SELECT 1 FROM transitions AS t
          WHERE t.berth_id = b.berth_id AND t.seq >= s.departure_seq AND t.replaces_seq <= s.departure_seq)
    ORDER BY s.arrival_seq DESC LIMIT 1
) AS a"""
LIST_TRANSITIONS = """
SELECT t.partition, t.seq, t.berth_id, t.earliest_at, t.latest_at, t.confidence, t.reading_id,
       t.from_state, t.to_state, t.cause, t.replaces_seq, NULL, NULL, NULL
FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS b(berth_id, after_seq, upto_seq)
JOIN transitions AS t ON t.berth_id = b.berth_id AND t.seq > b.after_seq AND t.seq <= b.upto_seq"""
LIST_SIGHTINGS = """
SELECT s.partition, s.seq, s.berth_id, s.observed_at, s.observed_at, s.confidence, s.reading_id,
       NULL, NULL, NULL, NULL, s.plate, s.plate_colour, s.device_id
FROM unnest(%s::text[], %s::timestamptz[], %s::bigint[]) AS b(berth_id, after_at, upto_seq)
JOIN sightings AS s ON s.berth_id = b.berth_id AND s.observed_at > b.after_at AND s.seq <= b.upto_seq"""
LIST_STAYS = """
SELECT s.stay_id, s.berth_id, s.state, s.arrived_earliest_at, s.arrived_latest_at, s.departed_earliest_at,
       s.departed_latest_at, s.plate, s.plate_colour, s.plate_confidence,
       s.arrival_seq, s.departure_seq, s.note, s.witnessed_from_at, s.witnessed_until_at
FROM unnest(%s::text[], %s::bigint[]) AS b(berth_id, after_seq)
JOIN stays AS s ON s.berth_id = b.berth_id AND s.arrival_seq > b.after_seq"""
LIST_CLOSED_UNDER = """
SELECT DISTINCT s.stay_id, s.berth_id, s.state, s.arrived_earliest_at, s.arrived_latest_at,
       s.departed_earliest_at, s.departed_latest_at, s.plate, s.plate_colour, s.plate_confidence,
       s.arrival_seq, s.departure_seq, s.note, s.witnessed_from_at, s.witnessed_until_at
FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) AS r(plate, from_at, to_at)
JOIN stays AS s ON s.plate = r.plate AND s.arrived_latest_at >= r.from_at AND s.arrived_latest_at < r.to_at
WHERE s.state = 'closed'"""
LAST_CHARGES = """
SELECT c.charge_id, c.stay_id, c.version, c.amount_fen, c.zone_class, c.tariff, c.document_no, c.lines,
       c.notes, c.charged_from_at, c.charged_to_at, c.minutes, c.cause, c.replaces, c.rated_at,
       c.book_digest
FROM unnest(%s::text[]) AS b(stay_id)
CROSS JOIN LATERAL (SELECT * FROM charges WHERE stay_id = b.stay_id ORDER BY version DESC LIMIT 1) AS c"""


def read_rows(connection: Connection, seqs: Positions, limit: int) -> list[Row]:
    """Read what is new, at most `limit` rows of each partition, in the order of partition and sequence."""
    rows = [row_of(values) for values in read_after(connection, READ_ROWS, seqs, limit)]
    return sorted(rows, key=lambda row: (row.partition, row.seq))


class Start(NamedTuple):
    """From where a berth's history is wanted: before this transition, and before this moment."""

    seq: int
    seen_at: datetime | None


def load_accounts(connection: Connection, rows: Sequence[Row], seqs: Positions) -> dict[BerthId, Account]:
    """Load what is on record of the berths of these rows, from before the first moment that they affect.

    `seqs` are the positions before the rows: nothing newer is loaded.
    """
    return load_accounts_since(connection, _first_affected(rows), seqs)


def load_accounts_since(
    connection: Connection, starts: Mapping[BerthId, Start], seqs: Positions
) -> dict[BerthId, Account]:
    """Load histories as `load_histories` does, with the stays that follow from them and what those owe."""
    histories = load_histories(connection, starts, seqs)
    accounts = {berth_id: Account(history=history) for berth_id, history in histories.items()}
    after_seqs = [each.anchor.departure_seq if each.anchor else 0 for each in histories.values()]
    for values in connection.execute(LIST_STAYS, (list(histories), after_seqs)):
        stay = stay_of(values)
        accounts[stay.berth_id].stays[stay.stay_id] = stay
    _load_charges(connection, accounts)
    return accounts


def load_histories(
    connection: Connection, starts: Mapping[BerthId, Start], seqs: Positions
) -> dict[BerthId, History]:
    """Load histories that begin behind a stay which nothing from the start on can affect."""
    anchors = _find_anchors(connection, starts)
    berth_ids = list(anchors)
    after_seqs = [anchor.departure_seq if anchor else 0 for anchor in anchors.values()]
    after_ats = [
        anchor.departed.latest_at.isoformat() if anchor else "-infinity" for anchor in anchors.values()
    ]
    upto_seqs = [seqs[partition_of(berth_id)] for berth_id in berth_ids]
    transitions: dict[BerthId, list[Transition]] = {berth_id: [] for berth_id in anchors}
    sightings: dict[BerthId, list[Sighting]] = {berth_id: [] for berth_id in anchors}
    for query, after in ((LIST_TRANSITIONS, after_seqs), (LIST_SIGHTINGS, after_ats)):
        for values in connection.execute(query, (berth_ids, after, upto_seqs)):
            row = row_of(values)
            if isinstance(row, Transition):
                transitions[row.berth_id].append(row)
            else:
                sightings[row.berth_id].append(row)
    decisions = decisions_taken(connection, berth_ids)
    return {
        berth_id: History(
            berth_id=berth_id,
            anchor=anchor,
            transitions=tuple(transitions[berth_id]),
            sightings=tuple(sightings[berth_id]),
            decisions=tuple(decisions.get(berth_id, ())),
        )
        for berth_id, anchor in anchors.items()
    }


def load_closed_under(
    connection: Connection, touched: Sequence[tuple[Plate, Span]]
) -> dict[BerthId, Account]:
    """Load the closed stays of these plates that began in these spans."""
    plates, spans = [plate for plate, _ in touched], [span for _, span in touched]
    arguments = (plates, [span.start_at for span in spans], [span.end_at for span in spans])
    accounts: dict[BerthId, Account] = {}
    for values in connection.execute(LIST_CLOSED_UNDER, arguments):
        stay = stay_of(values)
        account = accounts.setdefault(stay.berth_id, Account(history=History(berth_id=stay.berth_id)))
        account.stays[stay.stay_id] = stay
    _load_charges(connection, accounts)
    return accounts


def _first_affected(rows: Iterable[Row]) -> dict[BerthId, Start]:
    starts: dict[BerthId, Start] = {}
    for row in rows:
        before = starts.get(row.berth_id, Start(row.seq, None))
        seen_at, seq = before.seen_at, min(before.seq, row.seq)
        if isinstance(row, Sighting):
            seen_at = row.observed_at if seen_at is None else min(seen_at, row.observed_at)
        elif row.replaces_seq is not None:
            seq = min(seq, row.replaces_seq)
        starts[row.berth_id] = Start(seq, seen_at)
    return starts


def _find_anchors(connection: Connection, starts: Mapping[BerthId, Start]) -> dict[BerthId, Anchor | None]:
    anchors: dict[BerthId, Anchor | None] = dict.fromkeys(starts)
    arguments = (
        list(starts),
        [start.seq for start in starts.values()],
        [start.seen_at for start in starts.values()],
    )
    for berth_id, stay_id, departure_seq, earliest_at, latest_at in connection.execute(
        FIND_ANCHORS, arguments
    ):
        departed = Moment(earliest_at=earliest_at, latest_at=latest_at)
        anchors[BerthId(berth_id)] = Anchor(
            stay_id=StayId(stay_id), departure_seq=departure_seq, departed=departed
        )
    return anchors


def _load_charges(connection: Connection, accounts: Mapping[BerthId, Account]) -> None:
    owners = {stay_id: account for account in accounts.values() for stay_id in account.stays}
    if owners:
        for values in connection.execute(LAST_CHARGES, (list(owners),)):
            charge = charge_of(values)
            owners[charge.stay_id].charges[charge.stay_id] = charge
