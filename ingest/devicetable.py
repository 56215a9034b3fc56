"""The register of devices as a CSV table that people edit: read with all its errors, and written. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from ingest.codecs import CODECS
from ingest.registry import DeviceState, Profile, RegisteredDevice
from parking.city import City
from parking.citytables import LONGEST_MIN
from parking.errors import SetupError, SourceError
from parking.ids import BerthId, DeviceId
from parking.sourcetable import Row, parse_table

COLUMNS: Final = ("device_id", "family", "berth_id", "heartbeat_min")
OPTIONAL: Final = (
    "from_at", "firmware", "serial", "approval", "announced_on", "calibrated_on", "calibration_ends_on",
    "state",
)  # fmt: skip
# More errors than anybody reads at once.
MOST_SHOWN: Final = 50

_MINUTE: Final = timedelta(minutes=1)
_STATES: Final = {str(state): state for state in DeviceState} | {"": DeviceState.ACTIVE}


class TableError(SetupError):
    """Everything that is wrong with a table, each with its line. `errors` holds all of them."""

    def __init__(self, errors: list[SourceError]) -> None:
        shown = [str(error) for error in errors[:MOST_SHOWN]]
        if len(errors) > MOST_SHOWN:
            shown.append(f"... and {len(errors) - MOST_SHOWN} more")
        super().__init__("\n  ".join(shown))
        self.errors = errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row: the device as it is to be, and the berth that it moves to, None where it stays.

    `from_at` is when it moved; None means since ever for a device that was never bound, else now.
    """

    device: RegisteredDevice
    moves_to: BerthId | None
    is_unbound: bool
    from_at: datetime | None
    is_change: bool


def parse_devices(
    path: Path, text: str, city: City, known: Mapping[DeviceId, RegisteredDevice]
) -> list[Entry]:
    """Read the table against what is on record; raises TableError with every row that is wrong."""
    errors: list[SourceError] = []
    entries: dict[DeviceId, Entry] = {}
    try:
        for row in parse_table(path, text, COLUMNS, OPTIONAL, errors=errors):
            try:
                entry = _entry(row, city, known)
                if entry.device.device_id in entries:
                    raise row.error(f"device {entry.device.device_id} stands here a second time")
            except SourceError as error:
                errors.append(error)
            else:
                entries[entry.device.device_id] = entry
    except SourceError as error:
        errors.append(error)
    if errors:
        raise TableError(sorted(errors, key=lambda error: error.line))
    return list(entries.values())


def write_devices(devices: Iterable[RegisteredDevice]) -> str:
    """Table of these devices and their present berths, which `parse_devices` reads as no change."""
    body = io.StringIO()
    writer = csv.writer(body, lineterminator="\n")
    writer.writerow(COLUMNS + OPTIONAL)
    for device in devices:
        last = device.bindings[-1] if device.bindings else None
        bound = last if last is not None and last.until_at is None else None
        writer.writerow((
            device.device_id, device.family, bound.berth_id if bound else "",
            f"{device.profile.heartbeat / _MINUTE:.12g}",
            bound.from_at.isoformat() if bound and bound.from_at else "", device.firmware, device.serial,
            device.approval, device.announced_on or "", device.calibrated_on or "",
            device.calibration_ends_on or "", device.state.value,
        ))  # fmt: skip
    return body.getvalue()


def _entry(row: Row, city: City, known: Mapping[DeviceId, RegisteredDevice]) -> Entry:
    device_id = DeviceId(row.identifier("device_id"))
    there = known.get(device_id)
    device = _device(row, device_id, there)
    berth_id = BerthId(row.text("berth_id"))
    if berth_id and berth_id not in city.berths:
        raise row.error(f"berth {berth_id!r} is unknown; see berths.csv")
    from_at = _instant(row)
    last = there.bindings[-1] if there is not None and there.bindings else None
    bound = last if last is not None and last.until_at is None else None
    moves = bool(berth_id) and (
        bound is None or bound.berth_id != berth_id or (from_at is not None and from_at != bound.from_at)
    )
    unbound = bound is not None and not berth_id
    return Entry(
        device=device,
        moves_to=berth_id if moves else None,
        is_unbound=unbound,
        from_at=from_at,
        is_change=moves or unbound or there is None or replace(there, in_file=device.in_file) != device,
    )


def _device(row: Row, device_id: DeviceId, there: RegisteredDevice | None) -> RegisteredDevice:
    family = row.text("family")
    if family not in CODECS:
        raise row.error(f"family must be one of {', '.join(sorted(CODECS))}, not {family!r}")
    heartbeat = timedelta(minutes=row.number("heartbeat_min", 1, LONGEST_MIN))
    calibrated_on, ends_on = _day(row, "calibrated_on"), _day(row, "calibration_ends_on")
    if calibrated_on and ends_on and ends_on < calibrated_on:
        raise row.error(f"calibration_ends_on {ends_on} is before calibrated_on {calibrated_on}")
    same = there is not None and there.family == family and there.profile.heartbeat == heartbeat
    return RegisteredDevice(
        device_id=device_id,
        family=family,
        profile=there.profile if there is not None and same else Profile.of(family, heartbeat),
        bindings=there.bindings if there is not None else (),
        firmware=row.text("firmware"),
        serial=row.text("serial"),
        approval=row.text("approval"),
        announced_on=_day(row, "announced_on"),
        calibrated_on=calibrated_on,
        calibration_ends_on=ends_on,
        state=row.choice("state", _STATES),
        in_file=there.in_file if there is not None else False,
        edited_by=there.edited_by if there is not None else "",
    )


def _day(row: Row, column: str) -> date | None:
    text = row.text(column)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise row.error(f"{column} must be a day such as 2026-11-23, not {text!r}") from None


def _instant(row: Row) -> datetime | None:
    text = row.text("from_at")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise row.error(f"from_at must be like 2026-11-23T08:00:00+08:00, not {text!r}") from None
    if at.tzinfo is None:
        raise row.error(f"from_at needs its offset from UTC, such as {text}+08:00")
    return at
