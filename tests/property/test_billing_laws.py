"""Laws of stays and charges that hold on any street."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.archive import shorten
from billing.books import PublishedBook
from billing.charges import ChargeCause
from billing.decisions import Decision, Verb
from billing.dossier import Dossier, compare_charge, compare_stay, format_dossier, parse_dossier
from billing.ledger import FIRST_HASH, chain, first_break
from billing.presence import effective
from billing.rating import Site, rate
from billing.stays import HOLDS, Anchor, History, Stay, StayState, derive
from billing.tariff import Bill
from billing.turn import Account, Outcome, Row, Turn
from parking.ids import BerthId, Partition, Plate, StayId
from parking.plumbing.feed import start_positions
from parking.span import Moment
from parking.states import Sighting, Transition
from tests.support.billing import NOW, SITES, suizhou
from tests.support.randomstreet import RandomStreet

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
# The laws of one berth's stays cost little: they are tried on many streets. Each law of the books costs a
# whole street, and reversals and recomputation are the ones that an auditor asks about.
many = settings(max_examples=1000, deadline=None)
some = settings(max_examples=500, deadline=None)
SEEDS = st.integers(min_value=0, max_value=2**32)


@pytest.fixture(scope="module")
def book() -> PublishedBook:
    return suizhou()


def street_rows(seed: int, moves: int, berths: tuple[str, ...] = ("I-00",)) -> list[Row]:
    street = RandomStreet(random=Random(seed), berths=berths, now=START)  # noqa: S311  a repeatable street
    for _ in range(moves):
        street.move()
    return street.rows.rows


def history_of(rows: list[Row], anchor: Anchor | None = None) -> History:
    return History(
        berth_id=BerthId("I-00"),
        anchor=anchor,
        transitions=tuple(row for row in rows if isinstance(row, Transition)),
        sightings=tuple(row for row in rows if isinstance(row, Sighting)),
    )


@many
@given(SEEDS, st.integers(min_value=0, max_value=60))
def test_stays_of_a_berth_follow_one_another(seed: int, moves: int) -> None:
    stays = derive(history_of(street_rows(seed, moves)))
    assert len({stay.stay_id for stay in stays}) == len(stays)
    for stay in stays:
        assert stay.departed_latest_at is None or stay.departed_earliest_at is not None
    for before, after in pairwise(stays):
        assert before.departed_earliest_at is not None
        assert before.departed_latest_at is not None
        assert before.arrived.latest_at <= before.departed_earliest_at <= after.arrived.earliest_at


@many
@given(SEEDS, st.integers(min_value=0, max_value=60), SEEDS)
def test_stays_do_not_depend_on_when_rows_came(seed: int, moves: int, shuffle: int) -> None:
    rows = street_rows(seed, moves)
    shuffled = Random(shuffle).sample(rows, len(rows))  # noqa: S311  a repeatable order
    assert derive(history_of(shuffled)) == derive(history_of(rows))


@many
@given(SEEDS, st.integers(min_value=0, max_value=60))
def test_a_history_may_begin_behind_any_stay_that_surely_ended(seed: int, moves: int) -> None:
    rows = street_rows(seed, moves)
    stays = derive(history_of(rows))
    for place, stay in enumerate(stays):
        anchor = anchor_of(stay, rows)
        if anchor is not None:
            later: list[Row] = [
                row
                for row in rows
                if (
                    row.seq > anchor.departure_seq
                    if isinstance(row, Transition)
                    else row.observed_at > anchor.departed.latest_at
                )
            ]
            assert derive(history_of(later, anchor)) == stays[place + 1 :]


def decided(seed: int, rows: list[Row]) -> tuple[Decision, ...]:
    """Decisions of every kind about stays and instants of these rows, sensible or not."""
    random = Random(seed)  # noqa: S311  repeatable decisions
    stays = derive(history_of(rows))
    return tuple(
        Decision(
            decision_no=number,
            berth_id=BerthId("I-00"),
            stay_id=stay.stay_id,
            verb=verb,
            at=stay.arrived.latest_at + timedelta(minutes=random.randrange(-60, 3000))
            if verb in {Verb.SPLIT, Verb.LAPSE}
            else None,
            plate=random.choice([None, Plate("鄂A66666")]) if verb is Verb.RELEASE else None,
            holds=frozenset(stay.notes & HOLDS),
            reason="why",
            decided_by="somebody",
            decided_at=NOW,
        )
        for number, stay in enumerate(random.choices(stays, k=4) if stays else [], start=1)
        for verb in [random.choice(list(Verb))]
    )


@many
@given(SEEDS, st.integers(min_value=0, max_value=60), SEEDS)
def test_decisions_never_make_stays_overlap_nor_depend_on_order(seed: int, moves: int, other: int) -> None:
    rows = street_rows(seed, moves)
    history = replace(history_of(rows), decisions=decided(other, rows))
    stays = derive(history)
    assert len({stay.stay_id for stay in stays}) == len(stays)
    for before, after in pairwise(stays):
        assert before.departed_earliest_at is not None
        assert before.arrived.latest_at <= before.departed_earliest_at <= after.arrived.latest_at
    shuffled = Random(other).sample(rows, len(rows))  # noqa: S311  a repeatable order
    assert derive(replace(history_of(shuffled), decisions=history.decisions)) == stays
    voided = {each.stay_id for each in history.decisions if each.verb is Verb.VOID}
    released = {each.stay_id for each in history.decisions if each.verb is Verb.RELEASE}
    assert not (voided - released) & {stay.stay_id for stay in stays}


def anchor_of(stay: Stay, rows: list[Row]) -> Anchor | None:
    """The anchor that this stay makes, None where a correction reaches behind its end."""
    if stay.departure_seq is None or stay.departed_earliest_at is None or stay.departed_latest_at is None:
        return None
    for row in rows:
        if (
            isinstance(row, Transition)
            and row.replaces_seq
            and row.replaces_seq <= stay.departure_seq <= row.seq
        ):
            return None
    departed = Moment(earliest_at=stay.departed_earliest_at, latest_at=stay.departed_latest_at)
    return Anchor(stay_id=stay.stay_id, departure_seq=stay.departure_seq, departed=departed)


@many
@given(SEEDS, st.integers(min_value=0, max_value=60))
def test_corrections_leave_one_standing_row_for_each_that_is_not_replaced(seed: int, moves: int) -> None:
    transitions = history_of(street_rows(seed, moves)).transitions
    standing = effective(transitions)
    replaced = {row.replaces_seq for row in transitions}
    assert all(row.seq not in replaced and row.from_state != row.to_state for row in standing)


def settle(book: PublishedBook, rows: list[Row], cuts: list[int]) -> Outcome:
    """Take rows in turns cut at these places."""

    def rate_stay(stay: Stay, site: Site) -> Bill:
        return rate(book.book, stay, site, {})

    accounts = {berth_id: Account(history=History(berth_id=berth_id)) for berth_id in SITES}
    total, out_seqs = Outcome(), start_positions()
    for start, end in pairwise([0, *sorted(cuts), len(rows)]):
        outcome = Turn(sites=SITES, rate=rate_stay, accounts=accounts, now=NOW).take(
            rows[start:end], out_seqs
        )
        total.stays |= outcome.stays
        total.charges += outcome.charges
        total.entries += outcome.entries
        out_seqs = outcome.out_seqs
    total.out_seqs = out_seqs
    return total


@settings(deadline=None)
@given(seed=SEEDS, cuts=st.lists(st.integers(min_value=0, max_value=40), max_size=4))
def test_turns_may_be_cut_anywhere(book: PublishedBook, seed: int, cuts: list[int]) -> None:
    rows = street_rows(seed, 40, ("I-00", "II-00"))
    assert settle(book, rows, [cut for cut in cuts if cut <= len(rows)]) == settle(book, rows, [])


@settings(deadline=None)
@given(seed=SEEDS)
def test_the_ledger_says_what_the_newest_charges_say(book: PublishedBook, seed: int) -> None:
    outcome = settle(book, street_rows(seed, 60, ("I-00", "III-00")), [])
    owed = {charge.stay_id: charge for charge in outcome.charges}
    receivable = sum(entry.amount_fen for entry in outcome.entries if entry.account == "receivable")
    assert receivable == sum(charge.amount_fen for charge in owed.values())
    sums: dict[str, int] = defaultdict(int)
    for entry in outcome.entries:
        sums[entry.transaction_id] += entry.amount_fen
    assert not any(sums.values())
    for stay_id, placed in outcome.stays.items():
        charge = owed.get(stay_id)
        is_charged = charge is not None and charge.cause is not ChargeCause.WITHDRAWN
        assert is_charged == (placed.stay.state is StayState.CLOSED)


@settings(deadline=None)
@given(seed=SEEDS, victim=st.integers(min_value=0))
def test_any_change_of_a_booked_entry_breaks_the_chain(book: PublishedBook, seed: int, victim: int) -> None:
    entries = settle(book, street_rows(seed, 60), []).entries
    booked = list(chain(entries, 0, FIRST_HASH))
    assert first_break(booked, 0, FIRST_HASH) is None
    if booked:
        place = victim % len(booked)
        del booked[place]
        broken = first_break(booked, 0, FIRST_HASH)
        assert broken == (place + 1 if place < len(booked) else None)


@some
@given(seed=SEEDS)
def test_taking_every_transition_back_leaves_nothing_owed(book: PublishedBook, seed: int) -> None:
    street = RandomStreet(random=Random(seed), berths=("I-00",), now=START)  # noqa: S311  a repeatable street
    for _ in range(40):
        street.move()
    replaced = {row.replaces_seq for row in street.rows.rows if isinstance(row, Transition)}
    for row in list(street.rows.rows):
        if isinstance(row, Transition) and row.seq not in replaced:
            street.rows.turn(
                row.berth_id, row.from_state, row.moment.latest_at, replaces=row, from_state=row.from_state
            )
    outcome = settle(book, street.rows.rows, [])
    balances: dict[str, int] = defaultdict(int)
    for entry in outcome.entries:
        balances[entry.account] += entry.amount_fen
    assert not any(balances.values())
    assert {placed.stay.state for placed in outcome.stays.values()} <= {StayState.VOID}


@settings(max_examples=300, deadline=None)
@given(seed=SEEDS)
def test_what_is_booked_follows_from_a_bills_own_file(book: PublishedBook, seed: int) -> None:
    rows = street_rows(seed, 40)
    outcome = settle(book, rows, [])
    history = history_of(rows)
    charges = {charge.stay_id: charge for charge in outcome.charges}
    for placed in outcome.stays.values():
        dossier = Dossier(
            exported_at=NOW,
            stay=placed.stay,
            site=placed.site,
            readings=[],
            devices=[],
            anchor=None,
            transitions=list(history.transitions),
            sightings=list(history.sightings),
            decisions=[],
            rights=[],
            tariffs={},
            charges=[charges[placed.stay.stay_id]] if placed.stay.stay_id in charges else [],
            entries=[],
        )
        dossier = parse_dossier(format_dossier(dossier))
        last = dossier.charges[-1] if dossier.charges else None
        derived = {stay.stay_id: stay for stay in derive(shorten(history, placed.stay))}
        assert compare_stay(dossier.stay, derived.get(dossier.stay.stay_id)) is None
        assert compare_charge(dossier.stay, last, dossier.site, {}, book.book) is None


def test_output_numbers_have_no_gaps(book: PublishedBook) -> None:
    outcome = settle(book, street_rows(7, 200, ("I-00", "II-00", "III-00")), [])
    by_partition: dict[Partition, list[int]] = defaultdict(list)
    for placed in outcome.stays.values():
        by_partition[placed.partition].append(placed.out_seq)
    for partition, numbers in by_partition.items():
        assert len(set(numbers)) == len(numbers)
        assert max(numbers) == outcome.out_seqs[partition]
    assert StayId("") not in outcome.stays
