"""Planted scenes beyond berths: what cameras and hand-helds would tell of them, and what is true of each.

Some are offences that two devices see, some that one sees, some are over too soon, and some look like an
offence and are none: a berth that the city marked on tactile paving.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zlib import crc32

from parking.city import City, Position
from parking.geo import path_midpoint
from parking.ids import DeviceId, SectionId
from parking.observations import Scene
from parking.topics import area_topic
from simulators.devices.area import encode

# While it goes on a device tells of it this often.
EVERY: Final = timedelta(minutes=1)
LONG, SHORT = timedelta(minutes=12), timedelta(minutes=1)
_SCENES: Final = (Scene.SIDEWALK, Scene.TACTILE_PAVING, Scene.FIRE_LANE, Scene.BUS_STOP)
_DIGITS: Final = 100_000


class Truth(StrEnum):
    """What is true of a planted scene."""

    SEEN_BY_TWO = "seen_by_two"  # an offence, and two devices can prove it
    SEEN_BY_ONE = "seen_by_one"  # an offence, and one device tells of it
    OVER_SOON = "over_soon"  # somebody stopped and drove on
    MARKED = "marked"  # the berth itself is marked where none may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One scene; `berth` is named by the devices where the marking is what is wrong."""

    number: int
    truth: Truth
    scene: Scene
    section_id: SectionId
    place: Position
    berth: str | None
    plate: str
    devices: tuple[DeviceId, ...]
    from_at: datetime
    to_at: datetime


def plant(city: City, begin_at: datetime, count: int, seed: int) -> list[Planted]:
    """Plant so many scenes before cameras of the city, one after the other, a quarter of each truth."""
    cameras = sorted(city.cameras.values(), key=lambda each: each.camera_id)
    patrols = sorted(each.device_id for each in city.devices.values() if each.family == "patrol")
    found = []
    for number in range(count):
        truth = list(Truth)[number % len(Truth)]
        camera = cameras[_draw(seed, number, "camera") % len(cameras)]
        patrol = patrols[_draw(seed, number, "patrol") % len(patrols)]
        from_at = begin_at + number * timedelta(minutes=2)
        by_two = truth in {Truth.SEEN_BY_TWO, Truth.MARKED}
        scene = _SCENES[_draw(seed, number, "scene") % len(_SCENES)]
        found.append(
            Planted(
                number=number,
                truth=truth,
                scene=Scene.TACTILE_PAVING if truth is Truth.MARKED else scene,
                section_id=camera.section_id,
                place=path_midpoint(city.sections[camera.section_id].path),
                berth=camera.berth_ids[0] if truth is Truth.MARKED else None,
                plate=f"鄂S{(_draw(seed, number, 'plate') + number) % _DIGITS:05d}",
                devices=(DeviceId(camera.camera_id), patrol) if by_two else (DeviceId(camera.camera_id),),
                from_at=from_at,
                to_at=from_at + (SHORT if truth is Truth.OVER_SOON else LONG),
            )
        )
    return found


def tell(city_id: str, planted: Sequence[Planted], boot: int) -> Iterator[tuple[datetime, str, bytes]]:
    """What the devices say, in the order of time: instant, topic, payload."""
    told = sorted(
        (at, each.number, device)
        for each in planted
        for device in each.devices
        for at in _instants(each.from_at, each.to_at)
    )
    for seq, (at, number, device) in enumerate(told):
        scene = planted[number]
        payload = encode(
            boot=boot, seq=seq, at=at.isoformat(), scene=scene.scene.value, berth=scene.berth,
            section=scene.section_id, lon=scene.place.lon, lat=scene.place.lat, track=f"t-{number}",
            plate=scene.plate, plate_colour="blue", confidence=0.97,
        )  # fmt: skip
        yield at, area_topic(city_id, device), payload


def _instants(from_at: datetime, to_at: datetime) -> Iterator[datetime]:
    while from_at <= to_at:
        yield from_at
        from_at += EVERY


def _draw(seed: int, number: int, what: str) -> int:
    return crc32(f"{seed}|{number}|{what}".encode())
