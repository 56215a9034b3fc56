"""What an envelope hands to a codec: one payload, and whom the registry holds its sender for."""

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import Final
from zlib import crc32

import msgspec

from parking.ids import BerthId, DeviceId
from parking.readings import Reading

# Takes the place of `boot` where a device does not number its messages: `seq` is then a hash of what makes
# the message this one, and says nothing of order.
HASHED: Final = -1


class Uplink(msgspec.Struct, frozen=True, gc=False):
    """One payload out of its envelope. `key` is the sender's name, `family` is None where only the registry
    knows it. `boot` and `seq` are the network's own numbering; `seq` is None where there is none.
    """  # noqa: D205  one sentence a field reads better than a summary

    key: str
    payload: bytes
    received_at: datetime
    family: str | None = None
    port: int = 0
    boot: int = 0
    seq: int | None = None
    server_at: datetime | None = None


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """A device tells of this berth, from an instant on and before another; None has no end on that side."""

    berth_id: BerthId
    from_at: datetime | None = None
    until_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it is in force at this moment."""
        return (self.from_at is None or self.from_at <= at) and (self.until_at is None or at < self.until_at)


class Sender(msgspec.Struct, frozen=True):
    """A device as the registry knows it; `berth_ids` are those that it watches or is bound to.

    A device that is bound to one berth speaks of that berth whatever it names: `bound` where that has always
    been the same, else `dated` says which was when.
    """

    device_id: DeviceId
    family: str
    bound: BerthId | None = None
    berth_ids: tuple[BerthId, ...] = ()
    dated: tuple[Binding, ...] = ()

    def berth_at(self, at: datetime) -> BerthId | None:
        """The berth that it tells of at this moment, None where it is bound to none."""
        if not self.dated:
            return self.bound
        return next((each.berth_id for each in self.dated if each.holds(at)), None)


Codec = Callable[[Uplink, Sender], tuple[Reading, ...]]


def hash_key(*parts: str | bytes) -> int:
    """Number in [0, 2^63) that two messages share only if their parts are the same."""
    digest = blake2b(digest_size=8)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(4, "big"))
        digest.update(content)
    return int.from_bytes(digest.digest(), "big") >> 1


def session_boot(session: str) -> int:
    """Boot number in [0, 2^31) of a session that is named, not numbered."""
    return crc32(session.encode("utf-8", "surrogatepass")) & 0x7FFF_FFFF
