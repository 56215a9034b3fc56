"""Checkups of devices follow the time of the evidence: the same messages bring the same ones."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from occupancy.belief import Belief
from occupancy.health import DeviceHealth
from parking.ids import PARTITIONS, BerthId, DeviceId, Partition, ReadingId
from parking.readings import Reading, ReadingKind
from tests.support.cities import small_city

BEGIN = datetime(2026, 11, 23, 0, 7, tzinfo=UTC)
BERTHS = 4
MINUTES = 400
Row = tuple[BerthId, Reading, datetime]


def rows_of(chance: Random) -> list[Row]:
    """Half a working day of sensors that report every ten minutes and of a camera that is often wrong."""
    rows, seqs = [], dict[str, int]()
    for minute in range(0, MINUTES, 5):
        berth = chance.randrange(BERTHS)
        device = chance.choice(("C0", f"G{berth}", f"G{berth}"))
        seqs[device] = seqs.get(device, 0) + chance.choice((1, 1, 1, 2))
        observed_at = BEGIN + timedelta(
            minutes=minute - chance.choice((0, 0, 0, 20)), seconds=chance.random()
        )
        reading = Reading(
            device_id=DeviceId(device), family="geo", boot=0, seq=seqs[device],
            kind=chance.choice((ReadingKind.HEARTBEAT, ReadingKind.CHANGE)), observed_at=observed_at,
            berth_id=None, occupied=chance.random() < 0.5, battery_v=3.7 - minute / 1000,
        )  # fmt: skip
        rows.append((BerthId(f"B{berth}"), reading, BEGIN + timedelta(minutes=minute, seconds=2)))
    return rows


def new_belief() -> Belief:
    return Belief(small_city(BERTHS), {Partition(each): 0 for each in range(PARTITIONS)})


def checkups(rows: Sequence[Row], cuts: Sequence[int], kills: frozenset[int]) -> list[DeviceHealth]:
    """All checkups of a street that takes the rows in these pieces and is killed after some of them."""
    belief, told = new_belief(), list[DeviceHealth]()
    for start, stop in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        if start == stop:
            continue
        piece = list(rows[start:stop])
        evidence = belief.evidence([ReadingId(start + place + 1) for place in range(len(piece))], piece)
        told += belief.take(evidence, [reading for _, reading, _ in piece], piece[-1][2]).health
        if start in kills:
            body, belief = belief.snapshot(), new_belief()
            belief.restore(body)
            belief.recall_health({each.device_id: each for each in told}.values())
    return told


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    cuts=st.lists(st.integers(0, MINUTES // 5), max_size=8).map(sorted),
    kill_all=st.booleans(),
)
def test_batches_and_restarts_change_no_checkup(seed: int, cuts: list[int], kill_all: bool) -> None:  # noqa: FBT001  drawn
    rows = rows_of(Random(seed))  # noqa: S311  a repeatable street
    one_by_one = checkups(rows, range(1, len(rows)), frozenset())
    pieces = checkups(rows, cuts, frozenset([0, *cuts] if kill_all else []))

    assert [(each.as_of, each.device_id) for each in pieces] == [
        (each.as_of, each.device_id) for each in one_by_one
    ]
    assert pieces == one_by_one
    assert len(one_by_one) > BERTHS
    assert all(each.as_of.minute % 15 == each.as_of.second == 0 for each in pieces)
