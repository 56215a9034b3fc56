"""The only writer of stays, charges and ledger; everything happens in the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from billing.books import PublishedBook
from billing.charges import Charge
from billing.ledger import FIRST_HASH, Entry, chain
from billing.records import stay_values
from billing.turn import PlacedStay
from parking.errors import FencedError
from parking.ids import PARTITIONS, Partition
from parking.plumbing.database import Connection, notify
from parking.plumbing.feed import Positions

ADD_POSITIONS = (
    "INSERT INTO billing_positions (partition) SELECT generate_series(0, %s) ON CONFLICT DO NOTHING"
)
READ_POSITIONS = "SELECT partition, seq, out_seq FROM billing_positions"
MOVE_POSITIONS = """
UPDATE billing_positions AS p SET seq = v.seq, out_seq = v.out_seq
FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[]) AS v(partition, from_seq, seq, out_seq)
WHERE p.partition = v.partition AND p.seq = v.from_seq"""
SAVE_STAYS = """
INSERT INTO stays (stay_id, partition, out_seq, berth_id, section_id, zone_id, zone_class, state,
                   arrived_earliest_at, arrived_latest_at, departed_earliest_at, departed_latest_at,
                   plate, plate_colour, plate_confidence, arrival_seq, departure_seq, note,
                   witnessed_from_at, witnessed_until_at, updated_at)
SELECT v.*, %s FROM unnest(
    %s::text[], %s::int[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
    %s::text[], %s::text[], %s::real[], %s::bigint[], %s::bigint[], %s::text[],
    %s::timestamptz[], %s::timestamptz[]) AS v
ON CONFLICT (stay_id) DO UPDATE SET
    out_seq = excluded.out_seq, section_id = excluded.section_id, zone_id = excluded.zone_id,
    zone_class = excluded.zone_class, state = excluded.state,
    arrived_earliest_at = excluded.arrived_earliest_at, arrived_latest_at = excluded.arrived_latest_at,
    departed_earliest_at = excluded.departed_earliest_at, departed_latest_at = excluded.departed_latest_at,
    plate = excluded.plate, plate_colour = excluded.plate_colour,
    plate_confidence = excluded.plate_confidence,
    arrival_seq = excluded.arrival_seq, departure_seq = excluded.departure_seq, note = excluded.note,
    witnessed_from_at = excluded.witnessed_from_at, witnessed_until_at = excluded.witnessed_until_at,
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
