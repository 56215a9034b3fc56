"""Several tariffs of one city: which version is in force where and when, and who prices a stay."""

from dataclasses import dataclass, field, replace

from billing.tariff.bill import Bill
from billing.tariff.choices import AcrossSwitch, Over, Words
from billing.tariff.plan import Tariff, UnpricedError
from billing.tariff.pricing import price_under
from billing.tariff.stay import PricedStay
from billing.tariff.terms import Kind
from parking.money import Fen


@dataclass(frozen=True, slots=True)
class TariffBook:
    """All versions of a city's tariffs; a tariff that names places wins over one that holds everywhere."""

    tariffs: tuple[Tariff, ...]
    _known: dict[tuple[Kind, str, str, str], tuple[Tariff, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def sums_stays(self) -> bool:
        """Whether any price depends on earlier stays of the vehicle."""
        return any(
            over is not Over.STAY
            for tariff in self.tariffs
            for rate in tariff.terms.rates
            for over in (*(cap.over for cap in rate.caps), *(free.over for free in rate.free))
        )

    def find(self, tariff_id: str) -> Tariff | None:
        """The version with this id."""
        return next((tariff for tariff in self.tariffs if tariff.tariff_id == tariff_id), None)

    def in_force(self, stay: PricedStay, at_s: int) -> Tariff:
        """The version for this stay at an instant; raises UnpricedError when there is none."""
        berth = stay.berth if any(tariff.terms.scope.berths for tariff in self.tariffs) else ""
        key = (stay.kind, stay.road, stay.section, berth)
        if (candidates := self._known.get(key)) is None:
            candidates = self._known[key] = self._candidates(stay)
        for tariff in candidates:
            if tariff.from_s <= at_s < tariff.to_s:
                return tariff
        where = stay.berth or stay.section or stay.road or stay.zone_class or "this place"
        raise UnpricedError(f"no tariff is in force for {where} at {stay.arrive_at.isoformat()}")

    def _candidates(self, stay: PricedStay) -> tuple[Tariff, ...]:
        """The tariffs that could price this stay at some time, those that name its place first."""
        fitting = [
            tariff
            for tariff in self.tariffs
            if tariff.terms.scope.covers(stay.road, stay.section, stay.berth)
            and tariff.rate_of(stay.kind) is not None
        ]
        return tuple(sorted(fitting, key=lambda tariff: not tariff.terms.scope.is_local))


def price(tariff: Tariff | TariffBook, stay: PricedStay) -> Bill:
    """The bill of a stay: a finished one, one that still runs (until now), or a planned one.

    Raises UnpricedError when no tariff or no rate holds for it.
    """
    if isinstance(tariff, Tariff):
        return price_under(tariff, stay)
    start_s, end_s = int(stay.arrive_at.timestamp()), int(stay.depart_at.timestamp())
    old = tariff.in_force(stay, start_s)
    if end_s <= old.to_s:
        return price_under(old, stay)
    return _price_across(tariff, old, stay, start_s, end_s)


def _price_across(book: TariffBook, old: Tariff, stay: PricedStay, start_s: int, end_s: int) -> Bill:
    """Price a stay over one or more switches of versions, as each newer version says."""
    bills: list[Bill] = []
    notes: list[Words] = []
    from_s, current = start_s, old
    while current.to_s < end_s:
        new = book.in_force(stay, current.to_s)
        rule = new.terms.effective.across_switch
        if rule is AcrossSwitch.ARRIVAL:
            notes.append(_switch_note("按驶入时的版本计费", "priced by the version at arrival", new))
            break
        if rule is AcrossSwitch.SPLIT:
            bills.append(price_under(current, stay, from_s=from_s, to_s=current.to_s))
            from_s = current.to_s
            notes.append(_switch_note("两个版本各计各段", "each version prices its own part", new))
        else:
            notes.append(_switch_note("按驶离时的版本计费", "priced by the version at departure", new))
        current = new
    bills.append(price_under(current, stay, from_s=from_s))
    return _joined(bills, notes)


def _switch_note(zh: str, en: str, new: Tariff) -> Words:
    begins = new.terms.effective.from_local
    return Words(
        f"停车跨越收费标准切换（{begins:%Y-%m-%d %H:%M}）：{zh}",
        f"the stay crosses the switch of tariffs ({begins:%Y-%m-%d %H:%M}): {en}",
    )


def _joined(bills: list[Bill], notes: list[Words]) -> Bill:
    first, last = bills[0], bills[-1]
    if first is last:
        return replace(last, notes=(*last.notes, *notes))
    return Bill(
        total_fen=Fen(sum(bill.total_fen for bill in bills)),
        lines=tuple(line for bill in bills for line in bill.lines),
        document=", ".join(dict.fromkeys(bill.document for bill in bills if bill.document)),
        tariff="+".join(bill.tariff for bill in bills),
        arrive_at=first.arrive_at,
        depart_at=last.depart_at,
        minutes=int((last.depart_at - first.arrive_at).total_seconds()) // 60,
        notes=tuple(dict.fromkeys((*(note for bill in bills for note in bill.notes), *notes))),
    )
