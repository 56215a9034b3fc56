"""What the engine believes, told as timelines: minutes after midnight, one berth unless said otherwise."""

from datetime import UTC, datetime, timedelta

import numpy as np

from occupancy.cells import CAUSES
from occupancy.engine import Engine
from occupancy.evidence import Changes, Evidence, to_us
from parking.readings import ReadingKind
from parking.states import BerthState, TransitionCause

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
LIMIT = timedelta(minutes=80)
QUIET_US = 3_600_000_000 * 2


def at(minute: float) -> int:
    return to_us(MIDNIGHT + timedelta(minutes=minute))


def engine(berths: int = 1) -> Engine:
    limit = np.full(berths, int(LIMIT.total_seconds()) * 1_000_000, dtype=np.int64)
    names = [f"B{n}" for n in range(berths)]
    sensors = [f"G{n}" for n in range(berths)]
    bound = np.array([*range(berths), -1, -1], dtype=np.int64)
    return Engine(names, limit, QUIET_US, [*sensors, "C", "P"], bound)


def say(
    *rows: tuple[float, int],
    kind: ReadingKind = ReadingKind.CHANGE,
    received: float | None = None,
    berth: int = 0,
    device: int | None = None,
    seq: int | None = None,
) -> Evidence:
    return Evidence(
        reading_id=np.arange(len(rows), dtype=np.int64),
        berth=np.full(len(rows), berth, dtype=np.int64),
        device=np.full(len(rows), berth if device is None else device, dtype=np.int64),
        boot=np.zeros(len(rows), dtype=np.int64),
        seq=np.array([int(minute) if seq is None else seq for minute, _ in rows], dtype=np.int64),
        observed_us=np.array([at(minute) for minute, _ in rows], dtype=np.int64),
        received_us=np.array(
            [at(minute if received is None else received) for minute, _ in rows], dtype=np.int64
        ),
        kind=np.full(len(rows), kind, dtype=np.int8),
        occupied=np.array([occupied for _, occupied in rows], dtype=np.int8),
        battery_v=np.full(len(rows), np.nan, dtype=np.float32),
    )


def told(changes: Changes) -> list[tuple[str, str, float, float, TransitionCause]]:
    minutes = [((us - at(0)) / 60e6) for us in (*changes.earliest_us.tolist(), *changes.latest_us.tolist())]
    half = len(minutes) // 2
    return [
        (BerthState(int(a)).name, BerthState(int(b)).name, minutes[n], minutes[half + n], CAUSES[int(c)])
        for n, (a, b, c) in enumerate(zip(changes.from_state, changes.to_state, changes.cause, strict=True))
    ]


def heard(grid: Engine, evidence: Evidence, first_seq: int) -> Changes:
    """Apply, and number what was made known as the street does."""
    changes = grid.apply(evidence)
    grid.published(changes.place, np.arange(first_seq, first_seq + len(changes), dtype=np.int64))
    return changes


def corrected(changes: Changes) -> list[tuple[str, str, float, float, int]]:
    return [(*row[:4], seq) for row, seq in zip(told(changes), changes.replaces.tolist(), strict=True)]


def test_nothing_heard_is_unknown_and_not_free() -> None:
    assert engine().shown(at(0)).tolist() == [BerthState.UNKNOWN]


def test_reported_changes_are_dated_by_the_device() -> None:
    #   0 free (first)   10 occupied   140 free
    changes = engine().apply(say((0, 0), (10, 1), (140, 0)))

    assert told(changes) == [
        ("UNKNOWN", "FREE", 0, 0, TransitionCause.FIRST_SEEN),
        ("FREE", "OCCUPIED", 10, 10, TransitionCause.CHANGE),
        ("OCCUPIED", "FREE", 140, 140, TransitionCause.CHANGE),
    ]


def test_change_seen_only_by_a_heartbeat_is_bounded_by_the_evidence_before_it() -> None:
    #   0 free   30 heartbeat free   60 heartbeat occupied: arrived in (30, 60]
    grid = engine()
    grid.apply(say((0, 0), (30, 0), kind=ReadingKind.HEARTBEAT))

    changes = grid.apply(say((60, 1), kind=ReadingKind.HEARTBEAT))

    assert told(changes) == [("FREE", "OCCUPIED", 30, 60, TransitionCause.STATUS)]


def test_silence_is_unknown_and_bounded_by_the_last_evidence() -> None:
    #   0 occupied   ... nothing ...   80 limit
    grid = engine()
    grid.apply(say((0, 1)))

    assert len(grid.advance(at(80))) == 0
    assert told(grid.advance(at(81))) == [("OCCUPIED", "UNKNOWN", 0, 80, TransitionCause.SILENCE)]
    assert grid.shown(at(81)).tolist() == [BerthState.UNKNOWN]


