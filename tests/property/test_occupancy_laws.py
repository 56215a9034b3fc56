"""Laws of the engine that hold for any city and any day."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from occupancy.counts import SectionCounts
from occupancy.engine import Engine
from occupancy.evidence import Changes, Evidence

BERTHS = 5
LIMIT_US = 100

_reading = st.tuples(
    st.integers(0, BERTHS - 1),
    st.integers(0, 1_000),
    st.integers(0, 1_000),
    st.integers(0, 2),
    st.integers(-1, 1),
)
_turns = st.lists(st.tuples(st.lists(_reading, max_size=12), st.integers(0, 1_500)), max_size=8)


def fresh() -> Engine:
    return Engine([f"B{n}" for n in range(BERTHS)], np.full(BERTHS, LIMIT_US, dtype=np.int64), LIMIT_US)


def columns(rows: list[tuple[int, int, int, int, int]]) -> Evidence:
    berth, observed, received, kind, occupied = zip(*rows, strict=True) if rows else ((),) * 5
    return Evidence(
        reading_id=np.arange(len(rows), dtype=np.int64), berth=np.array(berth, dtype=np.int64),
        observed_us=np.array(observed, dtype=np.int64), received_us=np.array(received, dtype=np.int64),
        kind=np.array(kind, dtype=np.int8), occupied=np.array(occupied, dtype=np.int8),
    )  # fmt: skip


def step(engine: Engine, rows: list[tuple[int, int, int, int, int]], now_us: int) -> list[Changes]:
    return [engine.apply(columns(rows)), engine.advance(now_us)]


def plain(changes: list[Changes]) -> list[list[object]]:
    return [
        list(row)
        for part in changes
        for row in zip(part.berth.tolist(), part.from_state.tolist(), part.to_state.tolist(),
                       part.earliest_us.tolist(), part.latest_us.tolist(), part.cause.tolist(), strict=True)
    ]  # fmt: skip


@given(turns=_turns, cut=st.integers(0, 8))
def test_restore_then_the_rest_equals_never_stopping(
    turns: list[tuple[list[tuple[int, int, int, int, int]], int]], cut: int
) -> None:
    steady, first, second = fresh(), fresh(), fresh()
    whole = [plain(step(steady, *turn)) for turn in turns]

    parts = [plain(step(first, *turn)) for turn in turns[:cut]]
    second.restore(first.snapshot())
    parts += [plain(step(second, *turn)) for turn in turns[cut:]]

    assert parts == whole
    assert second.snapshot() == steady.snapshot()


@given(turns=_turns)
def test_each_change_starts_where_the_last_one_ended(
    turns: list[tuple[list[tuple[int, int, int, int, int]], int]],
) -> None:
    engine, state = fresh(), [2] * BERTHS
    for turn in turns:
        for berth, before, after, earliest, latest, _ in plain(step(engine, *turn)):
            assert isinstance(berth, int)
            assert isinstance(after, int)
            assert state[berth] == before != after
            assert isinstance(earliest, int)
            assert isinstance(latest, int)
            assert earliest <= latest
            state[berth] = after

    assert engine.state.tolist() == state


@given(
    shown=st.lists(st.integers(0, 2), min_size=8, max_size=8),
    closed=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_counts_of_a_section_sum_to_its_capacity(shown: list[int], closed: list[bool]) -> None:
    section_of = np.array([0, 0, 0, 1, 1, 1, 1, 2], dtype=np.int64)
    counts = SectionCounts(["a", "b", "c"], section_of, np.array(closed))

    rows = counts.count(np.array(shown, dtype=np.int8))

    assert rows.sum(axis=1).tolist() == [3, 4, 1]
    assert rows[:, 3].sum() == sum(closed)
