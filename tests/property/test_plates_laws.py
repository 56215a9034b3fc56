"""Laws of plates that hold for any text."""

from hypothesis import given
from hypothesis import strategies as st

from parking.plates import (
    LETTERS,
    NEV_LETTERS,
    PROVINCES,
    ParsedPlate,
    PlateKind,
    are_confusable,
    confusable_plates,
    find_plate,
    mask_plate,
    parse_plate,
)

ALPHABET = "京鄂粤沪学挂警港澳领使应急ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789·#"
LIKE_PLATES = st.text(st.sampled_from(ALPHABET), max_size=9)
SERIAL = st.sampled_from(sorted(LETTERS) + list("0123456789"))
ORDINARY = st.builds(
    lambda province, issuer, serial: f"{province}{issuer}{serial}",
    st.sampled_from(sorted(PROVINCES)),
    st.sampled_from(sorted(LETTERS)),
    st.text(SERIAL, min_size=5, max_size=5),
)
NEV = st.builds(
    lambda plate, letter: plate[:2] + letter + plate[2:], ORDINARY, st.sampled_from(sorted(NEV_LETTERS))
)
VALID = ORDINARY | NEV


@given(st.text() | LIKE_PLATES)
def test_any_text_is_parsed_or_refused_with_a_reason(text: str) -> None:
    parsed = parse_plate(text)
    if isinstance(parsed, ParsedPlate):
        assert parse_plate(parsed.plate) == parsed
    else:
        assert parsed.detail


@given(ORDINARY, NEV)
def test_well_formed_plates_are_accepted(ordinary: str, nev: str) -> None:
    one, two = find_plate(ordinary), find_plate(nev)
    assert one is not None
    assert one.kind is PlateKind.ORDINARY
    assert two is not None
    assert two.kind is PlateKind.NEV_SMALL


@given(st.text() | LIKE_PLATES)
def test_masking_never_shows_the_whole_text(text: str) -> None:
    shown = mask_plate(text)
    assert shown != text or not text
    assert "*" in shown or not text


@given(VALID)
def test_confusion_is_mutual(plate: str) -> None:
    for other in confusable_plates(plate):
        assert are_confusable(plate, other)
        assert are_confusable(other, plate)
        assert plate in confusable_plates(other)
