"""Stays of one vehicle one after another, for caps and free minutes that are summed over several. Pure.

What a stay costs then depends on those before it, back to the last two days without any: behind so long a
pause no day and no 24 hours are shared. So the price follows from the stays on record alone, whenever and
in whatever order they came to be known, and a correction rates those after it again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billing.charges import Charge, Rating, next_charge
from billing.rating import Rights, Site, earlier_of, rate
from billing.stays import Stay
from billing.tariff import EarlierStay, TariffBook, UnpricedError
from parking.ids import Plate

# Longer than any day of the clock or of a tariff, and than the 24 hours that some sum over.
QUIET: Final = timedelta(hours=48)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStay:
    """A closed stay of a vehicle, with what it owes at present."""

    stay: Stay
    site: Site
    charge: Charge | None


def since_quiet(stays: Sequence[RunStay]) -> Sequence[RunStay]:
    """The last stays, in order of arrival, that no pause separates from one another."""
    begin, left_at = 0, None
    for place, each in enumerate(stays):
        charged = each.stay.charged()
        if left_at is not None and charged.start_at - left_at > QUIET:
            begin = place
        left_at = charged.end_at if left_at is None else max(left_at, charged.end_at)
    return stays[begin:]


def rate_run(
    book: TariffBook, run: Sequence[RunStay], rights: Rights, now: datetime, book_digest: str
) -> list[tuple[Charge, Charge | None]]:
    """Rate the stays of a vehicle in order; lists the versions that must follow, and what each replaces."""
    made: list[tuple[Charge, Charge | None]] = []
    rated: list[RunStay] = []
    for each in run:
        before = since_quiet([*rated, each])[:-1]
        try:
            bill = rate(book, each.stay, each.site, rights, earlier=earlier_stays(before))
        except UnpricedError:
            continue
        rating = Rating(zone_class=each.site.zone_class, rated_at=now, book_digest=book_digest)
        charge = next_charge(each.stay.stay_id, bill, each.charge, rating)
        if charge is not None:
            made.append((charge, each.charge))
        rated.append(RunStay(stay=each.stay, site=each.site, charge=charge or each.charge))
    return made


def earlier_stays(run: Iterable[RunStay]) -> tuple[EarlierStay, ...]:
    """What a tariff must know of the stays before."""
    return tuple(earlier_of(each.stay, each.site, each.charge) for each in run if each.charge is not None)


def by_plate(run: Iterable[RunStay]) -> dict[Plate, list[RunStay]]:
    """The stays of each vehicle, in their order."""
    found: dict[Plate, list[RunStay]] = {}
    for each in run:
        if each.stay.read is not None:
            found.setdefault(each.stay.read.plate, []).append(each)
    return found
