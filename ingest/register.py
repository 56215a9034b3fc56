"""The register of devices in the database, and the only writer of its tables.

Everything happens in the caller's transaction. Every change moves `register_version`, by which the street
learns of it; `since` and `at` of a binding are the street's time, not that of the entry.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ingest.codecs.uplink import Binding
from ingest.registry import FROM_FILES, DeviceState, Profile, RegisteredDevice, Registry, Sync, plan_sync
from parking.city import City
from parking.ids import BerthId, DeviceId
from parking.plumbing.database import Connection

LOCK = "UPDATE register_version SET version = version + 1"
READ_VERSION = "SELECT version FROM register_version"
LIST_PROFILES = (
    "SELECT profile_id, family, heartbeat, missed_heartbeats, allowance, adapts FROM device_profiles"
)
LIST_DEVICES = """
SELECT device_id, family, profile_id, firmware, serial, approval, announced_on, calibrated_on,
       calibration_ends_on, state, in_file, coalesce(edited_by, '')
FROM devices WHERE %(only)s::text[] IS NULL OR device_id = ANY(%(only)s) ORDER BY device_id"""
LIST_BINDINGS = """
SELECT device_id, berth_id, from_at, until_at FROM bindings
WHERE %(only)s::text[] IS NULL OR device_id = ANY(%(only)s) ORDER BY from_at NULLS FIRST"""
USUAL_HEARTBEAT = """
SELECT p.heartbeat FROM devices AS d JOIN device_profiles AS p USING (profile_id)
WHERE d.family = %s GROUP BY p.heartbeat ORDER BY count(*) DESC, p.heartbeat LIMIT 1"""
ADD_PROFILES = """
INSERT INTO device_profiles (profile_id, family, heartbeat, missed_heartbeats, allowance, adapts)
SELECT * FROM unnest(%s::text[], %s::text[], %s::interval[], %s::real[], %s::interval[], %s::bool[])
ON CONFLICT DO NOTHING"""
SAVE_DEVICES = """
INSERT INTO devices (device_id, family, profile_id, firmware, serial, approval, announced_on, calibrated_on,
                     calibration_ends_on, state, in_file, edited_at, edited_by)
SELECT *, CASE WHEN %s <> '' THEN %s::timestamptz END, nullif(%s, '')
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::date[], %s::date[],
            %s::date[], %s::text[], %s::bool[])
