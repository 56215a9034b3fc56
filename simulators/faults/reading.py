"""Plates that are read wrong, or not at all."""

from dataclasses import replace

import numpy as np

from parking.ids import Plate
from simulators.draws import Ints
from simulators.events import Events
from simulators.faults.mishaps import Fault, Mishaps
from simulators.faults.scene import Scene
from simulators.layout import Family
from simulators.plates import Vehicle

# Characters that readers take for one another, as people who check pictures report them; either way round.
_ALIKE = ("0DQ", "8B3", "1LT7", "2Z", "5S6", "6G", "CG", "EF", "MNH", "4A", "PR", "UV", "XYK", "J3", "9P")


def misread(events: Events, vehicles: list[Vehicle], scene: Scene) -> tuple[Events, list[Mishaps]]:
    """Take plates away or falsify them, the same for one device and stay; wrong plates join `vehicles`."""
    reading = np.flatnonzero(events.vehicle >= 0)
    device = events.device[reading].astype(np.int64)
    stay = events.vehicle[reading].astype(np.int64)
    key = scene.layout.devices.key[device]
    camera = scene.layout.devices.family[device] == Family.CAMERA
    kind = scene.draws.uniform("reading", key, scene.day.number, stay)
    unread = camera & (kind < scene.faults.unread_share)
    wrong = kind >= 1 - np.where(camera, scene.faults.misread_share, scene.faults.patrol_misread_share)
    wrong &= ~unread
    pairs, place = np.unique(device[wrong] * len(vehicles) + stay[wrong], return_inverse=True)
    false = _falsify(pairs, vehicles, scene)
    vehicle, confidence = events.vehicle.copy(), events.confidence.copy()
    vehicle[reading[unread]] = -1
    confidence[reading[unread]] = 0
    vehicle[reading[wrong]] = len(vehicles) + place
    sure = scene.draws.chance(0.15, "misread sure", key[wrong], scene.day.number, stay[wrong])
    doubtful = 55 + scene.draws.below(35, "misread confidence", key[wrong], scene.day.number, stay[wrong])
    confidence[reading[wrong]] = np.where(sure, confidence[reading[wrong]], doubtful)
    vehicles += false
    changed = replace(events, vehicle=vehicle, confidence=confidence)
    return changed, [
        _record(events, reading[unread], Fault.UNREAD),
        _record(events, reading[wrong], Fault.MISREAD),
    ]


def _falsify(pairs: Ints, vehicles: list[Vehicle], scene: Scene) -> list[Vehicle]:
    """For each (device, stay) the plate that this device takes the stay's vehicle for."""
    device, stay = np.divmod(pairs, len(vehicles))
    keys = (scene.layout.devices.key[device], scene.day.number, stay)
    which = scene.draws.uniform("misread as", *keys).tolist()
    return [
        Vehicle(plate=confuse(vehicles[index].plate, chance), colour=vehicles[index].colour)
        for index, chance in zip(stay.tolist(), which, strict=True)
    ]


def confuse(plate: Plate, chance: float) -> Plate:
    """The plate with one character taken for one like it; `chance` in [0, 1) chooses which."""
    ways = [
        plate[:place] + other + plate[place + 1 :]
        for place in range(1, len(plate))
        for group in _ALIKE
        if plate[place] in group
        for other in group
        if other != plate[place] and not (place == 1 and other.isdigit())
    ]
    return Plate(ways[int(chance * len(ways))]) if ways else plate


def _record(events: Events, rows: Ints, fault: Fault) -> Mishaps:
    at = events.at_ms[rows]
    return Mishaps.of(fault, events.device[rows], events.berth[rows], at, at)
