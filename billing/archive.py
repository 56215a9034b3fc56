"""Gathers out of the database all that one bill rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, LiteralString

from billing.books import restore_book
from billing.charges import Charge
from billing.dossier import DeviceHealth, Dossier, SealedEntry
from billing.ledger import FIRST_HASH
from billing.loading import Start, load_histories
from billing.presence import root_of
from billing.rating import Site
from billing.reading import find_stay, list_charges
from billing.records import chained_of
from billing.register import rights_of
from billing.runloading import load_earlier
from billing.sightings import ARRIVAL_SLACK
from billing.stays import History, Stay, derive
from parking.ids import BerthId, partition_of
from parking.plumbing.database import Connection
from parking.span import Span

LIST_ENTRIES = """
SELECT e.entry_no, e.transaction_id, e.book, e.account, e.amount_fen, e.cause, e.charge_id, e.booked_at,
       e.hash, (SELECT b.hash FROM ledger_entries AS b WHERE b.entry_no = e.entry_no - 1)
FROM ledger_entries AS e WHERE e.charge_id = ANY(%s) ORDER BY e.entry_no"""
LIST_READINGS = """
SELECT reading_id, received_at, observed_at, device_id, berth_id, family, kind, boot, seq, occupied, plate,
       plate_colour, plate_confidence, quality, battery_v, encode(payload, 'base64') AS payload_base64
FROM readings WHERE reading_id = ANY(%s) ORDER BY reading_id"""
LIST_REPORTS = """
SELECT device_id, observed_at, battery_v, quality FROM readings
WHERE berth_id = %(berth)s AND received_at BETWEEN %(from)s AND %(to)s
  AND observed_at BETWEEN %(from)s AND %(to)s
ORDER BY device_id, observed_at"""
# The health of a device at a moment is its newest row up to it.
LIST_JUDGED = """
SELECT DISTINCT ON (device_id) * FROM device_health
WHERE device_id = ANY(%s) AND as_of <= %s ORDER BY device_id, as_of DESC"""
FIND_BOOK = "SELECT files FROM tariff_books WHERE digest = %s"
POSITION = "SELECT seq FROM billing_positions WHERE partition = %s"
# How a device did shortly before and after a stay is part of what its word is worth.
HEALTH_MARGIN: Final = timedelta(hours=2)


def gather(
    connection: Connection, stay_id: str, sites: Mapping[BerthId, Site], now: datetime
) -> Dossier | None:
    """Everything about one stay, None where there is none; reads on one unchanging view of the database."""
    listed = find_stay(connection, stay_id)
    if listed is None:
        return None
    stay = listed.stay
    site = replace(sites[stay.berth_id], zone_class=listed.zone_class)
    history = _history(connection, stay, site)
    charges = list_charges(connection, stay.stay_id)
    plates = [stay.read.plate] if stay.read else []
    tariffs = _tariffs(connection, charges)
    sums_stays = bool(tariffs) and restore_book(tariffs).book.sums_stays
    return Dossier(
        exported_at=now,
        stay=stay,
        site=site,
        readings=_readings(connection, history),
        devices=_devices(connection, stay, now),
        anchor=history.anchor,
        transitions=list(history.transitions),
        sightings=list(history.sightings),
        decisions=list(history.decisions),
        rights=[right for rights in rights_of(connection, plates).values() for right in rights],
        tariffs=tariffs,
        charges=charges,
        entries=_entries(connection, charges),
        earlier=load_earlier(connection, stay, sites) if sums_stays else (),
    )


def shorten(history: History, stay: Stay) -> History:
    """Leave out what came after the stay and changes nothing about it."""
    rows = {row.seq: row for row in history.transitions}
    last_at = stay.departed_latest_at
    sightings = tuple(
        each for each in history.sightings if last_at is None or each.observed_at <= last_at + ARRIVAL_SLACK
    )
    for end in sorted({root_of(row, rows) for row in history.transitions}):
        kept = tuple(row for row in history.transitions if root_of(row, rows) <= end)
        shorter = replace(history, transitions=kept, sightings=sightings)
        if stay in derive(shorter):
            return shorter
    return history


def _history(connection: Connection, stay: Stay, site: Site) -> History:
    row = connection.execute(POSITION, (partition_of(stay.berth_id),)).fetchone()
    seqs = {partition_of(stay.berth_id): row[0] if row else 0}
    start = Start(stay.arrival_seq, stay.arrived.earliest_at - ARRIVAL_SLACK)
    history = load_histories(connection, {stay.berth_id: start}, seqs)[stay.berth_id]
    return shorten(replace(history, needs_witness=site.needs_witness), stay)


def _readings(connection: Connection, history: History) -> list[dict[str, Any]]:
    ids = {row.reading_id for row in history.transitions if row.reading_id is not None}
    ids |= {row.reading_id for row in history.sightings}
    return _named(connection, LIST_READINGS, (sorted(ids),))


def _named(
    connection: Connection, query: LiteralString, arguments: tuple[object, ...]
) -> list[dict[str, Any]]:
    """The rows by the names of their columns, as plain values."""
    cursor = connection.execute(query, arguments)
    names = [column.name for column in cursor.description or ()]
    return [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in cursor]


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _devices(connection: Connection, stay: Stay, now: datetime) -> list[DeviceHealth]:
    span = Span(
        start_at=stay.arrived.earliest_at - HEALTH_MARGIN,
        end_at=(stay.departed_latest_at or now) + HEALTH_MARGIN,
    )
    reports: dict[str, list[Sequence[Any]]] = {}
    arguments = {"berth": stay.berth_id, "from": span.start_at, "to": span.end_at}
    for row in connection.execute(LIST_REPORTS, arguments):
        reports.setdefault(row[0], []).append(row)
    held = _named(connection, LIST_JUDGED, (list(reports), stay.departed_latest_at or now))
    judged = {row["device_id"]: row for row in held}
    return [_health(device_id, rows, judged.get(device_id)) for device_id, rows in reports.items()]


def _health(device_id: str, rows: Sequence[Sequence[Any]], judged: dict[str, Any] | None) -> DeviceHealth:
    silences = [(after[1] - before[1]).total_seconds() for before, after in pairwise(rows)]
    volts = [row[2] for row in rows if row[2] is not None]
    quality = 0
    for row in rows:
        quality |= row[3]
    return DeviceHealth(
        device_id=device_id,
        reading_count=len(rows),
        first_at=rows[0][1],
        last_at=rows[-1][1],
        longest_silence_s=max(silences, default=0.0),
        lowest_battery_v=min(volts, default=None),
        quality=quality,
        judged=judged,
    )


def _tariffs(connection: Connection, charges: Sequence[Charge]) -> dict[str, str]:
    """Texts by which the newest charge was rated."""
    row = connection.execute(FIND_BOOK, (charges[-1].book_digest,)).fetchone() if charges else None
    return dict(row[0]) if row else {}


def _entries(connection: Connection, charges: Sequence[Charge]) -> list[SealedEntry]:
    ids = [charge.charge_id for charge in charges]
    return [
        SealedEntry(before=before or FIRST_HASH, link=chained_of(columns))
        for *columns, before in connection.execute(LIST_ENTRIES, (ids,))
    ]
