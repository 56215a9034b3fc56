"""What billing makes of what was believed: stays, their prices, and what the true stays would have cost."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.scoring.street import Played
from billing.books import PublishedBook
from billing.presence import Note
from billing.rating import Rights, Site, rate, sites_of
from billing.sightings import PlateRead
from billing.stays import History, Stay, StayState, derive
from billing.tariff import UnpricedError
from parking.city import City
from parking.ids import BerthId, Plate, StayId
from parking.rights import Right
from parking.span import Moment
from simulators.register import registered_rights
from simulators.scoring.money import Claim
from simulators.scoring.truth import Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What billing works with."""

    book: PublishedBook
    sites: Mapping[BerthId, Site]
    rights: Rights

    @classmethod
    def of(cls, city: City, book: PublishedBook) -> "Office":
        """The office of a city, with the rights that the simulated vehicles hold."""
        rights: dict[Plate, list[Right]] = defaultdict(list)
        for right in registered_rights(city):
            rights[right.plate].append(right)
        return cls(book=book, sites=sites_of(city), rights=rights)

    def find_price(self, stay: Stay) -> int | None:
        """What the stay costs in fen; None where no tariff has a price for it."""
        try:
            return rate(self.book.book, stay, self.sites[stay.berth_id], self.rights).total_fen
        except UnpricedError:
            return None

    def find_withheld(self, stay: Stay) -> int:
        """What the sensor alone would have charged besides, were it believed without a witness."""
        if stay.witnessed is None or stay.state is not StayState.CLOSED:
            return 0
        return (self.find_price(replace(stay, witnessed=None)) or 0) - (self.find_price(stay) or 0)


def believed_stays(played: Played, berth_id: BerthId, *, needs_witness: bool) -> tuple[Stay, ...]:
    """The stays that follow from all that was decided of one berth."""
    return derive(
        History(
            berth_id=berth_id,
            transitions=tuple(played.transitions.get(berth_id, ())),
            sightings=tuple(played.sightings.get(berth_id, ())),
            needs_witness=needs_witness,
        )
    )


def claims_of(office: Office, stays: Iterable[Stay], berth: int) -> Iterator[Claim]:
    """The stays of one berth as the score wants them; a stay without a price is held, as in billing."""
    for stay in stays:
        if stay.state is StayState.VOID:
            continue
        # What nobody is charged for is still said of the time in which the sensor saw it.
        is_unwitnessed = Note.UNWITNESSED in stay.notes
        charged = (replace(stay, witnessed=None) if is_unwitnessed else stay).charged()
        fen = office.find_price(stay) if stay.state is StayState.CLOSED else None
        withheld = office.find_withheld(stay)
        yield Claim(
            berth=berth,
            from_ms=_ms(charged.start_at),
            to_ms=_ms(charged.end_at),
            fen=fen or 0,
            plate=stay.read.plate if stay.read else "",
            held=(
                stay.state is StayState.HELD
                or (stay.state is StayState.CLOSED and fen is None)
                or (is_unwitnessed and withheld > 0)
            ),
            withheld_fen=withheld,
            running=stay.state is StayState.OPEN,
        )


class TrueCosts:
    """Prices true stays by the same tariffs, rights and code."""

    def __init__(self, office: Office, truth: Truth, berth_ids: Sequence[BerthId]) -> None:
        self._office, self._truth, self._berth_ids = office, truth, berth_ids

    def __call__(self, row: int, named: bool) -> int:  # noqa: FBT001  simulators.scoring.money.Cost
        """What this stay costs; not `named`: as an unknown small car, which it is to whoever bills it."""
        stays, vehicle = self._truth.stays, self._truth.vehicles[row]
        arrive_at, depart_at = (
            datetime.fromtimestamp(int(column[row]) / 1000, UTC)
            for column in (stays.arrive_ms, stays.depart_ms)
        )
        stay = Stay(
            stay_id=StayId(f"truth-{row}"),
            berth_id=self._berth_ids[int(stays.berth[row])],
            arrived=Moment.exactly(arrive_at),
            arrival_seq=0,
            departed_earliest_at=depart_at,
            departed_latest_at=depart_at,
            read=PlateRead(plate=vehicle.plate, colour=vehicle.colour, confidence=1.0) if named else None,
        )
        return self._office.find_price(stay) or 0


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
