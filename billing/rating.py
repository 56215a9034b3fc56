"""From a stay to its bill: what the tariff needs to know of vehicle, place and rights. Pure.

A vehicle whose plate nobody read is an ordinary small car.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from billing.charges import Charge
from billing.presence import Note
from billing.sightings import PlateRead
from billing.stays import Stay
from billing.tariff import (
    Bill,
    EarlierStay,
    LineKind,
    PricedStay,
    TariffBook,
    UnpricedError,
    Words,
    price,
)
from billing.tariff.explainrate import explain_rate
from parking.city import City
from parking.ids import BerthId, Plate, SectionId, ZoneId
from parking.money import Fen
from parking.plates import PlateKind, find_plate
from parking.rights import Energy, Right, RightKind, VehicleClass

# Whose plates say by themselves that the vehicle is exempt, and the tariffs' name for the reason. That such
# a vehicle is on duty is taken for granted: a plate cannot tell.
_EXEMPT_KINDS: Final[dict[PlateKind | None, str]] = {
    PlateKind.MILITARY: "military",
    PlateKind.ARMED_POLICE: "military",
    PlateKind.POLICE: "police",
    PlateKind.EMERGENCY: "fire",
}

Rights = Mapping[Plate, Sequence[Right]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a berth lies, as far as prices ask."""

    section_id: SectionId
    zone_id: ZoneId
    zone_class: str
    road: str
    berth_kind: str
    needs_witness: bool = False  # only a sensor watches it, and drivers can name their plate there


def sites_of(city: City) -> dict[BerthId, Site]:
    """The site of every berth of a city."""
    watched = {berth_id for camera in city.cameras.values() for berth_id in camera.berth_ids}
    return {
        berth.berth_id: Site(
            section_id=berth.section_id,
            zone_id=berth.zone_id,
            zone_class=berth.zone_class.value,
            road=city.sections[berth.section_id].road,
            berth_kind=berth.kind.value,
            needs_witness=berth.section_id in city.code_sections and berth.berth_id not in watched,
        )
        for berth in city.berths.values()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """What prices ask of a vehicle; without a plate an ordinary small car."""

    size: VehicleClass = VehicleClass.SMALL
    energy: Energy = Energy.FUEL
    plate: Plate | None = None
    plate_kind: PlateKind | None = None


def vehicle_of(read: PlateRead | None) -> Vehicle:
    """Tell the vehicle by its plate."""
    parsed = find_plate(read.plate) if read else None
    if parsed is None or read is None:
        return Vehicle()
    return Vehicle(
        size=parsed.vehicle_class(read.colour),
        energy=parsed.energy,
        plate=parsed.plate,
        plate_kind=parsed.kind,
    )


# What is particular about a stay and must stand on its bill.
_SAID: Final[dict[Note, Words]] = {
    Note.LAPSED: Words(
        "设备失联时间过长：停车计至最后一次确认在位之时",
        "the sensor stayed silent: charged to the last proof of presence",
    ),
    Note.RELEASED: Words("经人工核定后计费", "charged by a person's decision"),
    Note.SPLIT: Words("经人工核定分为两次停车", "divided into two stays by a person's decision"),
    Note.UNWITNESSED: Words(
        "仅有地磁记录、无号牌佐证：不计费，待车主缴费确认",
        "known from a sensor alone, without any plate: not charged unless its driver comes forward",
    ),
    Note.PARTLY_WITNESSED: Words(
        "仅按号牌可证明的在位时间计费", "charged for the time that the plate proves only"
    ),
}


def rate(
    book: TariffBook,
    stay: Stay,
    site: Site,
    rights: Rights,
    proof_at: datetime | None = None,
    earlier: tuple[EarlierStay, ...] = (),
) -> Bill:
    """Price a stay: to its earliest departure, and while it runs to `proof_at`, when it was last proven.

    `earlier` are the stays of the vehicle before it, for tariffs that sum over several. Raises UnpricedError
    when no tariff has a price for it.
    """
    priced = priced_stay(book, stay, site, rights, proof_at)
    bill = price(book, replace(priced, earlier=earlier) if earlier else priced)
    said = tuple(words for note, words in _SAID.items() if note in stay.notes)
    return replace(bill, notes=(*bill.notes, *said)) if said else bill


def earlier_of(stay: Stay, site: Site, charge: Charge) -> EarlierStay:
    """What later stays of the vehicle must know of this one, from what it was charged."""
    starts = [(datetime.fromisoformat(line["start_at"]), line) for line in charge.lines]
    charged = stay.charged()
    return EarlierStay(
        arrive_at=charged.start_at,
        depart_at=charged.end_at,
        zone=site.zone_id,
        charges=tuple((at, Fen(line["amount_fen"])) for at, line in starts if line["amount_fen"]),
        free=tuple((at, line["minutes"]) for at, line in starts if line["kind"] == LineKind.FREE_MINUTES),
    )


def rule_in_words(book: TariffBook, stay: Stay, site: Site) -> list[Words]:
    """The rate that prices this stay, as its tariff says it; empty where there is none."""
    try:
        priced = priced_stay(book, stay, site, {}, None)
        tariff = book.in_force(priced, int(priced.arrive_at.timestamp()))
    except UnpricedError:
        return []
    applied = tariff.rate_of(priced.kind)
    return [tariff.terms.words, *(explain_rate(applied, tariff.terms) if applied else ())]


def priced_stay(
    book: TariffBook, stay: Stay, site: Site, rights: Rights, proof_at: datetime | None
) -> PricedStay:
    """Gather all that the tariff may ask; raises UnpricedError when none is in force."""
    charged = stay.charged(proof_at)
    vehicle = vehicle_of(stay.read)
    held = rights_at(rights, vehicle.plate, site.section_id, charged.start_at)
    priced = PricedStay(
        arrive_at=charged.start_at,
        depart_at=charged.end_at,
        zone_class=site.zone_class,
        vehicle=vehicle.size,
        energy=vehicle.energy,
        plate_kind=vehicle.plate_kind.value if vehicle.plate_kind else "",
        berth_kind=site.berth_kind,
        zone=site.zone_id,
        road=site.road,
        section=site.section_id,
        exemption=_exemption(held),
        passes=tuple(right.reason for right in held if right.kind is RightKind.PASS),
    )
    reason = _EXEMPT_KINDS.get(vehicle.plate_kind)
    if priced.exemption is None and reason is not None:
        in_force = book.in_force(priced, int(charged.start_at.timestamp()))
        if reason in in_force.terms.exemptions:
            return replace(priced, exemption=reason)
    return priced


def rights_at(rights: Rights, plate: Plate | None, section_id: SectionId, at: datetime) -> list[Right]:
    """List the rights that a plate holds in a section at the moment of arrival, in order of their ids."""
    held = rights.get(plate, ()) if plate else ()
    here = [
        right
        for right in held
        if right.span.contains(at) and (not right.section_ids or section_id in right.section_ids)
    ]
    return sorted(here, key=lambda right: right.right_id)


def _exemption(held: Sequence[Right]) -> str | None:
    """Reason why nothing is owed, as the tariff names it."""
    for right in held:
        if right.kind is RightKind.EXEMPT:
            return right.reason
        if right.kind is RightKind.DISABLED:
            return "disabled"
    return None
