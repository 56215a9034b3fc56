"""One turn of billing: rows of the street in, changed stays, charges and ledger entries out. Pure.

Every row is taken by itself, in the order of its partition, so that the outcome does not depend on how the
rows were cut into turns: a crash and a quiet day give the same charges.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from billing.charges import Charge, Rating, next_charge
from billing.ledger import Entry, entries_for
from billing.presence import Note
from billing.rating import Site
from billing.sightings import plain_plate
from billing.stays import History, Stay, StayState, apply, changes, derive
from billing.tariff import Bill, UnpricedError
from parking.ids import BerthId, Partition, Plate, StayId, partition_of
from parking.states import Sighting, Transition

Row = Transition | Sighting
# Prices a stay at a site; raises UnpricedError.
RateStay = Callable[[Stay, Site], Bill]


@dataclass(slots=True, kw_only=True)
class Account:
    """What is on record of one berth since its anchor: history, stays, and what they owe at present."""

    history: History
    stays: dict[StayId, Stay] = field(default_factory=dict)
    charges: dict[StayId, Charge] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedStay:
    """A changed stay with its place, and its number in the partition's output."""

    stay: Stay
    site: Site
    partition: Partition
    out_seq: int


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a turn decided; `out_seqs` are the last output numbers of the partitions that it touched.

    `touched` are the vehicles of changed stays, each with the first arrival that changed.
    """

    stays: dict[StayId, PlacedStay] = field(default_factory=dict)
    charges: list[Charge] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    out_seqs: dict[Partition, int] = field(default_factory=dict)
    touched: dict[Plate, datetime] = field(default_factory=dict)

    def touch(self, stay: Stay | None) -> None:
        """Note from when on stays of this vehicle may cost something else."""
        if stay is not None and stay.read is not None:
            plate, at = stay.read.plate, stay.arrived.latest_at
            self.touched[plate] = min(at, self.touched.get(plate, at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The rules and records that a turn works with; `accounts` move on as rows are taken."""

    sites: Mapping[BerthId, Site]
    rate: RateStay
    accounts: Mapping[BerthId, Account]
    now: datetime
    book_digest: str = ""
    sums_stays: bool = False  # then what a vehicle's stays owe is worked out after them all (`billing.runs`)

    def __post_init__(self) -> None:
        for berth_id, account in self.accounts.items():
            account.history = replace(account.history, needs_witness=self.sites[berth_id].needs_witness)

    def take(self, rows: Iterable[Row], out_seqs: Mapping[Partition, int]) -> Outcome:
        """Take rows in, ordered within each partition. All their berths must have a site and an account."""
        outcome = Outcome(out_seqs=dict(out_seqs))
        for row in rows:
            account = self.accounts[row.berth_id]
            account.history, derived = apply(account.history, row)
            seqs = (each.seq for each in account.history.transitions)
            for stay in changes(account.stays, derived, seqs):
                self._settle(account, stay, row.partition, outcome)
        return outcome

    def derive_again(self, out_seqs: Mapping[Partition, int]) -> Outcome:
        """Work the stays of the accounts out once more: what is evidence beside the rows has changed."""
        outcome = Outcome(out_seqs=dict(out_seqs))
        for berth_id, account in self.accounts.items():
            seqs = (each.seq for each in account.history.transitions)
            for stay in changes(account.stays, derive(account.history), seqs):
                self._settle(account, stay, partition_of(berth_id), outcome)
        return outcome

    def rate_again(self, out_seqs: Mapping[Partition, int]) -> Outcome:
        """Rate every stay of the accounts once more: what they are is the same, what they owe may differ."""
        outcome = Outcome(out_seqs=dict(out_seqs))
        for berth_id, account in self.accounts.items():
            for stay in list(account.stays.values()):
                self._settle(account, stay, partition_of(berth_id), outcome)
        return outcome

    def _settle(self, account: Account, stay: Stay, partition: Partition, outcome: Outcome) -> None:
        """Record a changed stay and what it owes now."""
        site = self.sites[stay.berth_id]
        bill: Bill | None = None
        if stay.state is StayState.CLOSED:
            try:
                bill = self.rate(stay, site)
            except UnpricedError:
                stay = replace(stay, notes=stay.notes | {Note.NO_TARIFF})
        outcome.touch(account.stays.get(stay.stay_id))
        outcome.touch(stay)
        account.stays[stay.stay_id] = stay
        outcome.out_seqs[partition] += 1
        outcome.stays[stay.stay_id] = PlacedStay(
            stay=stay, site=site, partition=partition, out_seq=outcome.out_seqs[partition]
        )
        if self.sums_stays and bill is not None and stay.read is not None:
            return
        last = account.charges.get(stay.stay_id)
        rating = Rating(zone_class=site.zone_class, rated_at=self.now, book_digest=self.book_digest)
        charge = next_charge(stay.stay_id, bill, last, rating)
        if charge is not None:
            account.charges[stay.stay_id] = charge
            outcome.charges.append(charge)
            outcome.entries += entries_for(charge, last, self.now)


def plates_seen(rows: Iterable[Row], accounts: Iterable[Account]) -> set[Plate]:
    """Every plate that a stay of this turn can turn out to have."""
    sightings = [row for row in rows if isinstance(row, Sighting)]
    sightings += [row for account in accounts for row in account.history.sightings]
    return {plate for row in sightings if (plate := plain_plate(row.plate)) is not None}
