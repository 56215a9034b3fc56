"""Laws of pricing that hold for any tariff and any stay, over clock changes and special days."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.tariff import (
    EarlierStay,
    PricedStay,
    Tariff,
    bill_from_json,
    bill_to_json,
    earlier_stay,
    price,
)
from billing.tariff.choices import Boundary, Cycle, Over
from billing.tariff.proof import band_by_reading
from billing.tariff.terms import CAP_STEP, Cap, Rules, Tier
from parking.money import Fen
from tests.support.randomtariffs import (
    CALENDAR,
    arrivals,
    cycles,
    fen_by_minutes,
    minutes_of_stay,
    stay_for,
    tariffs,
    unit_tariffs,
    whole_minute_arrivals,
)

# Together with the rest of this file at least 10,000 examples.
many = settings(max_examples=2000, deadline=None)
some = settings(max_examples=1000, deadline=None)


def with_rate(tariff: Tariff, order: tuple[str, ...] | None = None, **changes: object) -> Tariff:
    """The tariff with a changed rate, and perhaps another order of operations."""
    rate = replace(tariff.terms.rates[0], **changes)  # type: ignore[arg-type]  # fields of a rate
    terms = replace(tariff.terms, rates=(rate,), order=order or tariff.terms.order)
    return Tariff(terms, CALENDAR)


@many
@given(unit_tariffs, whole_minute_arrivals, minutes_of_stay)
def test_units_cost_what_counting_minute_by_minute_gives(tariff: Tariff, at: datetime, minutes: int) -> None:
    assert fen_by_minutes(tariff, at, minutes) == price(tariff, stay_for(at, minutes)).total_fen


@many
@given(tariffs, arrivals, minutes_of_stay, st.integers(1, 1500), st.integers(1, 3))
def test_a_price_never_falls_as_a_stay_grows(
    tariff: Tariff, at: datetime, minutes: int, more: int, berths: int
) -> None:
    shorter = price(tariff, stay_for(at, minutes, berths))
    longer = price(tariff, stay_for(at, minutes + more, berths))

    assert 0 <= shorter.total_fen <= longer.total_fen


@many
@given(tariffs, arrivals, minutes_of_stay, st.integers(1, 3), st.sampled_from([None, "why"]))
def test_lines_make_the_total_and_a_stored_bill_recomputes(
    tariff: Tariff, at: datetime, minutes: int, berths: int, exemption: str | None
) -> None:
    stay = replace(stay_for(at, minutes, berths), exemption=exemption)
    bill = price(tariff, stay)
    stored = json.dumps(bill_to_json(bill))

    assert sum(line.amount_fen for line in bill.lines) == bill.total_fen
    assert bill_from_json(json.loads(stored)) == bill
    assert json.dumps(bill_to_json(price(Tariff(tariff.terms, CALENDAR), stay))) == stored


@some
@given(tariffs, arrivals, st.integers(0, 5000), st.data())
def test_a_stay_is_cut_exactly_by_what_the_clock_on_the_wall_reads(
    tariff: Tariff, at: datetime, minutes: int, data: st.DataObject
) -> None:
    timetable = tariff.plan(stay_for(at, 0).kind).timetable
    start_s = int(at.timestamp())
    atoms = timetable.cut(start_s, start_s + minutes * 60)
    ends = [start_s, *(atom.end_s for atom in atoms)]

    assert [atom.start_s for atom in atoms] == ends[:-1]
    assert ends[-1] == start_s + minutes * 60
    for atom in atoms:
        second = data.draw(st.integers(atom.start_s, atom.end_s - 1))
        local = datetime.fromtimestamp(second, tariff.zone)
        minute = local.hour * 60 + local.minute
        assert band_by_reading(timetable, local.date(), minute) == atom.band


@some
@given(unit_tariffs, arrivals, minutes_of_stay, st.integers(0, 3000))
def test_minutes_at_one_price_may_be_cut_anywhere(
    tariff: Tariff, at: datetime, minutes: int, first: int
) -> None:
    per_minute = {band: (Tier(price_fen=Fen(fen), unit_min=1),) for band, fen in (("a", 5), ("b", 7))}
    linear = with_rate(tariff, prices=per_minute, rules=Rules())
    at = at.replace(second=0)
    first = min(first, minutes)
    parts = (stay_for(at, first), stay_for(at + timedelta(minutes=first), minutes - first))

    assert price(linear, stay_for(at, minutes)).total_fen == sum(
        price(linear, part).total_fen for part in parts
    )


@some
@given(unit_tariffs, whole_minute_arrivals, minutes_of_stay)
def test_bands_counted_by_themselves_may_be_cut_where_they_meet(
    tariff: Tariff, at: datetime, minutes: int
) -> None:
    rules = replace(tariff.terms.rates[0].rules, restart=Cycle.BAND, boundary=Boundary.SPLIT)
    separate = with_rate(tariff, rules=rules)
    whole = stay_for(at, minutes)
    timetable = separate.plan(whole.kind).timetable
    cuts = [atom.start_s for atom in timetable.cut(int(at.timestamp()), int(whole.depart_at.timestamp()))]
    edges = [datetime.fromtimestamp(second, UTC) for second in cuts] + [whole.depart_at]
    visits = [at, *(edge for edge in edges[1:] if _is_new_band(separate, edge))]
    stays = [PricedStay(arrive_at=low, depart_at=high) for low, high in pairwise([*visits, whole.depart_at])]

    assert price(separate, whole).total_fen == sum(price(separate, stay).total_fen for stay in stays)


def _is_new_band(tariff: Tariff, at: datetime) -> bool:
    """Whether another band begins at this instant."""
    second = int(at.timestamp())
    bands = tariff.plan(stay_for(at, 0).kind).timetable.cut(second - 60, second + 60)
    return len({atom.band for atom in bands}) == 2


@some
@given(tariffs, arrivals, minutes_of_stay, cycles, st.integers(100, 3000))
def test_no_cycle_costs_more_than_its_cap(
    tariff: Tariff, at: datetime, minutes: int, per: Cycle, amount: int
) -> None:
    capped = with_rate(
        tariff, order=("extra", "share", CAP_STEP), caps=(Cap(amounts_fen=(Fen(amount),), per=per),)
    )
    capped = Tariff(replace(capped.terms, rounding=None), CALENDAR)
    days = minutes // 1440 + 1
    most = {Cycle.STAY: 1, Cycle.HOURS_24: days, Cycle.DAY: days + 2}.get(per)

    total = price(capped, stay_for(at, minutes)).total_fen

    assert most is None or total <= most * amount
    assert total <= price(with_rate(capped, caps=()), stay_for(at, minutes)).total_fen


@some
@given(
    unit_tariffs,
    arrivals,
    st.lists(st.tuples(st.integers(0, 1400), st.integers(0, 300)), max_size=5),
    st.randoms(use_true_random=False),
)
def test_stays_of_a_plate_share_a_cap_in_whatever_order_they_are_given(
    tariff: Tariff, at: datetime, gaps: list[tuple[int, int]], random: Random
) -> None:
    amount = Fen(1500)
    shared = with_rate(tariff, caps=(Cap(amounts_fen=(amount,), per=Cycle.HOURS_24, over=Over.PLATE),))
    earlier: list[EarlierStay] = []
    arrive_at = at
    for gap, minutes in gaps:
        stay = replace(stay_for(arrive_at, minutes), earlier=tuple(earlier))
        shuffled = list(earlier)
        random.shuffle(shuffled)
        bill = price(shared, stay)
        assert price(shared, replace(stay, earlier=tuple(shuffled))) == bill
        earlier.append(earlier_stay(stay, bill))
        arrive_at = stay.depart_at + timedelta(minutes=gap)
    first_day = [one for one in earlier if one.depart_at <= at + timedelta(hours=24)]
    assert sum(fen for one in first_day for _, fen in one.charges) <= amount
