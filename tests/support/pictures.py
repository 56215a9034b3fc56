"""Pictures made of nothing but a true header and noise: enough to be checked, small enough to read."""

import struct
import zlib


def png(
    width: int = 1920, height: int = 1080, *, colour_type: int = 2, depth: int = 8, seed: int = 0
) -> bytes:
    """Build a PNG whose header is right; `seed` makes it differ from others."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    chunk = b"IHDR" + header
    noise = b"tEXt" + f"seed\0{seed}".encode()
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", len(header))
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", len(noise) - 4)
        + noise
        + struct.pack(">I", zlib.crc32(noise))
    )


def jpeg(width: int = 1920, height: int = 1080, *, components: int = 3) -> bytes:
    """Build the start of a JPEG up to its first frame."""
    frame = struct.pack(">BHHB", 8, height, width, components) + b"\x01\x22\x00" * components
    app = b"JFIF\0" + b"\0" * 9
    return (
        b"\xff\xd8\xff\xe0"
        + struct.pack(">H", len(app) + 2)
        + app
        + b"\xff\xff\xc0"
        + struct.pack(">H", len(frame) + 2)
        + frame
    )
