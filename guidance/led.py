"""A sign as its LED matrix shows it: text to dots, dots to a PNG. Sixteen dots a line."""

import gzip
import struct
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guidance.signs import FrameRow
from guidance.signwords import Word

Dots = NDArray[np.uint8]
Glyph = NDArray[np.bool_]

LINE_DOTS = 16
MARGIN_DOTS = 2
NARROWEST_DOTS = 96
LARGEST_SCALE = 8

# Colours of the LEDs by palette index; 0 is the panel between them, 1 a dark LED.
_PALETTE = bytes.fromhex("0b0d10 1c2126 3ddc84 ffb000 ff4b3e 9aa4ad 5ab0ff")
_GAP, _DARK = 0, 1
_LEVELS = {Word.FREE: 2, Word.LOW: 3, Word.FULL: 4, Word.CLOSED: 4, Word.STALE: 5, Word.MANUAL: 6}
_GLYPHS = Path(__file__).parent / "glyphs" / "glyphs.hex.gz"
_REPLACEMENT = "?"


def draw(rows: Sequence[FrameRow], *, english: bool = False) -> Dots:
    """Palette index of every LED of a sign that shows these rows, one line of dots a row."""
    lines = [_line(row.text_en if english else row.text) for row in rows]
    width = max([NARROWEST_DOTS, *(line.shape[1] for line in lines)]) + 2 * MARGIN_DOTS
    pitch = LINE_DOTS + MARGIN_DOTS
    dots = np.full((pitch * len(rows) + MARGIN_DOTS, width), _DARK, dtype=np.uint8)
    for number, (row, line) in enumerate(zip(rows, lines, strict=True)):
        top = MARGIN_DOTS + number * pitch
        area = dots[top : top + LINE_DOTS, MARGIN_DOTS : MARGIN_DOTS + line.shape[1]]
        area[line] = _LEVELS[row.word]
    return dots


def encode_png(dots: Dots, scale: int) -> bytes:
    """The dots as a palette PNG, each `scale` pixels wide; from 3 on with the gap between LEDs."""
    pixels = dots.repeat(scale, axis=0).repeat(scale, axis=1)
    if scale > 2:
        pixels[scale - 1 :: scale, :] = _GAP
        pixels[:, scale - 1 :: scale] = _GAP
    height, width = pixels.shape
    lines = np.hstack((np.zeros((height, 1), dtype=np.uint8), pixels))  # each line begins with filter type 0
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    image = zlib.compress(lines.tobytes(), 9)
    chunks = ((b"IHDR", header), (b"PLTE", _PALETTE), (b"IDAT", image), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _line(text: str) -> Glyph:
    parts = [_glyph(character) for character in text]
    return np.hstack(parts) if parts else np.zeros((LINE_DOTS, 0), dtype=bool)


@cache
def _glyph(character: str) -> Glyph:
    """Bitmap of 16 rows; Latin characters are 8 dots wide, Chinese ones 16."""
    bits = _bitmaps().get(character) or _bitmaps()[_REPLACEMENT]
    packed = np.frombuffer(bytes.fromhex(bits), dtype=np.uint8).reshape(LINE_DOTS, -1)
    return np.unpackbits(packed, axis=1).astype(bool)


@cache
def _bitmaps() -> Mapping[str, str]:
    lines = gzip.decompress(_GLYPHS.read_bytes()).decode().split()
    return {chr(int(code, 16)): bits for code, _, bits in (line.partition(":") for line in lines)}


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