ON CONFLICT (device_id) DO UPDATE SET family = excluded.family, profile_id = excluded.profile_id,
    firmware = excluded.firmware, serial = excluded.serial, approval = excluded.approval,
    announced_on = excluded.announced_on, calibrated_on = excluded.calibrated_on,
    calibration_ends_on = excluded.calibration_ends_on, state = excluded.state, in_file = excluded.in_file,
    edited_at = excluded.edited_at, edited_by = excluded.edited_by"""
ADD_BINDINGS = """
INSERT INTO bindings (device_id, berth_id, from_at, until_at, bound_by, recorded_at)
SELECT v.*, %s, %s FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[]) AS v"""
END_BINDINGS = """
UPDATE bindings AS b SET until_at = v.until_at
FROM unnest(%s::text[], %s::timestamptz[]) AS v(device_id, until_at)
WHERE b.device_id = v.device_id AND (b.until_at IS NULL OR b.until_at > v.until_at)"""
DROP_LATER = """
DELETE FROM bindings AS b USING unnest(%s::text[], %s::timestamptz[]) AS v(device_id, until_at)
WHERE b.device_id = v.device_id AND b.from_at >= v.until_at"""
HAS_BINDINGS = "SELECT 1 FROM bindings WHERE device_id = %s LIMIT 1"
FORGET_DISCOVERED = "DELETE FROM discovered_devices WHERE device_id = ANY(%s)"


def version(connection: Connection) -> int:
    """Count of changes to the register."""
    row = connection.execute(READ_VERSION).fetchone()
    assert row is not None  # noqa: S101  the migration put it there
    return int(row[0])


def usual_heartbeat(connection: Connection, family: str) -> timedelta | None:
    """The heartbeat that most devices of the family have, None while there are none."""
    row = connection.execute(USUAL_HEARTBEAT, (family,)).fetchone()
    return row[0] if row else None


def load_registry(connection: Connection, city: City, only: Sequence[DeviceId] | None = None) -> Registry:
    """Read the whole register, or what it says of some devices."""
    asked = {"only": None if only is None else list(only)}
    profiles = {
        row[0]: Profile(
            profile_id=row[0], family=row[1], heartbeat=row[2], missed_heartbeats=row[3], allowance=row[4],
            adapts=row[5],
        )
        for row in connection.execute(LIST_PROFILES)
    }  # fmt: skip
    bindings: dict[DeviceId, list[Binding]] = {}
    for device_id, berth_id, from_at, until_at in connection.execute(LIST_BINDINGS, asked):
        bindings.setdefault(device_id, []).append(
            Binding(berth_id=berth_id, from_at=from_at, until_at=until_at)
        )
    devices = {
        DeviceId(row[0]): RegisteredDevice(
            device_id=DeviceId(row[0]), family=row[1], profile=profiles[row[2]],
            bindings=tuple(bindings.get(DeviceId(row[0]), ())), firmware=row[3], serial=row[4],
            approval=row[5], announced_on=row[6], calibrated_on=row[7], calibration_ends_on=row[8],
            state=DeviceState(row[9]), in_file=row[10], edited_by=row[11],
        )
        for row in connection.execute(LIST_DEVICES, asked)
    }  # fmt: skip
    return Registry(city, devices)


def sync_files(connection: Connection, city: City, now: datetime) -> Sync:
    """Take over from the city's files what is new or was never edited here; returns what was done and not.

    A berth that changed in the files holds from `now` on.
    """
    connection.execute(LOCK)
    known = load_registry(connection, city).devices
    sync = plan_sync(city, known)
    if not (sync.new or sync.changed):
        return sync
    changed = [_taken_over(filed, known[filed.device_id]) for filed in sync.changed]
    _save(connection, [*sync.new, *changed], by="", now=now)
    _add_bindings(
        connection,
        ((each.device_id, binding) for each in sync.new for binding in each.bindings),
        FROM_FILES,
        now,
    )
    moved = [each for each in sync.changed if each.bindings != known[each.device_id].bindings]
    end_bindings(connection, [each.device_id for each in moved], now)
    dated = ((each.device_id, replace_start(binding, now)) for each in moved for binding in each.bindings)
    _add_bindings(connection, dated, FROM_FILES, now)
    return sync


def save_devices(
    connection: Connection, devices: Sequence[RegisteredDevice], *, by: str, now: datetime
) -> None:
    """Add these devices, or replace what is said of them but for their bindings."""
    connection.execute(LOCK)
    _save(connection, devices, by=by, now=now)
    connection.execute(FORGET_DISCOVERED, ([each.device_id for each in devices],))


def bind(
    connection: Connection, pairs: Sequence[tuple[DeviceId, BerthId]], at: datetime, *, by: str, now: datetime
) -> None:
    """Let each device tell of its berth from `at` on; what it told of before ends there."""
    connection.execute(LOCK)
    end_bindings(connection, [device_id for device_id, _ in pairs], at)
    rows = [(device_id, Binding(berth_id=berth_id, from_at=at)) for device_id, berth_id in pairs]
    _add_bindings(connection, rows, by, now)


def bind_since(
    connection: Connection,
    device_id: DeviceId,
    berth_id: BerthId,
    from_at: datetime | None,
    *,
    by: str,
    now: datetime,
) -> None:
    """As `bind`; without a moment a device never bound before is bound since ever, any other from now on."""
    if from_at is not None or connection.execute(HAS_BINDINGS, (device_id,)).fetchone():
        bind(connection, [(device_id, berth_id)], from_at or now, by=by, now=now)
    else:
        connection.execute(LOCK)
        _add_bindings(connection, [(device_id, Binding(berth_id=berth_id))], by, now)


def unbind(connection: Connection, device_ids: Sequence[DeviceId], at: datetime) -> None:
    """Let the devices tell of no berth from `at` on."""
    connection.execute(LOCK)
    end_bindings(connection, device_ids, at)


def end_bindings(connection: Connection, device_ids: Sequence[DeviceId], at: datetime) -> None:
    """End what holds at or after `at`; bindings that would have begun later are dropped."""
    moments = [at] * len(device_ids)
    connection.execute(DROP_LATER, (list(device_ids), moments))
    connection.execute(END_BINDINGS, (list(device_ids), moments))


def replace_start(binding: Binding, from_at: datetime) -> Binding:
    """The same binding, from this moment on."""
    return Binding(berth_id=binding.berth_id, from_at=from_at, until_at=binding.until_at)


def _taken_over(filed: RegisteredDevice, there: RegisteredDevice) -> RegisteredDevice:
    """What the files say, with what only the register knows."""
    return replace(there, family=filed.family, profile=filed.profile, state=filed.state, in_file=True)


def _save(connection: Connection, devices: Sequence[RegisteredDevice], *, by: str, now: datetime) -> None:
    profiles = {each.profile.profile_id: each.profile for each in devices}.values()
    connection.execute(ADD_PROFILES, (
        [each.profile_id for each in profiles], [each.family for each in profiles],
        [each.heartbeat for each in profiles], [each.missed_heartbeats for each in profiles],
        [each.allowance for each in profiles], [each.adapts for each in profiles],
    ))  # fmt: skip
    connection.execute(SAVE_DEVICES, (
        by, now, by,
        [each.device_id for each in devices], [each.family for each in devices],
        [each.profile.profile_id for each in devices], [each.firmware for each in devices],
        [each.serial for each in devices], [each.approval for each in devices],
        [each.announced_on for each in devices], [each.calibrated_on for each in devices],
        [each.calibration_ends_on for each in devices], [each.state.value for each in devices],
        [each.in_file for each in devices],
    ))  # fmt: skip


def _add_bindings(
    connection: Connection, rows: Iterable[tuple[DeviceId, Binding]], by: str, now: datetime
) -> None:
    pairs = list(rows)
    connection.execute(ADD_BINDINGS, (
        by, now, [device_id for device_id, _ in pairs], [binding.berth_id for _, binding in pairs],
        [binding.from_at for _, binding in pairs], [binding.until_at for _, binding in pairs],
    ))  # fmt: skip
