"""What pricing needs to know about a stay: everything it is given, so that it need not look anything up."""

from dataclasses import dataclass
from datetime import UTC, datetime

from billing.tariff.terms import Kind
from parking.money import Fen
from parking.rights import Energy, VehicleClass
from parking.span import Span, require_utc


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierStay:
    """A finished stay of the same plate, for caps and free minutes that run over several stays.

    `charges` are amounts with the instant from which each was owed (a cap's reduction is negative),
    `free` the free minutes that it used, with their beginning.
    """

    arrive_at: datetime
    depart_at: datetime
    zone: str = ""
    operator: str = ""
    charges: tuple[tuple[datetime, Fen], ...] = ()
    free: tuple[tuple[datetime, int], ...] = ()

    def __post_init__(self) -> None:
        for at in (self.arrive_at, self.depart_at, *(at for at, _ in (*self.charges, *self.free))):
            require_utc(at)


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedStay:
    """One vehicle in one berth from arrival to departure (or to now, or to a planned end).

    `exemption` is the reason why nothing is owed; `passes` are the ids of the tariff's passes that the
    plate holds here; `charging` are the spans in which the vehicle drew current; `paid_at` is when the
    driver paid, during the stay. Times are kept in UTC. Raises ValueError for naive times, for an end
    before the beginning, and for a payment outside the stay.
    """

    arrive_at: datetime
    depart_at: datetime
    zone_class: str = ""
    vehicle: VehicleClass = VehicleClass.SMALL
    energy: Energy = Energy.FUEL
    plate_kind: str = ""
    channel: str = ""
    berth_kind: str = "ordinary"
    berths_occupied: int = 1
    zone: str = ""
    operator: str = ""
    road: str = ""
    section: str = ""
    berth: str = ""
    exemption: str | None = None
    passes: tuple[str, ...] = ()
    charging: tuple[Span, ...] = ()
    paid_at: datetime | None = None
    earlier: tuple[EarlierStay, ...] = ()

    def __post_init__(self) -> None:
        # Two times of one zone compare and subtract by the clock on the wall: in UTC they are instants.
        for name in ("arrive_at", "depart_at", "paid_at"):
            at: datetime | None = getattr(self, name)
            if at is not None and at.tzinfo is not UTC:
                object.__setattr__(self, name, require_utc(at))
        if self.depart_at < self.arrive_at:
            raise ValueError(f"a stay cannot end before it begins: {self.arrive_at} .. {self.depart_at}")
        if self.paid_at is not None and not self.arrive_at <= self.paid_at <= self.depart_at:
            raise ValueError(f"a stay is paid while it lasts, not at {self.paid_at}")
        if self.berths_occupied < 1:
            raise ValueError(f"a stay occupies at least one berth, not {self.berths_occupied}")

    @property
    def kind(self) -> Kind:
        """What a tariff's conditions ask about."""
        return Kind(
            self.zone_class, self.vehicle, self.energy, self.plate_kind, self.channel, self.berth_kind
        )
