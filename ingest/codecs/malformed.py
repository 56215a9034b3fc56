"""The one exception of codecs, and the decoding step that all JSON families share."""

from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

T = TypeVar("T")

Aware = Annotated[datetime, msgspec.Meta(tz=True)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Boot = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Confidence = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
PlateText = Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Malformed(Exception):  # noqa: N818  a verdict on bytes, not a fault of ours
    """The bytes are not a message of this family; the text says what was expected and where."""


def read_json(decoder: "msgspec.json.Decoder[T]", payload: bytes) -> T:
    """Decode and validate; raises Malformed."""
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from error
