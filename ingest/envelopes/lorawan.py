"""What the envelopes of LoRaWAN network servers share."""

import binascii
import re
from base64 import b64decode
from typing import Annotated, Final

import msgspec

from ingest.codecs.malformed import Malformed

_EUI: Final = re.compile(r"[0-9a-f]{16}")

FrameCount = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
Port = Annotated[int, msgspec.Meta(ge=0, le=255)]


def device_key(eui: str) -> str:
    """The device's EUI as the registry writes it, in lower case; raises Malformed."""
    lower = eui.lower()
    if _EUI.fullmatch(lower) is None:
        raise Malformed(f"a device EUI has 16 hexadecimal digits, not {eui[:32]!r}")
    return lower


def payload_bytes(text: str) -> bytes:
    """Decode base64; raises Malformed."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"the payload is not base64: {error}") from error
