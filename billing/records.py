"""Rows of the database as records and back: the one place that knows the order of columns."""

from collections.abc import Sequence
from typing import Any

from billing.charges import Charge, ChargeCause
from billing.ledger import ChainedEntry, Entry, EntryCause
from billing.presence import Note
from billing.sightings import PlateRead
from billing.stays import Stay
from billing.turn import PlacedStay, Row
from parking.ids import BerthId, ChargeId, DeviceId, Partition, Plate, ReadingId, StayId
from parking.money import Fen
from parking.span import Moment, Span
from parking.states import BerthState, Sighting, Transition, TransitionCause


def row_of(values: Sequence[Any]) -> Row:
    """Build a transition or, where there is a plate, a sighting."""
    (partition, seq, berth_id, earliest_at, latest_at, confidence, reading_id, from_state, to_state, cause,
     replaces_seq, plate, plate_colour, device_id) = values  # fmt: skip
    if plate is not None:
        return Sighting(
            partition=Partition(partition),
            seq=seq,
            berth_id=BerthId(berth_id),
            observed_at=earliest_at,
            plate=Plate(plate),
            plate_colour=plate_colour,
            confidence=confidence,
            device_id=DeviceId(device_id),
            reading_id=ReadingId(reading_id),
        )
    return Transition(
        partition=Partition(partition),
        seq=seq,
        berth_id=BerthId(berth_id),
        from_state=BerthState(from_state),
        to_state=BerthState(to_state),
        moment=Moment(earliest_at=earliest_at, latest_at=latest_at),
        confidence=confidence,
        cause=TransitionCause(cause),
        reading_id=None if reading_id is None else ReadingId(reading_id),
        replaces_seq=replaces_seq,
    )


def stay_of(values: Sequence[Any]) -> Stay:
    """Build a stay from the columns that store and api select, in this order."""
    (stay_id, berth_id, state, arrived_earliest_at, arrived_latest_at, departed_earliest_at,
     departed_latest_at, plate, plate_colour, plate_confidence, arrival_seq, departure_seq,
     note, witnessed_from_at, witnessed_until_at) = values  # fmt: skip
    read = None
    if plate is not None:
        read = PlateRead(plate=Plate(plate), colour=plate_colour, confidence=plate_confidence)
    return Stay(
        stay_id=StayId(stay_id),
        berth_id=BerthId(berth_id),
        arrived=Moment(earliest_at=arrived_earliest_at, latest_at=arrived_latest_at),
        arrival_seq=arrival_seq,
        departed_earliest_at=departed_earliest_at,
        departed_latest_at=departed_latest_at,
        departure_seq=departure_seq,
        read=read,
        notes=frozenset(Note(word) for word in note.split()),
        is_void=state == "void",
        witnessed=Span(start_at=witnessed_from_at, end_at=witnessed_until_at) if witnessed_from_at else None,
    )


def charge_of(values: Sequence[Any]) -> Charge:
    """Build a charge from the columns that store and api select, in this order."""
    (charge_id, stay_id, version, amount_fen, zone_class, tariff, document_no, lines, notes, charged_from_at,
     charged_to_at, minutes, cause, replaces, rated_at, book_digest) = values  # fmt: skip
    return Charge(
        charge_id=ChargeId(charge_id),
        stay_id=StayId(stay_id),
        version=version,
        amount_fen=Fen(amount_fen),
        zone_class=zone_class,
        tariff=tariff,
        document_no=document_no,
        lines=lines,
        notes=notes,
        charged_from_at=charged_from_at,
        charged_to_at=charged_to_at,
        minutes=minutes,
        cause=ChargeCause(cause),
        replaces=ChargeId(replaces) if replaces else None,
        rated_at=rated_at,
        book_digest=book_digest,
    )


def chained_of(values: Sequence[Any]) -> ChainedEntry:
    """Build a ledger entry in its place from all columns of the table, in their order."""
    entry_no, transaction_id, book, account, amount_fen, cause, charge_id, booked_at, digest = values
    entry = Entry(
        transaction_id=transaction_id,
        book=book,
        account=account,
        amount_fen=Fen(amount_fen),
        cause=EntryCause(cause),
        charge_id=ChargeId(charge_id) if charge_id is not None else None,
        booked_at=booked_at,
    )
    return ChainedEntry(entry_no=entry_no, entry=entry, hash=digest)


def stay_values(placed: PlacedStay) -> tuple[object, ...]:
    """Columns of a stay, in the order in which the store writes them."""
    stay, site, read, proven = placed.stay, placed.site, placed.stay.read, placed.stay.witnessed
    return (
        stay.stay_id, placed.partition, placed.out_seq, stay.berth_id, site.section_id, site.zone_id,
        site.zone_class, stay.state.value, stay.arrived.earliest_at, stay.arrived.latest_at,
        stay.departed_earliest_at, stay.departed_latest_at, read.plate if read else None,
        read.colour if read else None, read.confidence if read else None, stay.arrival_seq,
        stay.departure_seq, " ".join(sorted(stay.notes)), proven.start_at if proven else None,
        proven.end_at if proven else None,
    )  # fmt: skip
