"""What the stays of a period would have cost under another tariff, by zone class and road section.

Reads in pieces; nothing is booked.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from billing.charges import Rating, next_charge
from billing.rating import Site, rate
from billing.records import stay_of
from billing.register import rights_of
from billing.runs import RunStay, earlier_stays, since_quiet
from billing.stays import Stay
from billing.tariff import Bill, Tariff, TariffBook, UnpricedError
from billing.tariff.terms import Effective
from parking.ids import BerthId
from parking.plumbing.database import Connection
from parking.span import Span

COUNT_STAYS = """
SELECT count(*) FROM stays WHERE state = 'closed' AND arrived_latest_at >= %s AND arrived_latest_at < %s"""
LIST_STAYS = """
SELECT s.stay_id, s.berth_id, s.state, s.arrived_earliest_at, s.arrived_latest_at, s.departed_earliest_at,
       s.departed_latest_at, s.plate, s.plate_colour, s.plate_confidence, s.arrival_seq, s.departure_seq,
       s.note, s.witnessed_from_at, s.witnessed_until_at,
       (SELECT amount_fen FROM charges WHERE stay_id = s.stay_id ORDER BY version DESC LIMIT 1)
FROM stays AS s
WHERE s.state = 'closed' AND s.arrived_latest_at >= %s AND s.arrived_latest_at < %s"""
# One vehicle after another, for tariffs that sum over its stays.
LIST_BY_PLATE = LIST_STAYS + " ORDER BY s.plate, s.arrived_latest_at, s.stay_id"
STAYS_AT_ONCE: Final = 2_000

Progress = Callable[[int, int], None]


@dataclass(slots=True, kw_only=True)
class Shadow:
    """Sums in fen, as booked and as they would be; stays without a price there are in neither."""

    stay_count: int = 0
    unpriced: int = 0
    booked_by_zone: Counter[str] = field(default_factory=Counter)
    shadow_by_zone: Counter[str] = field(default_factory=Counter)
    booked_by_section: Counter[str] = field(default_factory=Counter)
    shadow_by_section: Counter[str] = field(default_factory=Counter)

    def add(self, site: Site, booked_fen: int, shadow_fen: int) -> None:
        """Take one stay in."""
        self.stay_count += 1
        self.booked_by_zone[site.zone_class] += booked_fen
        self.shadow_by_zone[site.zone_class] += shadow_fen
        self.booked_by_section[site.section_id] += booked_fen
        self.shadow_by_section[site.section_id] += shadow_fen


def timeless(tariff: Tariff) -> TariffBook:
    """The tariff as if it had always been in force and always were."""
    terms = replace(tariff.terms, effective=Effective())
    return TariffBook((Tariff(terms=terms, calendar=tariff.calendar),))


def shadow(
    connection: Connection, book: TariffBook, sites: Mapping[BerthId, Site], period: Span, progress: Progress
) -> Shadow:
    """Rate every closed stay that began in the period; call it on one unchanging view of the database."""
    result, bounds = Shadow(), (period.start_at, period.end_at)
    row = connection.execute(COUNT_STAYS, bounds).fetchone()
    total = row[0] if row else 0
    stays, before = _stream(connection, period, sums_stays=book.sums_stays), list[RunStay]()
    while piece := list(islice(stays, STAYS_AT_ONCE)):
        rights = rights_of(connection, {stay.read.plate for stay, _ in piece if stay.read})
        for stay, booked_fen in piece:
            site = sites.get(stay.berth_id)
            if site is None:
                continue
            before = _before(before, stay, site) if book.sums_stays else before
            try:
                bill = rate(book, stay, site, rights, earlier=earlier_stays(before))
            except UnpricedError:
                result.unpriced += 1
                continue
            result.add(site, booked_fen, bill.total_fen)
            if book.sums_stays:
                before.append(_as_charged(stay, site, bill))
        progress(result.stay_count + result.unpriced, total)
    return result


def _before(run: list[RunStay], stay: Stay, site: Site) -> list[RunStay]:
    """What of the stays just rated comes before this one on its vehicle's account."""
    if not run or stay.read is None or run[-1].stay.read is None:
        return []
    if run[-1].stay.read.plate != stay.read.plate:
        return []
    return list(since_quiet([*run, RunStay(stay=stay, site=site, charge=None)])[:-1])


def _as_charged(stay: Stay, site: Site, bill: Bill) -> RunStay:
    rating = Rating(zone_class=site.zone_class, rated_at=bill.depart_at, book_digest="")
    return RunStay(stay=stay, site=site, charge=next_charge(stay.stay_id, bill, None, rating))


def _stream(connection: Connection, period: Span, *, sums_stays: bool) -> Iterator[tuple[Stay, int]]:
    with connection.cursor("billing_shadow") as cursor:
        cursor.itersize = STAYS_AT_ONCE
        cursor.execute(LIST_BY_PLATE if sums_stays else LIST_STAYS, (period.start_at, period.end_at))
        for *columns, booked_fen in cursor:
            yield stay_of(columns), booked_fen or 0
