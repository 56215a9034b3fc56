"""A city of many makes: what each device says comes in its own envelope, and the truth stays the truth."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from app.scoring.street import Plan, Played, ScoredStreet, play
from parking.city import City
from parking.errors import SetupError
from parking.states import BerthState, Transition
from simulators.citymap import SEED, generate_city
from simulators.days import World, published_on
from simulators.devices.networks import CAMERAS
from simulators.fleet import SENSORS, mix_fleet, parse_fleet
from simulators.messages import Encoder
from simulators.stream import Stream
from tests.support.simulated import SHANGHAI, make_city, make_world

FROM = datetime(2026, 9, 9, tzinfo=SHANGHAI)
# All makes, and some of our own between them.
FLEET = ",".join(
    [f"{family}=0.08" for family in sorted(SENSORS)] + [f"{family}=0.25" for family in sorted(CAMERAS)]
)


def mixed(fleet: str = FLEET) -> City:
    return mix_fleet(make_city(sections=25), parse_fleet(fleet))


def played(city: City, hours: int) -> tuple[World, Played]:
    world = make_world(city)
    begin = FROM + timedelta(hours=8)
    plan = Plan(
        begin_at=FROM, from_at=begin, until_at=begin + timedelta(hours=hours), step=timedelta(minutes=1)
    )
    street = ScoredStreet(city)
    return world, play(street, world, plan, lambda *_: None)


def changes(rows: list[Transition]) -> list[tuple[BerthState, datetime]]:
    return [(row.to_state, row.moment.latest_at) for row in rows if row.from_state is not BerthState.UNKNOWN]


def test_every_make_is_understood_and_tells_the_truth() -> None:
    city = mixed()
    world, heard = played(city, 8)
    makes = Counter(device.family for device in city.devices.values())
    assert {*SENSORS, *CAMERAS, "geo", "camera"} <= makes.keys()
    assert not heard.rejected
    assert heard.lost == 0

    (day,) = heard.days.values()
    until_ms = (FROM + timedelta(hours=16)).timestamp() * 1000
    for berth, berth_id in enumerate(world.layout.berths.ids):
        mine = day.stays.pick(day.stays.berth == berth)
        true = [
            (state, datetime.fromtimestamp(ms / 1000, SHANGHAI))
            for arrive_ms, depart_ms in zip(mine.arrive_ms.tolist(), mine.depart_ms.tolist(), strict=True)
            for state, ms in ((BerthState.OCCUPIED, arrive_ms), (BerthState.FREE, depart_ms))
            if FROM.timestamp() * 1000 + 31_000 < ms < until_ms - 60_000
        ]
        told = changes(heard.transitions[berth_id])[: len(true)]
        assert [state for state, _ in told] == [state for state, _ in true], berth_id
        # Some clocks tell whole seconds.
        assert all(
            abs(one - other) < timedelta(seconds=2) for (_, one), (_, other) in zip(told, true, strict=True)
        )


def test_makes_stand_in_the_envelopes_of_their_networks() -> None:
    world = make_world(mixed())
    stream = Stream(lambda on: published_on(world, on), Encoder(world), world.zone)
    stream.seek(int(FROM.timestamp() * 1000))
    roots = Counter(message.topic.split("/")[0] for message in stream.take(2_000, 2**60))
    assert roots.keys() == {"citypark", "application", "v3", "ctwing"}


def test_shares_are_of_sensors_and_of_cameras() -> None:
    city = mix_fleet(make_city(sections=50), parse_fleet("bosch-tps110=0.5,hikvision=1"))
    makes = Counter(device.family for device in city.devices.values())
    assert makes["camera"] == 0
    assert makes["hikvision"] > 10
    assert 0.4 < makes["bosch-tps110"] / (makes["bosch-tps110"] + makes["geo"]) < 0.6
    assert {device.berth_id for device in city.devices.values() if device.berth_id} == set(city.berths)


def test_a_city_file_says_which_berth_speaks_which_family() -> None:
    texts = generate_city(SEED, "wxhs-pmd=0.25,dahua=0.5")
    assert "--fleet wxhs-pmd=0.25,dahua=0.5" in texts["devices.csv"]
    families = Counter(line.split(",")[1] for line in texts["devices.csv"].splitlines()[4:])
    assert 0.2 < families["wxhs-pmd"] / sum(families.values()) < 0.3
    assert texts["cameras.csv"].splitlines()[3].endswith(",family")
    assert any(line.endswith(",dahua") for line in texts["cameras.csv"].splitlines())
    plain = generate_city(SEED)
    assert plain["berths.csv"].splitlines()[3:] == texts["berths.csv"].splitlines()[3:]


@pytest.mark.parametrize(
    ("fleet", "sentence"),
    [
        ("siemens=0.2", "'siemens' is none of the families"),
        ("dahua", "write a share from 0 to 1, as dahua=0.2"),
        ("dahua=1.5", "a share is from 0 to 1"),
        ("dahua=0.6,frigate=0.6", "the shares of cameras are more than 1 together"),
    ],
)
def test_a_fleet_that_cannot_be_is_refused_with_what_to_write(fleet: str, sentence: str) -> None:
    with pytest.raises(SetupError, match=sentence):
        parse_fleet(fleet)
