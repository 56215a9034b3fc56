"""What people change in the register: bind, unbind, replace, take in a table; for commands and routes alike.

Every function works in the caller's transaction and raises `ObjectionError` for what cannot be; then nothing
has changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import ingest.register
from ingest.codecs import CODECS
from ingest.devicetable import Entry
from ingest.held import find_discovered
from ingest.registry import DeviceState, Profile, RegisteredDevice
from parking.city import City
from parking.errors import SetupError
from parking.ids import BerthId, DeviceId
from parking.plumbing.database import Connection


class ObjectionError(SetupError):
    """Why the register cannot be changed so; `kind` is for machines, `zh` for people."""

    def __init__(self, kind: str, en: str, zh: str) -> None:
        super().__init__(en)
        self.kind = kind
        self.zh = zh


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who changes something, and when."""

    by: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """What must be known to put a device on record; None is found out where it can be."""

    family: str | None = None
    heartbeat: timedelta | None = None


def get_device(connection: Connection, city: City, device_id: DeviceId) -> RegisteredDevice:
    """The device; raises ObjectionError where there is none."""
    device = ingest.register.load_registry(connection, city, [device_id]).devices.get(device_id)
    if device is None:
        raise ObjectionError(
            "unknown-device",
            f"device {device_id!r} is not in the register; see `citypark devices discovered`",
            f"设备 {device_id!r} 未登记；见 `citypark devices discovered`",
        )
    return device


def bind_device(
    connection: Connection,
    city: City,
    device_id: DeviceId,
    berth_id: BerthId,
    at: datetime | None,
    new: NewDevice,
    author: Author,
) -> RegisteredDevice:
    """Let a device tell of a berth from a moment on; one that is not on record is put there.

    Without a moment: for a device that was discovered, from when it was first heard, so that what was held
    back of it can go through; for any other from now on.
    """
    _check_berth(city, berth_id)
    found = ingest.register.load_registry(connection, city, [device_id]).devices.get(device_id)
    discovered = find_discovered(connection, device_id)
    start = at or (discovered.first_at if found is None and discovered else author.now)
    _check_moment(start, author.now)
    if found is None:
        guesses = discovered.families if discovered else ()
        found = _new_device(connection, device_id, new, guesses)
    device = replace(found, state=DeviceState.ACTIVE)
    ingest.register.save_devices(connection, [device], by=author.by, now=author.now)
    ingest.register.bind(connection, [(device_id, berth_id)], start, by=author.by, now=author.now)
    return get_device(connection, city, device_id)


def unbind_device(
    connection: Connection, city: City, device_id: DeviceId, at: datetime | None, author: Author
) -> RegisteredDevice:
    """Let a device tell of no berth from a moment on, now unless another is given."""
    device = get_device(connection, city, device_id)
    start = at or author.now
    _check_moment(start, author.now)
    if device.berth_at(start) is None:
        raise ObjectionError(
            "not-bound",
            f"device {device_id} is bound to no berth at {start.isoformat()}",
            f"设备 {device_id} 在 {start.isoformat()} 没有绑定泊位",
        )
    ingest.register.save_devices(connection, [device], by=author.by, now=author.now)
    ingest.register.unbind(connection, [device_id], start)
    return get_device(connection, city, device_id)


def replace_device(
    connection: Connection,
    city: City,
    old_id: DeviceId,
    new_id: DeviceId,
    at: datetime | None,
    author: Author,
) -> RegisteredDevice:
    """Put another device into the berth of this one at a moment; returns the new one, of the same kind.

    The old device is bound to nothing from that moment on.
    """
    old, start = get_device(connection, city, old_id), at or author.now
    berth_id = old.berth_at(start)
    if new_id == old_id:
        raise ObjectionError("same-device", f"{new_id} cannot replace itself", f"{new_id} 不能替换自己")
    if berth_id is None:
        raise ObjectionError(
            "not-bound",
            f"device {old_id} is bound to no berth at {start.isoformat()}: there is nothing to replace",
            f"设备 {old_id} 在 {start.isoformat()} 没有绑定泊位，无从替换",
        )
    unbind_device(connection, city, old_id, start, author)
    kind = NewDevice(family=old.family, heartbeat=old.profile.heartbeat)
    return bind_device(connection, city, new_id, berth_id, start, kind, author)


def retire_device(
    connection: Connection, city: City, device_id: DeviceId, author: Author
) -> RegisteredDevice:
    """Take a device out of use: what it still says is refused as an unknown device's."""
    device = get_device(connection, city, device_id)
    ingest.register.save_devices(
        connection, [replace(device, state=DeviceState.RETIRED)], by=author.by, now=author.now
    )
    ingest.register.unbind(connection, [device_id], author.now)
    return get_device(connection, city, device_id)


def take_table(connection: Connection, entries: Sequence[Entry], author: Author) -> int:
    """Put what a table says on record; returns how many devices are new or other than before."""
    changed = [entry for entry in entries if entry.is_change]
    for entry in changed:
        _check_moment(entry.from_at or author.now, author.now)
    by, now = author.by, author.now
    ingest.register.save_devices(connection, [entry.device for entry in changed], by=by, now=now)
    for entry in changed:
        if entry.moves_to is not None:
            ingest.register.bind_since(
                connection, entry.device.device_id, entry.moves_to, entry.from_at, by=by, now=now
            )
        elif entry.is_unbound:
            ingest.register.unbind(connection, [entry.device.device_id], entry.from_at or now)
    return len(changed)


def _new_device(
    connection: Connection, device_id: DeviceId, new: NewDevice, guesses: tuple[str, ...]
) -> RegisteredDevice:
    family = new.family or (guesses[0] if len(guesses) == 1 else None)
    if family is None or family not in CODECS:
        named = " ".join(guesses) or "any of " + " ".join(CODECS)
        raise ObjectionError(
            "family-needed",
            f"of which family is {device_id}? Name one of those that fit: {named}",
            f"设备 {device_id} 属于哪个系列？请指定：{named}",
        )
    heartbeat = new.heartbeat or ingest.register.usual_heartbeat(connection, family)
    if heartbeat is None:
        raise ObjectionError(
            "heartbeat-needed",
            f"{device_id} is the first of family {family}: say how often it reports",
            f"{device_id} 是 {family} 系列的第一台设备：请指定心跳间隔",
        )
    return RegisteredDevice(device_id=device_id, family=family, profile=Profile.of(family, heartbeat))


def _check_berth(city: City, berth_id: BerthId) -> None:
    if berth_id not in city.berths:
        raise ObjectionError("unknown-berth", f"the city has no berth {berth_id!r}", f"没有泊位 {berth_id!r}")


def _check_moment(at: datetime, now: datetime) -> None:
    if at > now:
        raise ObjectionError(
            "future",
            f"{at.isoformat()} is still to come: bind when it is done",
            f"{at.isoformat()} 尚未到来：请在完成后登记",
        )
