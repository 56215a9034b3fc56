"""Street, Mosquitto and PostgreSQL killed while messages flow: a small case of `citypark bench faults`."""

import pytest

from app.bench.faults import measure_faults
from app.bench.stack import running_stack
from tests.support.mosquitto import require_mosquitto

pytestmark = [pytest.mark.e2e, pytest.mark.database, pytest.mark.broker]

BERTHS, MESSAGES, KILLS = 500, 10_000, 3


def test_nothing_is_lost_and_nothing_counts_twice() -> None:
    require_mosquitto()
    told: list[str] = []

    with running_stack(BERTHS, "mosquitto", persistent=True) as stack:
        figures = measure_faults(stack, BERTHS, MESSAGES, KILLS, told.append, seed=5)

    assert len(told) == figures["kills"] == KILLS
    assert figures["stored"] + figures["rejected"] == figures["published"] == MESSAGES
    assert figures["rejected"] > 0
    assert (figures["lost"], figures["doubled"]) == (0, 0)
    assert figures["transitions"] == figures["transitions_expected"]
