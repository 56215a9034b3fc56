"""Chinese number plates after GA 36-2018: parsed with reasons, masked for display, confused as cameras do.

A plate is stored without its dot, in capitals and half-width: 鄂S12345. What a plate tells of the vehicle
(kind, energy, size) is read here and nowhere else.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from parking.ids import Plate
from parking.rights import Energy, VehicleClass


class PlateKind(StrEnum):
    """Whose plate it is; tariffs and exemptions ask for these words."""

    ORDINARY = "ordinary"
    NEV_SMALL = "nev_small"
    NEV_LARGE = "nev_large"
    TRAINING = "training"
    TRAILER = "trailer"
    POLICE = "police"
    EMERGENCY = "emergency"
    HONG_KONG = "hong_kong"
    MACAO = "macao"
    CONSULATE = "consulate"
    EMBASSY = "embassy"
    MILITARY = "military"
    ARMED_POLICE = "armed_police"


class PlateColour(StrEnum):
    """Colours by name; vendors' numeric codes conflict and are mapped where bytes are decoded."""

    BLUE = "blue"
    YELLOW = "yellow"
    GREEN = "green"
    YELLOW_GREEN = "yellow_green"
    BLACK = "black"
    WHITE = "white"
    UNKNOWN = "unknown"


class PlateReason(StrEnum):
    """Why a text is no plate."""

    EMPTY = "empty"
    LENGTH = "length"
    PROVINCE = "province"
    ISSUER = "issuer"
    CHARACTER = "character"
    LETTER_I_O = "letter_i_o"
    SERIAL = "serial"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedPlate:
    """A valid plate and what it tells of its vehicle."""

    plate: Plate
    kind: PlateKind

    @property
    def energy(self) -> Energy:
        """Told by the plate's form alone: colours are misread more often than shapes."""
        return Energy.NEV if self.kind in {PlateKind.NEV_SMALL, PlateKind.NEV_LARGE} else Energy.FUEL

    def vehicle_class(self, colour: str = PlateColour.UNKNOWN) -> VehicleClass:
        """Size by kind, else by colour: yellow is large, except that every training car is yellow."""
        if self.kind in {PlateKind.NEV_LARGE, PlateKind.TRAILER}:
            return VehicleClass.LARGE
        is_yellow = colour in {PlateColour.YELLOW, PlateColour.YELLOW_GREEN}
        if is_yellow and self.kind is PlateKind.ORDINARY:
            return VehicleClass.LARGE
        return VehicleClass.SMALL


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPlate:
    """A text that is no plate, with the reason for a machine and the detail for a person."""

    text: str
    reason: PlateReason
    detail: str


PROVINCES: Final = frozenset("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼")
LETTERS: Final = frozenset("ABCDEFGHJKLMNPQRSTUVWXYZ")
DIGITS: Final = frozenset("0123456789")
# Pure electric plates begin with A to E, other new-energy plates with F to K.
NEV_LETTERS: Final = frozenset("ABCDEFGHJK")
_SERIAL: Final = LETTERS | DIGITS
_SEPARATORS: Final = dict.fromkeys(map(ord, "·•・.．-－_ \t\u3000"))
_SUFFIXES: Final = {
    "学": PlateKind.TRAINING,
    "挂": PlateKind.TRAILER,
    "警": PlateKind.POLICE,
    "领": PlateKind.CONSULATE,
    "港": PlateKind.HONG_KONG,
    "澳": PlateKind.MACAO,
}
_SPECIAL: Final = frozenset("学挂警领港澳使应急")
# Characters that cameras take for one another; each string is a group.
_CONFUSED: Final = (
    "0DQ",
    "1LT7",
    "2Z",
    "5S",
    "6G",
    "8B",
    "UV",
    "CG",
    "EF",
    "MN",
    "4A",
    "3B",
    "PR",
    "XY",
    "HN",
)


def parse_plate(text: str) -> ParsedPlate | RefusedPlate:
    """Read a plate as written or as a device sends it; never raises."""
    plain = unicodedata.normalize("NFKC", text).upper().translate(_SEPARATORS)
    if not plain:
        return _refuse(text, PlateReason.EMPTY, "no characters")
    for place, character in enumerate(plain, start=1):
        if character not in _SERIAL | PROVINCES | _SPECIAL and character not in "IO":
            return _refuse(text, PlateReason.CHARACTER, f"character {place}, {character!r}, is on no plate")
    if "使" in plain:
        return _parse_embassy(text, plain)
    if plain.startswith("WJ"):
        return _parse_armed_police(text, plain)
    if plain[0] in LETTERS:
        return _parse_military(text, plain)
    return _parse_civil(text, plain)


def find_plate(text: str) -> ParsedPlate | None:
    """Return the parsed plate, or None where the text is none."""
    parsed = parse_plate(text)
    return parsed if isinstance(parsed, ParsedPlate) else None


def mask_plate(plate: str) -> str:
    """Write a plate for the public, such as 鄂S·1**45: the fourth and third character from the end hidden."""
    head_length = 3 if plate.startswith("WJ") and plate[2:3] in PROVINCES else 2
    head, serial = plate[:head_length], plate[head_length:]
    if plate[:1] in DIGITS or plate.startswith("使"):
        head, serial = "", plate
    if len(serial) < 4:
        return "*" * len(plate)
    masked = f"{serial[:-4]}**{serial[-2:]}"
    return f"{head}·{masked}" if head else masked


def confusable_plates(plate: str) -> tuple[Plate, ...]:
    """List the valid plates that differ from this one by a single character that cameras confuse."""
    found: list[Plate] = []
    for place, character in enumerate(plate):
        for group in _CONFUSED:
            if character not in group:
                continue
            for other in group:
                candidate = find_plate(plate[:place] + other + plate[place + 1 :])
                if other != character and candidate is not None:
                    found.append(candidate.plate)
    return tuple(dict.fromkeys(found))


