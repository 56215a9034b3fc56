"""Devices that speak and are not in the register: what each may be, for a person to bind it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ingest.codecs import NETWORKED
from ingest.codecs.malformed import Refused
from ingest.codecs.uplink import Sender
from ingest.envelopes import unwrap
from parking.ids import BerthId, DeviceId
from parking.readings import RawMessage, Rejected, RejectReason

# No network's name for a device is longer; what is, is noise.
LONGEST_NAME: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """A device nobody has put on record: what it said last, how often, and which families it may be of."""

    device_id: DeviceId
    families: tuple[str, ...]
    topic: str
    first_at: datetime
    last_at: datetime
    messages: int
    last_payload: bytes


def discover(rejected: Iterable[Rejected], city_id: str) -> list[Discovered]:
    """The unknown devices among the senders of these refused messages, each once."""
    found: dict[DeviceId, Discovered] = {}
    for each in rejected:
        if each.reason is not RejectReason.UNKNOWN_DEVICE or not _is_name(each.device_id):
            continue
        assert each.device_id is not None  # noqa: S101  it has a name
        known = found.get(each.device_id)
        if known is None:
            found[each.device_id] = _first(each.device_id, each.raw, city_id)
        else:
            found[each.device_id] = replace(
                known,
                messages=known.messages + 1,
                last_at=max(known.last_at, each.raw.received_at),
                last_payload=each.raw.payload,
            )
    return list(found.values())


def guess_families(raw: RawMessage, city_id: str) -> tuple[str, ...]:
    """Families that the message may be of: the one in its topic, or all whose codec makes sense of it."""
    try:
        uplink = unwrap(raw, city_id)
    except Refused:
        return ()
    if uplink is None:
        return ()
    if uplink.family is not None:
        return (uplink.family,)
    fitting = []
    for family, codec in NETWORKED.items():
        sender = Sender(device_id=DeviceId(uplink.key), family=family, bound=BerthId("unknown"))
        try:
            if codec(uplink, sender):
                fitting.append(family)
        except Refused:
            continue
    return tuple(fitting)


def _is_name(device_id: DeviceId | None) -> bool:
    return device_id is not None and 0 < len(device_id) <= LONGEST_NAME and device_id.isprintable()


def _first(device_id: DeviceId, raw: RawMessage, city_id: str) -> Discovered:
    return Discovered(
        device_id=device_id,
        families=guess_families(raw, city_id),
        topic=raw.topic,
        first_at=raw.received_at,
        last_at=raw.received_at,
        messages=1,
        last_payload=raw.payload,
    )
