"""What a picture is, read from its own bytes: kind, size and colour depth. Pixels are not decoded."""

import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# A camera's frame is below this; more is a mistake or an attack.
LARGEST_BYTES: Final = 10 * 1024 * 1024
_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
# Bits a pixel by PNG colour type, times the bit depth.
_PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
# Start-of-frame markers; C4, C8 and CC lie between them and mean other things.
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_STANDALONE: Final = frozenset((*range(0xD0, 0xD9), 0x01))


class MediaType(StrEnum):
    """Kinds of pictures that are taken."""

    JPEG = "image/jpeg"
    PNG = "image/png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the header of a picture says."""

    media_type: MediaType
    width: int
    height: int
    colour_bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPicture:
    """Why bytes were not taken as a picture."""

    detail: str


def read_picture(body: bytes) -> Picture | RefusedPicture:
    """Read the header of a JPEG or PNG; never raises."""
    if len(body) > LARGEST_BYTES:
        return RefusedPicture(detail=f"{len(body)} bytes; at most {LARGEST_BYTES} are taken")
    picture = None
    if body.startswith(_PNG_SIGNATURE):
        picture = _read_png(body)
    elif body.startswith(b"\xff\xd8"):
        picture = _read_jpeg(body)
    else:
        return RefusedPicture(detail="neither JPEG nor PNG")
    return picture or RefusedPicture(detail="the picture's header is broken")


def _read_png(body: bytes) -> Picture | None:
    if len(body) < 33 or body[12:16] != b"IHDR":
        return None
    width, height, depth, colour_type = struct.unpack(">IIBB", body[16:26])
    channels = _PNG_CHANNELS.get(colour_type)
    if channels is None or not width or not height:
        return None
    bits = 24 if colour_type == 3 else channels * depth
    return Picture(media_type=MediaType.PNG, width=width, height=height, colour_bits=bits)


def _read_jpeg(body: bytes) -> Picture | None:
    """Walk the segments to the first start of frame."""
    at = 2
    while at + 4 <= len(body):
        if body[at] != 0xFF:
            return None
        marker = body[at + 1]
        if marker == 0xFF or marker in _JPEG_STANDALONE:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack(">H", body[at + 2 : at + 4])
        if marker in _JPEG_FRAMES:
            return _read_frame(body[at + 4 : at + 2 + length])
        at += 2 + max(length, 2)
    return None


def _read_frame(segment: bytes) -> Picture | None:
    if len(segment) < 6:
        return None
    precision, height, width, components = struct.unpack(">BHHB", segment[:6])
    if not width or not height:
        return None
    return Picture(media_type=MediaType.JPEG, width=width, height=height, colour_bits=precision * components)
