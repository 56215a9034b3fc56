"""The forecaster beside the requests: a real process, fed from the database and by the views."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

import occupancy.store
from guidance.desk import Desk
from guidance.service.foresight import Foresight, read_history, sites_of
from parking.errors import UnavailableError
from parking.ids import SectionId
from parking.plumbing.database import Connection, transaction
from parking.plumbing.systemclock import SystemClock
from parking.states import BerthState
from tests.support.guidance import belief, small_desk

pytestmark = pytest.mark.database

WAIT_S = 60.0


@pytest.fixture
def desk() -> Desk:
    now = SystemClock().now()
    desk = small_desk(*(belief(name, BerthState.FREE, now) for name in ("A-1", "A-2", "B-1")), at=now)
    desk.clock = SystemClock()
    return desk


@pytest.fixture
def foresight(desk: Desk, database_url: str) -> Iterator[Foresight]:
    opened = Foresight(database_url, desk, every_s=0.0)
    yield opened
    opened.close()


def test_a_city_without_history_is_forecast_by_what_is_counted_now(desk: Desk, foresight: Foresight) -> None:
    give_up = time.monotonic() + WAIT_S
    while desk.outlook is None and time.monotonic() < give_up:
        foresight.step()

    assert desk.outlook is not None
    assert desk.outlook.rates.shape[1] == 4
    assert (desk.outlook.days, desk.outlook.learnt) == (1, False)
    assert set(desk.outlook.basis.ravel().tolist()) == {1}  # no past day


def test_a_forecaster_that_dies_is_told_of(foresight: Foresight) -> None:
    assert foresight.pid is not None
    os.kill(foresight.pid, signal.SIGKILL)

    with pytest.raises(UnavailableError, match="forecaster"):
        step_on(foresight)


def step_on(foresight: Foresight) -> None:
    """Go on until it gives up."""
    give_up = time.monotonic() + WAIT_S
    while time.monotonic() < give_up:
        foresight.step()


def test_what_was_stored_is_laid_on_the_grid(desk: Desk, database_url: str, connection: Connection) -> None:
    now = desk.clock.now()
    with transaction(connection):
        for number, hours in enumerate((26, 25)):
            occupancy.store.save_counts(
                connection, number, now - timedelta(hours=hours), [SectionId("S001")], [[1, number, 0, 0]]
            )

    history = read_history(database_url, sites_of(desk), desk.city.timezone, now)

    rates = history.history().observed[0]
    assert rates[rates >= 0].tolist() == [0.0] * 12 + [0.5] * 13
    assert history.days_seen in {1, 2}
