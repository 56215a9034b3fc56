"""What devices say of themselves counts the same in one batch as one by one."""

from random import Random
from typing import cast

import numpy as np
import pytest

from occupancy.cells import DEVICE, Devices
from occupancy.evidence import EITHER, Evidence
from occupancy.numbering import follow
from parking.readings import ReadingKind
from tests.support.believing import Street, Word

DEVICES, MESSAGES = 5, 60


def drawn(chance: Random) -> Evidence:
    """Messages of some devices in order, with gaps in their numbers and voltages now and then."""
    numbers = np.array(sorted(chance.sample(range(400), MESSAGES)), dtype=np.int64)
    device = np.array([chance.randrange(DEVICES) for _ in numbers], dtype=np.int64)
    kinds = [int(kind) for kind in (ReadingKind.CHANGE, ReadingKind.HEARTBEAT, ReadingKind.SIGHTING)]
    return Evidence(
        reading_id=numbers,
        berth=device,
        device=device,
        boot=np.zeros(MESSAGES, dtype=np.int64),
        seq=numbers,
        observed_us=(numbers * 60 + 1_000) * 1_000_000,
        received_us=numbers,
        kind=np.array([chance.choice(kinds) for _ in numbers], dtype=np.int8),
        occupied=np.ones(MESSAGES, dtype=np.int8),
        battery_v=np.array([chance.choice((np.nan, 3.6 - n / 1000)) for n in numbers], dtype=np.float32),
    )


def heard(evidence: Evidence, size: int) -> tuple[Devices, list[bool]]:
    """The devices after the evidence, taken in batches of this size, and which messages followed."""
    devices = np.zeros(DEVICES + 1, dtype=DEVICE)
    parts = [
        follow(devices, evidence.rows(start, start + size)).tolist()
        for start in range(0, len(evidence), size)
    ]
    return devices, [each for part in parts for each in part]


@pytest.mark.parametrize("seed", range(20))
def test_one_batch_says_what_single_messages_say(seed: int) -> None:
    evidence = drawn(Random(seed))  # noqa: S311  repeatable
    one_by_one, follows = heard(evidence, 1)
    for size in (2, 7, MESSAGES):
        devices, as_batch = heard(evidence, size)
        assert (devices == one_by_one).all()
        assert as_batch == follows
    assert one_by_one["beats"].sum() == (evidence.kind == ReadingKind.HEARTBEAT).sum()
    assert (one_by_one["lost_to_s"] > 0).any()


def test_a_report_without_a_label_is_a_change_only_where_the_state_is_another() -> None:
    street = Street()
    states = [(0, 0), (10, 1), (20, 1), (30, 1), (40, 0), (50, 0)]
    unlabelled = cast("ReadingKind", EITHER)
    street.hear(*(Word(minute, occupied, kind=unlabelled) for minute, occupied in states))

    assert street.standing() == [(0, 0, 0), (1, 10, 10), (0, 40, 40)]
