"""Everything by which one bill can be worked out again, offline, in one file. Pure.

The file is JSON: parts, and a SHA-256 over each. `find_difference` works from the evidence to the fen and
names the first place where what was booked is not what follows.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import msgspec

from billing.charges import Charge, ChargeCause
from billing.decisions import Decision
from billing.ledger import RECEIVABLE, ChainedEntry, EntryCause, first_break
from billing.presence import Note
from billing.rating import Rights, Site, rate
from billing.stays import Anchor, History, Stay, StayState, derive
from billing.tariff import Bill, EarlierStay, TariffBook, UnpricedError, bill_to_json
from parking.rights import Right
from parking.states import Sighting, Transition

# What is owed; whether and how it was paid is no part of the bill.
_OWING: Final = frozenset({EntryCause.DUE, EntryCause.REVERSAL})
FORMAT: Final = "citypark-bill-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """How a device did around the stay; `quality` are the bits of parking.readings.Quality seen.

    `judged` is what the platform held of it when the stay ended: a row of `device_health`, None before any.
    """

    device_id: str
    reading_count: int
    first_at: datetime
    last_at: datetime
    longest_silence_s: float
    lowest_battery_v: float | None
    quality: int
    judged: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEntry:
    """A ledger entry with the hash of the entry before it."""

    before: bytes
    link: ChainedEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """The parts of the file. `readings` are the messages behind the transitions and sightings."""

    exported_at: datetime
    stay: Stay
    site: Site
    readings: list[dict[str, Any]]
    devices: list[DeviceHealth]
    anchor: Anchor | None
    transitions: list[Transition]
    sightings: list[Sighting]
    decisions: list[Decision]
    rights: list[Right]
    tariffs: dict[str, str]
    charges: list[Charge]
    entries: list[SealedEntry]
    earlier: tuple[EarlierStay, ...] = ()  # where the tariff sums over stays of the vehicle


class _File(msgspec.Struct):
    format: str
    hashes: dict[str, str]
    parts: dict[str, msgspec.Raw]


class DossierError(ValueError):
    """The bytes are no such file, or not as they were exported; the text says where."""


def format_dossier(dossier: Dossier) -> bytes:
    """Write the file."""
    parts = {name: _encode(getattr(dossier, name)) for name in Dossier.__dataclass_fields__}
    hashes = {name: sha256(part).hexdigest() for name, part in parts.items()}
    body = {
        "format": FORMAT,
        "hashes": hashes,
        "parts": {name: msgspec.Raw(part) for name, part in parts.items()},
    }
    return msgspec.json.format(msgspec.json.encode(body), indent=1)


def parse_dossier(body: bytes) -> Dossier:
    """Read the file; raises DossierError for anything but what was exported."""
    try:
        file = msgspec.json.decode(body, type=_File)
        if file.format != FORMAT:
            raise DossierError(f"format: expected {FORMAT}, not {file.format}")
        values = {}
        for name, field in Dossier.__dataclass_fields__.items():
            plain = _encode(msgspec.json.decode(file.parts[name]))
            if sha256(plain).hexdigest() != file.hashes[name]:
                raise DossierError(f"{name}: changed since the export, its hash does not fit")
            values[name] = msgspec.json.decode(plain, type=field.type)
    except KeyError as error:
        raise DossierError(f"{error.args[0]}: missing") from error
    except msgspec.MsgspecError as error:
        raise DossierError(f"not a bill file: {error}") from error
    return Dossier(**values)


def find_difference(dossier: Dossier, book: TariffBook | None) -> str | None:
    """Return the first place where the evidence does not lead to what was booked; None where all agrees.

    `book` is built from the file's tariffs; a stay that never was charged has none.
    """
    history = History(
        berth_id=dossier.stay.berth_id,
        anchor=dossier.anchor,
        transitions=tuple(dossier.transitions),
        sightings=tuple(dossier.sightings),
        decisions=tuple(dossier.decisions),
        needs_witness=dossier.site.needs_witness,
    )
    derived = next((stay for stay in derive(history) if stay.stay_id == dossier.stay.stay_id), None)
    rights = {
        right.plate: [each for each in dossier.rights if each.plate == right.plate]
        for right in dossier.rights
    }
    last = dossier.charges[-1] if dossier.charges else None
    return (
        compare_stay(dossier.stay, derived)
        or compare_charge(dossier.stay, last, dossier.site, rights, book, dossier.earlier)
        or _compare_ledger(dossier.charges, dossier.entries)
    )


def compare_stay(booked: Stay, derived: Stay | None) -> str | None:
    """Return the first field in which the stay on record is not the one that the evidence gives."""
    if booked.is_void:
        return None if derived is None else _differs("stay", "void", "a stay")
    if derived is None:
        return _differs("stay", booked.stay_id, "none")
    for name in Stay.__dataclass_fields__:
        one, other = getattr(booked, name), getattr(derived, name)
        if name == "notes":
            one, other = sorted(one - {Note.NO_TARIFF}), sorted(other)
        if one != other:
            return _differs(f"stay.{name}", one, other)
    return None


def compare_charge(
    stay: Stay,
    last: Charge | None,
    site: Site,
    rights: Rights,
    book: TariffBook | None,
    earlier: tuple[EarlierStay, ...] = (),
) -> str | None:
    """Return the first difference between the newest charge and the bill that follows from the stay."""
    if stay.state is not StayState.CLOSED:
        is_owed = last is not None and last.cause is not ChargeCause.WITHDRAWN
        return _differs("charge", last.amount_fen, "none") if is_owed and last else None
    if book is None:
        return _differs("charge", "none", "a price, by tariffs that are not at hand")
    try:
        bill = rate(book, stay, site, rights, earlier=earlier)
    except UnpricedError as error:
        return _differs("charge", last.amount_fen if last else "none", f"no price: {error}")
    return _compare_bill(last, bill)


def _compare_bill(last: Charge | None, bill: Bill) -> str | None:
    if last is None:
        return _differs("charge", "none", bill.total_fen)
    body = bill_to_json(bill)
    for place, (booked, follows) in enumerate(zip(last.lines, body["lines"], strict=False)):
        for name, value in follows.items():
            if booked.get(name) != value:
                return _differs(f"charge.lines[{place}].{name}", booked.get(name), value)
    for name, one, other in (
        ("lines", len(last.lines), len(body["lines"])),
        ("amount_fen", last.amount_fen, bill.total_fen),
        ("sum of lines", last.amount_fen, sum(line["amount_fen"] for line in last.lines)),
        ("tariff", last.tariff, bill.tariff),
        ("document_no", last.document_no, bill.document),
    ):
        if one != other:
            return _differs(f"charge.{name}", one, other)
    return None


def _compare_ledger(charges: list[Charge], entries: list[SealedEntry]) -> str | None:
    sums: Counter[str] = Counter()
    for sealed in entries:
        entry = sealed.link.entry
        sums[entry.transaction_id] += entry.amount_fen
        if first_break([sealed.link], sealed.link.entry_no - 1, sealed.before) is not None:
            return _differs(f"entries.{sealed.link.entry_no}", "another entry", "its hash")
    for transaction_id, total in sums.items():
        if total:
            return _differs(f"entries.{transaction_id}", total, 0)
    booked = sum(
        each.link.entry.amount_fen
        for each in entries
        if each.link.entry.account == RECEIVABLE and each.link.entry.cause in _OWING
    )
    owed = charges[-1].amount_fen if charges else 0
    return None if booked == owed else _differs("entries.receivable", booked, owed)


def _differs(place: str, booked: object, follows: object) -> str:
    return f"{place}: {booked} is booked, {follows} follows from the evidence"


def _encode(value: object) -> bytes:
    return msgspec.json.encode(value, order="sorted")
