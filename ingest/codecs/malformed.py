"""The exceptions of codecs and envelopes, and the decoding step that all JSON families share."""

from datetime import datetime
from typing import Annotated, ClassVar, TypeVar

import msgspec

from parking.ids import DeviceId
from parking.readings import RejectReason

T = TypeVar("T")

Aware = Annotated[datetime, msgspec.Meta(tz=True)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Boot = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Confidence = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
# Texts that are stored hold no control characters; above all no NUL, which PostgreSQL refuses.
_PRINTABLE = r"\A[^\x00-\x1f\x7f]*\Z"
PlateText = Annotated[str, msgspec.Meta(min_length=1, max_length=16, pattern=_PRINTABLE)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=_PRINTABLE)]


class Refused(Exception):  # noqa: N818  a verdict on a message, not a fault of ours
    """The message gives no reading, for the reason of its class; the text is for a person."""

    reason: ClassVar[RejectReason]

    def __init__(self, detail: str, device_id: DeviceId | None = None) -> None:
        super().__init__(detail)
        self.device_id = device_id


class Malformed(Refused):
    """The bytes are not a message of this family; the text says what was expected and where."""

    reason = RejectReason.MALFORMED


class TooLarge(Refused):
    """The message is longer than any of its kind."""

    reason = RejectReason.TOO_LARGE


class UnknownTopic(Refused):
    """Nobody whom we know speaks on this topic."""

    reason = RejectReason.UNKNOWN_TOPIC


class UnknownDevice(Refused):
    """The registry does not know who speaks."""

    reason = RejectReason.UNKNOWN_DEVICE


class Simulated(Refused):
    """Somebody tried the network server or a device out; nothing of it happened on the street."""

    reason = RejectReason.SIMULATED


class NoBerthMapping(Refused):
    """The camera names no berth, and the registry does not say which one it means."""

    reason = RejectReason.NO_BERTH_MAPPING


def refuse_simulated(tag: object) -> None:
    """Raise Simulated where the message is tagged so; anything but `true` is a tag that nobody knows."""
    if tag is True:
        raise Simulated("the message says of itself that it is simulated")


def read_json(decoder: "msgspec.json.Decoder[T]", payload: bytes) -> T:
    """Decode and validate; raises Malformed."""
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from error
    except RecursionError as error:
        raise Malformed("the JSON is nested too deeply") from error
