"""The only writer of stays, charges and ledger; everything happens in the caller's transaction.

Each load is one statement for all berths of a turn, so that a turn costs a handful of round trips.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from billing.books import PublishedBook
from billing.charges import Charge
from billing.ledger import FIRST_HASH, Entry, chain
from billing.records import charge_of, row_of, stay_of, stay_values
from billing.stays import Anchor, History
from billing.turn import Account, PlacedStay, Row
from parking.errors import FencedError
from parking.ids import PARTITIONS, BerthId, Partition, Plate, StayId
from parking.plumbing.database import Connection, notify
from parking.plumbing.feed import Positions, read_after
from parking.span import Moment, Span
from parking.states import Sighting, Transition

ADD_POSITIONS = (
    "INSERT INTO billing_positions (partition) SELECT generate_series(0, %s) ON CONFLICT DO NOTHING"
)
READ_POSITIONS = "SELECT partition, seq, out_seq FROM billing_positions"
MOVE_POSITIONS = """
UPDATE billing_positions AS p SET seq = v.seq, out_seq = v.out_seq
FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[]) AS v(partition, from_seq, seq, out_seq)
WHERE p.partition = v.partition AND p.seq = v.from_seq"""
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
       s.arrival_seq, s.departure_seq, s.note
FROM unnest(%s::text[], %s::bigint[]) AS b(berth_id, after_seq)
JOIN stays AS s ON s.berth_id = b.berth_id AND s.arrival_seq > b.after_seq"""
LIST_CLOSED_UNDER = """
SELECT DISTINCT s.stay_id, s.berth_id, s.state, s.arrived_earliest_at, s.arrived_latest_at,
       s.departed_earliest_at, s.departed_latest_at, s.plate, s.plate_colour, s.plate_confidence,
       s.arrival_seq, s.departure_seq, s.note
FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) AS r(plate, from_at, to_at)
JOIN stays AS s ON s.plate = r.plate AND s.arrived_latest_at >= r.from_at AND s.arrived_latest_at < r.to_at
WHERE s.state = 'closed'"""
LAST_CHARGES = """
SELECT c.charge_id, c.stay_id, c.version, c.amount_fen, c.zone_class, c.tariff, c.document_no, c.lines,
       c.notes, c.charged_from_at, c.charged_to_at, c.minutes, c.cause, c.replaces, c.rated_at,
       c.book_digest
FROM unnest(%s::text[]) AS b(stay_id)
CROSS JOIN LATERAL (SELECT * FROM charges WHERE stay_id = b.stay_id ORDER BY version DESC LIMIT 1) AS c"""
SAVE_STAYS = """
INSERT INTO stays (stay_id, partition, out_seq, berth_id, section_id, zone_id, zone_class, state,
                   arrived_earliest_at, arrived_latest_at, departed_earliest_at, departed_latest_at,
                   plate, plate_colour, plate_confidence, arrival_seq, departure_seq, note, updated_at)
SELECT v.*, %s FROM unnest(
    %s::text[], %s::int[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
    %s::text[], %s::text[], %s::real[], %s::bigint[], %s::bigint[], %s::text[]) AS v
ON CONFLICT (stay_id) DO UPDATE SET
    out_seq = excluded.out_seq, section_id = excluded.section_id, zone_id = excluded.zone_id,
    zone_class = excluded.zone_class, state = excluded.state,
    arrived_earliest_at = excluded.arrived_earliest_at, arrived_latest_at = excluded.arrived_latest_at,
    departed_earliest_at = excluded.departed_earliest_at, departed_latest_at = excluded.departed_latest_at,
    plate = excluded.plate, plate_colour = excluded.plate_colour,
    plate_confidence = excluded.plate_confidence,
    arrival_seq = excluded.arrival_seq, departure_seq = excluded.departure_seq, note = excluded.note,
    updated_at = excluded.updated_at"""
