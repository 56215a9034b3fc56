"""A small city of many makes, simulated live into a real broker, a real street and its database."""

import threading
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from app.street import Street
from parking.city import City
from parking.clock import local_day
from parking.plumbing.database import Connection
from parking.plumbing.health import Health
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock
from simulators.calendar import to_ms
from simulators.days import World, generate_day, published_on
from simulators.devices.networks import CAMERAS
from simulators.fleet import SENSORS, mix_fleet, parse_fleet
from simulators.messages import Encoder
from simulators.run import Run
from simulators.service import SimulatorService
from simulators.stays import stay_at
from simulators.stream import Stream
from tests.support.simulated import SHANGHAI, make_city, make_world

pytestmark = [pytest.mark.database, pytest.mark.broker]

FLEET = ",".join(
    [f"{family}=0.08" for family in sorted(SENSORS)] + [f"{each}=0.25" for each in sorted(CAMERAS)]
)
LIMIT_S = 120


@pytest.fixture
def city() -> City:
    """Return a city with a name of its own, so that the shared broker keeps no session of another test."""
    return mix_fleet(make_city(sections=25, city_id=f"sim{uuid4().hex[:8]}"), parse_fleet(FLEET))


def play(settings: Settings, city: City, world: World, run: Run) -> None:
    """Let simulator and street take turns until all of it is stored."""
    ended = threading.Event()
    with closing(Street(settings, city, SystemClock(), Health("street"))) as street:
        street.step()
        with closing(SimulatorService(settings, SystemClock(), world, run, ended.set)) as simulator:
            until = time.monotonic() + LIMIT_S
            while not ended.is_set():
                assert time.monotonic() < until
                simulator.step()
                street.step()
            assert street.stored_count == messages_of(world, run)


def messages_of(world: World, run: Run) -> int:
    """How many messages a run holds."""
    assert run.from_at is not None
    assert run.until_at is not None
    stream = Stream(lambda on: published_on(world, on), Encoder(world), SHANGHAI)
    stream.seek(to_ms(run.from_at))
    return len(stream.take(10**6, to_ms(run.until_at)))


def true_states(world: World, at: datetime) -> dict[str, int]:
    """What stands in each berth at an instant, by the simulation's own truth."""
    stays = generate_day(world, at.date()).stays
    berths = np.arange(len(world.layout.berths), dtype=np.int64)
    found = stay_at(stays.berth, stays.arrive_ms, stays.depart_ms, berths, np.full(len(berths), to_ms(at)))
    return dict(zip(world.layout.berths.ids, (found >= 0).astype(int).tolist(), strict=True))


def test_a_mixed_city_is_taken_in_whole_and_the_truth_matches(
    database_url: str, broker_port: int, tmp_path: Path, city: City, connection: Connection
) -> None:
    yesterday = local_day(SystemClock().now(), SHANGHAI) - timedelta(days=1)
    begin = datetime(yesterday.year, yesterday.month, yesterday.day, 8, tzinfo=SHANGHAI)
    until = begin + timedelta(hours=2)
    world = make_world(city)
    settings = Settings(database_url=database_url, mqtt_port=broker_port, home=tmp_path)

    play(settings, city, world, Run(from_at=begin, until_at=until, exits=True))

    spoken = {row[0] for row in connection.execute("SELECT DISTINCT family FROM readings")}
    assert spoken >= {*SENSORS, *CAMERAS, "geo", "camera"}
    assert connection.execute("SELECT reason, detail FROM rejects").fetchall() == []
    states = {row[0]: row[1] for row in connection.execute("SELECT berth_id, state FROM berth_states")}
    assert states == true_states(world, until)
