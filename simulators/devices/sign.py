"""Guidance sign controllers (`deploy/asyncapi.yaml`): show a frame until it expires, then a fallback."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from parking.ids import SignId

# What a controller shows by itself when nobody tells it anything: nothing that could be wrong.
FALLBACK = "停车诱导"


class _Row(msgspec.Struct, frozen=True):
    text: str


class Frame(msgspec.Struct, frozen=True):
    """A frame as the controller understands it; further keys are for richer signs."""

    sign: str
    frame_no: int
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]
    rows: tuple[_Row, ...]


class _Ack(msgspec.Struct, frozen=True):
    v: int
    sign: str
    frame_no: int
    shown_at: datetime


def decode_frame(payload: bytes) -> Frame | None:
    """Read a frame; None for bytes that are not one."""
    try:
        return msgspec.json.decode(payload, type=Frame)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def encode_ack(sign_id: SignId, frame_no: int, shown_at: datetime) -> bytes:
    """The controller's word that it shows this frame."""
    return msgspec.json.encode(_Ack(v=1, sign=sign_id, frame_no=frame_no, shown_at=shown_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one sign shows; `frame_no` is None while it shows its fallback."""

    lines: tuple[str, ...]
    frame_no: int | None = None
    expires_at: datetime | None = None


class SignBoard:
    """All sign controllers of a city."""

    def __init__(self) -> None:
        self._shown: dict[SignId, Shown] = {}

    def take(self, sign_id: SignId, frame: Frame, now: datetime) -> bool:
        """Show a frame; True where it is another than before and so must be acknowledged.

        A frame for another sign, or one that has expired, is not shown.
        """
        if frame.sign != sign_id or frame.expires_at <= now:
            return False
        before = self._shown.get(sign_id)
        lines = tuple(row.text for row in frame.rows)
        self._shown[sign_id] = Shown(lines=lines, frame_no=frame.frame_no, expires_at=frame.expires_at)
        return before is None or before.frame_no != frame.frame_no

    def advance(self, now: datetime) -> list[SignId]:
        """Put the signs whose frame has expired back to their fallback, and name them."""
        expired = [
            sign_id
            for sign_id, shown in self._shown.items()
            if shown.expires_at is not None and shown.expires_at <= now
        ]
        for sign_id in expired:
            self._shown[sign_id] = Shown(lines=(FALLBACK,))
        return expired

    def shown(self) -> dict[SignId, Shown]:
        """What every sign that was ever told anything shows now."""
        return dict(self._shown)