def test_device_that_returns_after_silence_says_so() -> None:
    grid = engine()
    grid.apply(say((0, 1)))
    grid.advance(at(100))

    changes = grid.apply(say((110, 1), kind=ReadingKind.HEARTBEAT))

    assert told(changes) == [("UNKNOWN", "OCCUPIED", 110, 110, TransitionCause.RETURN)]


def test_while_the_street_tells_of_the_past_nothing_is_published() -> None:
    #   at 300 a backlog arrives: occupied at 0, free at 130
    grid = engine()
    grid.apply(say((0, 1), received=300))

    assert len(grid.advance(at(301))) == 0
    assert grid.shown(at(301)).tolist() == [BerthState.UNKNOWN]
    assert told(grid.apply(say((130, 0), received=302))) == [
        ("OCCUPIED", "FREE", 130, 130, TransitionCause.CHANGE)
    ]


def test_late_message_among_others_of_the_present_is_published_and_silence_waits_for_its_device() -> None:
    #   at 300 one device delivers what happened at 170; another speaks of the present
    grid = engine(2)
    grid.apply(say((300, 0), berth=1))
    grid.apply(say((170, 1), received=300))

    assert grid.shown(at(301)).tolist() == [BerthState.OCCUPIED, BerthState.FREE]
    assert len(grid.advance(at(380))) == 0
    assert told(grid.advance(at(381)))[0] == ("OCCUPIED", "UNKNOWN", 170, 380, TransitionCause.SILENCE)


def test_late_reading_takes_its_place_and_corrects_what_was_said() -> None:
    #   0 free   60 free by heartbeat   then, late: 20 occupied, 40 free
    grid = engine()
    heard(grid, say((0, 0)), first_seq=1)
    heard(grid, say((60, 0), kind=ReadingKind.HEARTBEAT), first_seq=2)

    assert corrected(heard(grid, say((20, 1)), first_seq=2)) == [
        ("FREE", "OCCUPIED", 20, 20, 0), ("OCCUPIED", "FREE", 20, 60, 0),
    ]  # fmt: skip
    assert corrected(heard(grid, say((40, 0)), first_seq=4)) == [("OCCUPIED", "FREE", 40, 40, 3)]


def test_late_reading_that_changes_nothing_says_nothing() -> None:
    grid = engine()
    heard(grid, say((0, 0), (60, 1)), first_seq=1)

    assert corrected(heard(grid, say((30, 0), kind=ReadingKind.HEARTBEAT), first_seq=3)) == []


def test_repeated_reading_says_nothing() -> None:
    grid = engine()
    heard(grid, say((0, 0), (60, 1), (90, 0)), first_seq=1)
    before = grid.cells.copy()

    assert corrected(heard(grid, say((60, 1)), first_seq=4)) == []
    assert (grid.cells == before).all()


def test_reading_before_the_lateness_bound_is_passed_over() -> None:
    grid = engine()
    heard(grid, say((0, 0), (200, 0)), first_seq=1)
    grid.advance(at(200))

    assert corrected(heard(grid, say((64, 1)), first_seq=2)) == []
    assert corrected(heard(grid, say((81, 1)), first_seq=2)) != []


def test_readings_of_one_batch_are_ordered_by_the_devices_time() -> None:
    changes = engine().apply(say((20, 0), (10, 1), (0, 0)))

    assert [row[:2] for row in told(changes)] == [
        ("UNKNOWN", "FREE"), ("FREE", "OCCUPIED"), ("OCCUPIED", "FREE"),
    ]  # fmt: skip


def test_restored_engine_forgets_berths_that_are_gone_and_keeps_the_others() -> None:
    old = engine(3)
    for berth in range(3):
        old.apply(say((berth, berth % 2), berth=berth))
    bound = np.array([0, 2], dtype=np.int64)
    new = Engine(["B2", "B9", "B1"], np.full(3, 1, dtype=np.int64), QUIET_US, ["G2", "G1"], bound)

    new.restore(old.snapshot())

    assert new.state.tolist() == [BerthState.FREE, BerthState.UNKNOWN, BerthState.OCCUPIED]


def test_what_came_from_devices_in_no_register_is_restored_too() -> None:
    old = engine()
    old.apply(say((1, 1), (2, 0), device=-1))
    old.advance(at(3))
    new = engine()

    new.restore(old.snapshot())

    assert new.devices.tobytes() == old.devices.tobytes()
    assert new.snapshot() == old.snapshot()