COPY_CHARGES = """
COPY charges (charge_id, stay_id, version, amount_fen, zone_class, tariff, document_no, lines, notes,
              charged_from_at, charged_to_at, minutes, cause, replaces, rated_at, book_digest) FROM STDIN"""
SAVE_BOOK = "INSERT INTO tariff_books (digest, files, recorded_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
LAST_ENTRY = "SELECT entry_no, hash FROM ledger_entries ORDER BY entry_no DESC LIMIT 1"
COPY_ENTRIES = """
COPY ledger_entries (entry_no, transaction_id, book, account, amount_fen, cause, charge_id, booked_at, hash)
FROM STDIN"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far each partition is read, and how many changes of stays it has put out."""

    seqs: Positions
    out_seqs: Positions


def load_progress(connection: Connection) -> Progress:
    """Read the stored positions, which begin at nothing."""
    connection.execute(ADD_POSITIONS, (PARTITIONS - 1,))
    rows = connection.execute(READ_POSITIONS).fetchall()
    return Progress(
        seqs={Partition(partition): seq for partition, seq, _ in rows},
        out_seqs={Partition(partition): out_seq for partition, _, out_seq in rows},
    )


def save_progress(connection: Connection, before: Progress, after: Progress) -> None:
    """Move the positions; raises FencedError when they are no longer where this process left them."""
    moved = [
        partition
        for partition, seq in after.seqs.items()
        if (seq, after.out_seqs[partition]) != (before.seqs[partition], before.out_seqs[partition])
    ]
    done = connection.execute(
        MOVE_POSITIONS,
        (
            moved,
            [before.seqs[partition] for partition in moved],
            [after.seqs[partition] for partition in moved],
            [after.out_seqs[partition] for partition in moved],
        ),
    )
    if done.rowcount != len(moved):
        raise FencedError("another billing process works on this database: stop one of the two")


def read_rows(connection: Connection, seqs: Positions, limit: int) -> list[Row]:
    """Read what is new, at most `limit` rows of each partition, in the order of partition and sequence."""
    rows = [row_of(values) for values in read_after(connection, READ_ROWS, seqs, limit)]
    return sorted(rows, key=lambda row: (row.partition, row.seq))


def load_accounts(connection: Connection, rows: Sequence[Row], seqs: Positions) -> dict[BerthId, Account]:
    """Load what is on record of the berths of these rows, from before the first moment that they affect.

    `seqs` are the positions before the rows: nothing newer is loaded.
    """
    anchors = _find_anchors(connection, rows)
    berth_ids = list(anchors)
    upto = {row.berth_id: seqs[row.partition] for row in rows}
    after_seqs = [anchor.departure_seq if anchor else 0 for anchor in anchors.values()]
    after_ats = [
        anchor.departed.latest_at.isoformat() if anchor else "-infinity" for anchor in anchors.values()
    ]
    upto_seqs = [upto[berth_id] for berth_id in berth_ids]
    known = [
        row_of(each) for each in connection.execute(LIST_TRANSITIONS, (berth_ids, after_seqs, upto_seqs))
    ]
    known += [row_of(each) for each in connection.execute(LIST_SIGHTINGS, (berth_ids, after_ats, upto_seqs))]
    accounts = _histories(anchors, known)
    for values in connection.execute(LIST_STAYS, (berth_ids, after_seqs)):
        stay = stay_of(values)
        accounts[stay.berth_id].stays[stay.stay_id] = stay
    _load_charges(connection, accounts)
    return accounts


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


def save_stays(connection: Connection, placed: Iterable[PlacedStay], now: datetime) -> None:
    """Write the present form of changed stays and wake their readers."""
    values = [stay_values(each) for each in placed]
    if values:
        connection.execute(SAVE_STAYS, (now, *(list(column) for column in zip(*values, strict=True))))
        notify(connection, "stays")


