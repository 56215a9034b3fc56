"""Plates: one for each vehicle, valid under GA 36, and of all kinds."""

from collections import Counter
from itertools import pairwise

import numpy as np

from parking.plates import PlateKind, find_plate
from parking.rights import Energy
from simulators.plates import REGIONS, VEHICLES, Region, is_electric, vehicles_of

NUMBERS = np.concatenate(
    [np.arange(first, first + min(size, 8_000), dtype=np.int64) for first, size in REGIONS.values()]
)


def test_no_two_vehicles_share_a_plate() -> None:
    plates = [vehicle.plate for vehicle in vehicles_of(NUMBERS)]

    assert len(set(plates)) == len(plates)


def test_every_plate_is_valid_and_its_colour_goes_with_its_kind() -> None:
    colours = {
        PlateKind.ORDINARY: {"blue", "yellow"},
        PlateKind.NEV_SMALL: {"green"},
        PlateKind.NEV_LARGE: {"yellow-green"},
        PlateKind.POLICE: {"white"},
        PlateKind.TRAINING: {"yellow"},
        PlateKind.MILITARY: {"white"},
        PlateKind.HONG_KONG: {"black"},
        PlateKind.MACAO: {"black"},
    }
    seen = set()
    for vehicle in vehicles_of(NUMBERS):
        parsed = find_plate(vehicle.plate)
        assert parsed is not None, vehicle.plate
        assert vehicle.colour in colours[parsed.kind], vehicle.plate
        assert vehicle.energy is parsed.energy
        seen.add(parsed.kind)

    assert seen == set(colours)


def test_most_are_local_and_an_eighth_runs_on_new_energy() -> None:
    local = np.arange(8_000, dtype=np.int64)
    vehicles = vehicles_of(local)
    provinces = Counter(vehicle.plate[:2] for vehicle in vehicles)
    electric = [vehicle.energy is Energy.NEV for vehicle in vehicles]

    assert 0.8 < provinces["鄂S"] / len(local) < 0.95
    assert 0.11 < sum(electric) / len(local) < 0.16
    assert np.array_equal(is_electric(local), electric)


def test_regions_do_not_overlap() -> None:
    spans = sorted(REGIONS[region] for region in Region)

    assert all(first + size <= following for (first, size), (following, _) in pairwise(spans))
    assert sum(spans[-1]) <= VEHICLES
