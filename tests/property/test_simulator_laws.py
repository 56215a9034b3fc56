"""Laws of the simulator: arithmetic against the obvious, and what holds on any day of any city."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.backlog import Backlog, Progress
from simulators.days import generate_day
from simulators.draws import Draws
from simulators.faults.stretches import cut_seen, join_seen
from simulators.messages import Encoder
from simulators.scenario import Faults, Scenario
from simulators.sensing import Seen
from simulators.stays import stay_at
from simulators.stream import Stream
from tests.support.simulated import SHANGHAI, make_city, make_world

CITY = make_city(sections=3, berths=9)
DAYS = st.integers(0, 2_000).map(lambda step: date(2024, 1, 1) + timedelta(days=step))
STRETCHES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(1, 15)), max_size=12)
Row = tuple[int, int, int]


def seen_of(rows: list[Row]) -> Seen:
    rows = sorted(rows)
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Seen(
        view=columns[:, 0],
        arrive_ms=columns[:, 1],
        depart_ms=columns[:, 1] + columns[:, 2],
        stay=np.arange(len(rows), dtype=np.int64),
    )


def moments(seen: Seen) -> set[tuple[int, int]]:
    """Every (view, instant) that is occupied."""
    rows = zip(seen.view.tolist(), seen.arrive_ms.tolist(), seen.depart_ms.tolist(), strict=True)
    return {(view, at) for view, begin, end in rows for at in range(begin, end)}


@given(STRETCHES, STRETCHES)
def test_joined_stretches_cover_what_the_parts_cover_and_never_touch(
    one: list[Row], other: list[Row]
) -> None:
    joined = join_seen([seen_of(one), seen_of(other)])
    same = joined.view[1:] == joined.view[:-1]

    assert moments(joined) == moments(seen_of(one)) | moments(seen_of(other))
    assert (joined.arrive_ms[1:] > joined.depart_ms[:-1])[same].all()


@given(STRETCHES, st.integers(0, 2), st.integers(0, 40), st.integers(1, 20))
def test_a_cut_takes_out_what_it_says(rows: list[Row], view: int, begin: int, length: int) -> None:
    seen = join_seen([seen_of(rows)])
    bounds = (np.full(len(seen), ms, dtype=np.int64) for ms in (begin, begin + length))
    cut = cut_seen(seen, seen.view == view, *bounds)

    assert moments(cut) == moments(seen) - {(view, at) for at in range(begin, begin + length)}


@given(STRETCHES, st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 60)), min_size=1, max_size=20))
def test_the_stay_at_an_instant_is_the_one_that_holds_it(
    rows: list[Row], asked: list[tuple[int, int]]
) -> None:
    seen = join_seen([seen_of(rows)])
    views, instants = (np.array(column, dtype=np.int64) for column in zip(*asked, strict=True))
    found = stay_at(seen.view, seen.arrive_ms, seen.depart_ms, views, instants)

    for (view, at), index in zip(asked, found.tolist(), strict=True):
        assert (index >= 0) == ((view, at) in moments(seen))
        if index >= 0:
            assert seen.view[index] == view
            assert seen.arrive_ms[index] <= at < seen.depart_ms[index]


@given(st.integers(0, 2**64 - 1), st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=30, unique=True))
def test_a_draw_hangs_on_its_own_keys_alone(seed: int, keys: list[int]) -> None:
    together = Draws(seed).uniform("law", np.array(keys, dtype=np.uint64), 7)
    alone = [float(Draws(seed).uniform("law", key, 7)[0]) for key in keys]

    assert together.tolist() == alone
    assert all(0 <= each < 1 for each in alone)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), DAYS)
def test_on_any_day_stays_do_not_overlap_and_keys_are_unique(seed: int, on: date) -> None:
    faults = Faults(
        restart_share=1 / 32, tailgate_share=0.5, misread_share=0.1, swapped_share=0.5, stuck_share=0.1
    )
    day = generate_day(make_world(CITY, seed=seed, scenario=Scenario(faults=faults)), on)
    same = day.stays.berth[1:] == day.stays.berth[:-1]
    keys = set(
        zip(day.events.device.tolist(), day.events.boot.tolist(), day.events.seq.tolist(), strict=True)
    )

    assert (day.stays.arrive_ms[1:] - day.stays.depart_ms[:-1] > 0)[same].all()
    assert len(keys) == len(day.events)
    assert (day.stays.depart_ms > day.day.start_ms).all()
    assert (day.stays.arrive_ms < day.day.end_ms).all()


@settings(max_examples=30, deadline=None)
@given(DAYS, st.integers(0, 86_399_999), st.lists(st.integers(1, 400), min_size=1, max_size=8))
def test_reading_on_in_any_steps_skips_and_repeats_nothing(
    on: date, offset_ms: int, limits: list[int]
) -> None:
    world = make_world(CITY)
    day = generate_day(world, on)
    stream = Stream(lambda when: day if when == on else generate_day(world, when), Encoder(world), SHANGHAI)
    stream.seek(day.day.start_ms + offset_ms)
    taken = [message for limit in limits for message in stream.take(limit, day.day.end_ms)]
    first = int(np.searchsorted(day.events.publish_ms, day.day.start_ms + offset_ms))

    assert taken == list(Encoder(world).messages(day, first, first + len(taken)))
    assert len(taken) == min(sum(limits), len(day.events) - first)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 900)), max_size=60))
def test_a_backlog_counted_by_the_platform_is_exact(steps: list[tuple[bool, int]]) -> None:
    backlog, sent, stored = Backlog(0), 0, 0
    backlog.hear(Progress(stored=5), 0)
    for publishes, count in steps:
        if publishes:
            sent += count
            backlog.publish(count, sent)
        else:
            stored = min(sent, stored + count)
            backlog.hear(Progress(stored=5 + stored), 1)
        assert backlog.ahead == sent - stored