def save_charges(connection: Connection, charges: Sequence[Charge]) -> None:
    """Append charges."""
    if not charges:
        return
    with connection.cursor() as cursor, cursor.copy(COPY_CHARGES) as copy:
        for charge in charges:
            copy.write_row((
                charge.charge_id, charge.stay_id, charge.version, charge.amount_fen, charge.zone_class,
                charge.tariff, charge.document_no, Jsonb(charge.lines), Jsonb(charge.notes),
                charge.charged_from_at, charge.charged_to_at, charge.minutes, charge.cause.value,
                charge.replaces, charge.rated_at, charge.book_digest,
            ))  # fmt: skip


def save_book(connection: Connection, published: PublishedBook, now: datetime) -> None:
    """Keep the texts of a book for good; known ones are passed over."""
    connection.execute(SAVE_BOOK, (published.digest, Jsonb(published.files), now))


def save_entries(connection: Connection, entries: Sequence[Entry]) -> None:
    """Append entries to the chain."""
    if not entries:
        return
    last_no, last_hash = connection.execute(LAST_ENTRY).fetchone() or (0, FIRST_HASH)
    with connection.cursor() as cursor, cursor.copy(COPY_ENTRIES) as copy:
        for link in chain(entries, last_no, last_hash):
            entry = link.entry
            copy.write_row((
                link.entry_no, entry.transaction_id, entry.book, entry.account, entry.amount_fen,
                entry.cause.value, entry.charge_id, entry.booked_at, link.hash,
            ))  # fmt: skip


def _find_anchors(connection: Connection, rows: Iterable[Row]) -> dict[BerthId, Anchor | None]:
    """Find where the history of each berth must begin: behind a stay that no row of these can affect."""
    first_seq: dict[BerthId, int] = {}
    first_seen: dict[BerthId, datetime] = {}
    for row in rows:
        berth_id, seq = row.berth_id, row.seq
        if isinstance(row, Sighting):
            first_seen[berth_id] = min(row.observed_at, first_seen.get(berth_id, row.observed_at))
        elif row.replaces_seq is not None:
            seq = min(seq, row.replaces_seq)
        first_seq[berth_id] = min(seq, first_seq.get(berth_id, seq))
    anchors: dict[BerthId, Anchor | None] = dict.fromkeys(first_seq)
    arguments = (list(first_seq), list(first_seq.values()), [first_seen.get(each) for each in first_seq])
    for berth_id, stay_id, departure_seq, earliest_at, latest_at in connection.execute(
        FIND_ANCHORS, arguments
    ):
        departed = Moment(earliest_at=earliest_at, latest_at=latest_at)
        anchors[BerthId(berth_id)] = Anchor(
            stay_id=StayId(stay_id), departure_seq=departure_seq, departed=departed
        )
    return anchors


def _histories(anchors: Mapping[BerthId, Anchor | None], rows: Iterable[Row]) -> dict[BerthId, Account]:
    transitions: dict[BerthId, list[Transition]] = {berth_id: [] for berth_id in anchors}
    sightings: dict[BerthId, list[Sighting]] = {berth_id: [] for berth_id in anchors}
    for row in rows:
        if isinstance(row, Transition):
            transitions[row.berth_id].append(row)
        else:
            sightings[row.berth_id].append(row)
    return {
        berth_id: Account(
            history=History(
                berth_id=berth_id,
                anchor=anchor,
                transitions=tuple(transitions[berth_id]),
                sightings=tuple(sightings[berth_id]),
            )
        )
        for berth_id, anchor in anchors.items()
    }


def _load_charges(connection: Connection, accounts: Mapping[BerthId, Account]) -> None:
    owners = {stay_id: account for account in accounts.values() for stay_id in account.stays}
    if owners:
        for values in connection.execute(LAST_CHARGES, (list(owners),)):
            charge = charge_of(values)
            owners[charge.stay_id].charges[charge.stay_id] = charge
