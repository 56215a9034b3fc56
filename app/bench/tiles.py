"""A city of any number of berths: copies of a real one, side by side."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from parking.city import Berth, City, Device, Position, RoadSection, Zone
from parking.geo import bounding_box
from parking.ids import BerthId, DeviceId, SectionId, ZoneId

# Degrees between two copies: beyond any walk.
GAP = 0.03


def tile(city: City, berths: int) -> City:
    """Copies of a city with this many berths in all; cameras and signs are those of the first copy."""
    copies = -(-berths // len(city.berths))
    wide = int(copies**0.5) or 1
    low, high = bounding_box(point for zone in city.zones.values() for point in zone.outline)
    step = (high.lon - low.lon + GAP, high.lat - low.lat + GAP)
    moves = [((copy % wide) * step[0], (copy // wide) * step[1]) for copy in range(copies)]
    kept = list(islice(_berths(city, moves), berths))
    there = {berth.berth_id for berth in kept}
    return replace(
        city,
        zones={zone.zone_id: zone for zone in _zones(city, moves)},
        sections={section.section_id: section for section in _sections(city, moves)},
        berths={berth.berth_id: berth for berth in kept},
        devices={device.device_id: device for device in _devices(city, len(moves), there)},
        cameras={
            camera.camera_id: replace(
                camera, berth_ids=tuple(berth_id for berth_id in camera.berth_ids if berth_id in there)
            )
            for camera in city.cameras.values()
        },
    )


def _mark(name: str, copy: int) -> str:
    return f"{name}.{copy}" if copy else name


def _moved(position: Position, move: tuple[float, float]) -> Position:
    return Position(lon=position.lon + move[0], lat=position.lat + move[1])


def _zones(city: City, moves: list[tuple[float, float]]) -> Iterator[Zone]:
    for copy, move in enumerate(moves):
        for zone in city.zones.values():
            outline = tuple(_moved(point, move) for point in zone.outline)
            yield replace(zone, zone_id=ZoneId(_mark(zone.zone_id, copy)), outline=outline)


def _sections(city: City, moves: list[tuple[float, float]]) -> Iterator[RoadSection]:
    for copy, move in enumerate(moves):
        for section in city.sections.values():
            yield replace(
                section,
                section_id=SectionId(_mark(section.section_id, copy)),
                zone_id=ZoneId(_mark(section.zone_id, copy)),
                path=tuple(_moved(point, move) for point in section.path),
            )


def _berths(city: City, moves: list[tuple[float, float]]) -> Iterator[Berth]:
    for copy, move in enumerate(moves):
        for berth in city.berths.values():
            yield replace(
                berth,
                berth_id=BerthId(_mark(berth.berth_id, copy)),
                section_id=SectionId(_mark(berth.section_id, copy)),
                zone_id=ZoneId(_mark(berth.zone_id, copy)),
                position=_moved(berth.position, move),
            )


def _devices(city: City, copies: int, there: set[BerthId]) -> Iterator[Device]:
    for copy in range(copies):
        for device in city.devices.values():
            if device.berth_id is None and not copy:
                yield device
            elif device.berth_id is not None and BerthId(_mark(device.berth_id, copy)) in there:
                yield replace(
                    device,
                    device_id=DeviceId(_mark(device.device_id, copy)),
                    berth_id=BerthId(_mark(device.berth_id, copy)),
                )
