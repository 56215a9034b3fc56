"""Plates as drivers and cameras write them, and the reason for each that is none."""

import pytest

from parking.plates import (
    ParsedPlate,
    PlateKind,
    PlateReason,
    RefusedPlate,
    are_confusable,
    confusable_plates,
    find_plate,
    mask_plate,
    parse_plate,
)
from parking.rights import Energy, VehicleClass

VALID = [
    ("鄂S12345", "鄂S12345", PlateKind.ORDINARY),
    ("鄂S·A1B23", "鄂SA1B23", PlateKind.ORDINARY),
    ("鄂s 12345", "鄂S12345", PlateKind.ORDINARY),
    ("鄂Ｓ１２３４５", "鄂S12345", PlateKind.ORDINARY),
    ("鄂SD12345", "鄂SD12345", PlateKind.NEV_SMALL),
    ("鄂SKA2345", "鄂SKA2345", PlateKind.NEV_SMALL),
    ("鄂S12345F", "鄂S12345F", PlateKind.NEV_LARGE),
    ("鄂S1234学", "鄂S1234学", PlateKind.TRAINING),
    ("鄂S1234挂", "鄂S1234挂", PlateKind.TRAILER),
    ("鄂S1234警", "鄂S1234警", PlateKind.POLICE),
    ("鄂X1234应急", "鄂X1234应急", PlateKind.EMERGENCY),
    ("粤Z1234港", "粤Z1234港", PlateKind.HONG_KONG),
    ("粤Z12A4澳", "粤Z12A4澳", PlateKind.MACAO),
    ("沪A0023领", "沪A0023领", PlateKind.CONSULATE),
    ("使014578", "使014578", PlateKind.EMBASSY),
    ("224001使", "224001使", PlateKind.EMBASSY),
    ("VA12345", "VA12345", PlateKind.MILITARY),
    ("KO12345", "KO12345", PlateKind.MILITARY),
    ("WJ鄂1234X", "WJ鄂1234X", PlateKind.ARMED_POLICE),
    ("WJ01234", "WJ01234", PlateKind.ARMED_POLICE),
]
REFUSED = [
    ("", PlateReason.EMPTY),
    (" · ", PlateReason.EMPTY),
    ("鄂S1234", PlateReason.LENGTH),
    ("鄂S1234567", PlateReason.LENGTH),
    ("鄂", PlateReason.ISSUER),
    ("学S12345", PlateReason.PROVINCE),
    ("12345", PlateReason.PROVINCE),
    ("鄂112345", PlateReason.ISSUER),
    ("鄂I12345", PlateReason.ISSUER),
    ("鄂SI2345", PlateReason.LETTER_I_O),
    ("鄂S1O345", PlateReason.LETTER_I_O),
    ("鄂S12#45", PlateReason.CHARACTER),
    ("鄂S1鄂345", PlateReason.SERIAL),
    ("鄂SL12345", PlateReason.SERIAL),
    ("鄂S12345L", PlateReason.SERIAL),
    ("鄂S123学5", PlateReason.SERIAL),
    ("鄂Z1234港", PlateReason.SERIAL),
    ("使01457", PlateReason.SERIAL),
    ("WJ123", PlateReason.SERIAL),
    ("VA1234", PlateReason.SERIAL),
    ("鄂S1234应急", PlateReason.SERIAL),
]


@pytest.mark.parametrize(("text", "plate", "kind"), VALID)
def test_valid_plates_are_normalised_and_classed(text: str, plate: str, kind: PlateKind) -> None:
    parsed = parse_plate(text)
    assert isinstance(parsed, ParsedPlate)
    assert (parsed.plate, parsed.kind) == (plate, kind)


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_refused_texts_say_why(text: str, reason: PlateReason) -> None:
    refused = parse_plate(text)
    assert isinstance(refused, RefusedPlate)
    assert (refused.reason, refused.text) == (reason, text)
    assert refused.detail


@pytest.mark.parametrize(
    ("text", "colour", "energy", "size"),
    [
        ("鄂S12345", "blue", Energy.FUEL, VehicleClass.SMALL),
        ("鄂S12345", "yellow", Energy.FUEL, VehicleClass.LARGE),
        ("鄂S12345", "no such colour", Energy.FUEL, VehicleClass.SMALL),
        ("鄂S1234学", "yellow", Energy.FUEL, VehicleClass.SMALL),
        ("鄂S1234挂", "unknown", Energy.FUEL, VehicleClass.LARGE),
        ("鄂SD12345", "blue", Energy.NEV, VehicleClass.SMALL),
        ("鄂S12345D", "green", Energy.NEV, VehicleClass.LARGE),
    ],
)
def test_energy_follows_the_form_and_size_the_form_then_the_colour(
    text: str, colour: str, energy: Energy, size: VehicleClass
) -> None:
    parsed = find_plate(text)
    assert parsed is not None
    assert (parsed.energy, parsed.vehicle_class(colour)) == (energy, size)


@pytest.mark.parametrize(
    ("plate", "shown"),
    [
        ("鄂S12345", "鄂S·1**45"),
        ("鄂SD12345", "鄂S·D1**45"),
        ("鄂S1234学", "鄂S·1**4学"),
        ("WJ鄂1234X", "WJ鄂·1**4X"),
        ("224001使", "224**1使"),
        ("使014578", "使01**78"),
        ("garbage", "ga·r**ge"),
        ("xy1", "***"),
        ("", ""),
    ],
)
def test_masked_plates_hide_two_characters(plate: str, shown: str) -> None:
    assert mask_plate(plate) == shown


def test_confusable_plates_are_valid_and_one_character_away() -> None:
    found = confusable_plates("鄂S80345")
    assert "鄂SB0345" in found
    assert "鄂S8D345" in found
    assert "鄂S80345" not in found
    assert all(are_confusable("鄂S80345", plate) for plate in found)


def test_plates_that_differ_by_more_than_a_misreading_are_not_confusable() -> None:
    assert not are_confusable("鄂S80345", "鄂S80345")
    assert not are_confusable("鄂S80345", "鄂SBD345")
    assert not are_confusable("鄂S80345", "鄂S90345")
    assert not are_confusable("鄂S80345", "鄂S8034")