def are_confusable(one: str, other: str) -> bool:
    """Whether a camera may well have read one of these plates for the other."""
    if len(one) != len(other):
        return False
    differing = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and any(set(differing[0]) <= set(group) for group in _CONFUSED)


def _parse_civil(text: str, plain: str) -> ParsedPlate | RefusedPlate:
    """Province, letter of the issuing office, serial."""
    if plain[0] not in PROVINCES:
        return _refuse(text, PlateReason.PROVINCE, f"begins with {plain[0]!r}, which is no province")
    issuer = plain[1:2]
    if issuer not in LETTERS:
        return _refuse(
            text, PlateReason.ISSUER, f"the second character is a letter but I and O, not {issuer!r}"
        )
    if plain[-1] in _SPECIAL:
        return _parse_suffixed(text, plain)
    return _parse_serial(text, plain)


def _parse_serial(text: str, plain: str) -> ParsedPlate | RefusedPlate:
    """Plates that end in a letter or digit: ordinary and new-energy."""
    serial = plain[2:]
    if "I" in serial or "O" in serial:
        return _refuse(text, PlateReason.LETTER_I_O, "the letters I and O occur in no serial")
    if len(serial) == 6:
        return _parse_nev(text, plain, serial)
    if len(serial) != 5:
        return _refuse(
            text, PlateReason.LENGTH, f"a serial has 5 characters, or 6 if new-energy, not {len(serial)}"
        )
    return _check(text, plain, PlateKind.ORDINARY, _SERIAL.issuperset(serial))


def _parse_suffixed(text: str, plain: str) -> ParsedPlate | RefusedPlate:
    """Plates whose last characters say whose they are."""
    issuer, serial = plain[1], plain[2:]
    kind = _SUFFIXES.get(serial[-1], PlateKind.EMERGENCY)
    if kind is PlateKind.EMERGENCY:
        is_right = (
            issuer == "X" and len(serial) == 6 and DIGITS.issuperset(serial[:4]) and serial[4:] == "应急"
        )
    else:
        is_right = len(serial) == 5 and _SERIAL.issuperset(serial[:4])
    if kind in {PlateKind.HONG_KONG, PlateKind.MACAO}:
        is_right = is_right and plain.startswith("粤Z")
    return _check(text, plain, kind, is_right)


def _parse_nev(text: str, plain: str, serial: str) -> ParsedPlate | RefusedPlate:
    """Small: one of A to K first; large: the same letter last, after five digits."""
    if serial[0] in NEV_LETTERS:
        return _check(text, plain, PlateKind.NEV_SMALL, _SERIAL.issuperset(serial))
    is_large = serial[-1] in NEV_LETTERS and DIGITS.issuperset(serial[:5])
    return _check(text, plain, PlateKind.NEV_LARGE, is_large)


def _parse_embassy(text: str, plain: str) -> ParsedPlate | RefusedPlate:
    """Six digits, with 使 before or after them."""
    digits = plain.removeprefix("使") if plain.startswith("使") else plain.removesuffix("使")
    return _check(text, plain, PlateKind.EMBASSY, len(digits) == 6 and DIGITS.issuperset(digits))


def _parse_armed_police(text: str, plain: str) -> ParsedPlate | RefusedPlate:
    """WJ, a province for local corps, four digits and a fifth character."""
    serial = plain[3:] if plain[2:3] in PROVINCES else plain[2:]
    is_right = len(serial) == 5 and DIGITS.issuperset(serial[:4]) and serial[4] in _SERIAL
    return _check(text, plain, PlateKind.ARMED_POLICE, is_right)


def _parse_military(text: str, plain: str) -> ParsedPlate | RefusedPlate:
    """Two letters and five digits; O occurs as the second letter here."""
    is_right = (
        len(plain) == 7
        and plain[1] in LETTERS | {"O"}
        and DIGITS.issuperset(plain[2:])
        and plain[0] in LETTERS
    )
    return _check(text, plain, PlateKind.MILITARY, is_right)


_SHAPES: Final[dict[PlateKind, str]] = {
    PlateKind.ORDINARY: "a province, a letter and 5 letters or digits",
    PlateKind.NEV_SMALL: "a province, a letter, one of A to K and 5 letters or digits",
    PlateKind.NEV_LARGE: "6 characters that begin with one of A to K, or 5 digits and one of A to K",
    PlateKind.EMERGENCY: "a province, X, 4 digits and 应急",
    PlateKind.HONG_KONG: "粤Z, 4 letters or digits and 港",
    PlateKind.MACAO: "粤Z, 4 letters or digits and 澳",
    PlateKind.EMBASSY: "6 digits and 使",
    PlateKind.MILITARY: "two letters and 5 digits",
    PlateKind.ARMED_POLICE: "WJ, perhaps a province, 4 digits and one more character",
}
_SUFFIX_SHAPE: Final = "a province, a letter, 4 letters or digits and the suffix"


def _check(text: str, plain: str, kind: PlateKind, is_right: bool) -> ParsedPlate | RefusedPlate:  # noqa: FBT001  the caller's finding
    if is_right:
        return ParsedPlate(plate=Plate(plain), kind=kind)
    return _refuse(text, PlateReason.SERIAL, f"expected {_SHAPES.get(kind, _SUFFIX_SHAPE)}")


def _refuse(text: str, reason: PlateReason, detail: str) -> RefusedPlate:
    return RefusedPlate(text=text, reason=reason, detail=detail)
