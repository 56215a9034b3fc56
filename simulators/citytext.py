"""A city as the texts of its files: the inverse of `parking.plumbing.cityfiles.load_city`. Pure."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from textwrap import wrap

from parking.city import City, Position, Sign, SignRow, Water, Zone
from parking.ids import DeviceId

_ROW_WIDTH = 100


def city_texts(city: City, command: str) -> dict[str, str]:
    """Texts by file name; each opens with the city's notice and the command that wrote it."""
    head = f"# {city.notice}\n# {city.notice_en}\n# {command}\n"
    return {
        "city.toml": head + _city(city),
        "zones.toml": head + "".join(map(_zone, city.zones.values())) + "".join(map(_water, city.waters)),
        "streets.csv": head + _streets(city),
        "sections.csv": head + _sections(city),
        "berths.csv": head + _berths(city),
        "devices.csv": head + _devices(city),
        "cameras.csv": head + _cameras(city),
        "signs.toml": head + "".join(map(_sign, city.signs.values())),
    }


def _text(value: str) -> str:
    """A TOML basic string; JSON's escapes are a subset of TOML's."""
    return json.dumps(value, ensure_ascii=False)


def _list(values: Iterable[str]) -> str:
    """A TOML array of strings, broken into lines that are easy to compare."""
    items = [_text(value) for value in values]
    flat = f"[{', '.join(items)}]"
    if len(flat) <= _ROW_WIDTH:
        return flat
    lines = wrap(", ".join(items), _ROW_WIDTH, break_long_words=False, break_on_hyphens=False)
    return "[\n" + "".join(f"  {line}\n" for line in lines[:-1]) + f"  {lines[-1]},\n]"


def _minutes(duration: timedelta) -> int:
    return round(duration.total_seconds() / 60)


def _pair(position: Position) -> str:
    return f"[{position.lon:.6f}, {position.lat:.6f}]"


def _outline(positions: Sequence[Position]) -> str:
    rows = [positions[start : start + 4] for start in range(0, len(positions), 4)]
    return "[\n" + "".join(f"  {', '.join(map(_pair, row))},\n" for row in rows) + "]"


def _path(positions: Sequence[Position]) -> str:
    return ";".join(f"{position.lon:.6f} {position.lat:.6f}" for position in positions)


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return written.getvalue()


def _city(city: City) -> str:
    patrols = "".join(
        f"\n[[patrol]]\ndevice_id = {_text(device.device_id)}\nheartbeat_min = {_minutes(device.heartbeat)}\n"
        for device in city.devices.values()
        if device.family == "patrol"
    )
    bare = [section_id for section_id in city.sections if section_id not in city.code_sections]
    payments = "".join(
        "\n# 车位上贴有缴费码、且没有摄像机的路段：仅有地磁记录而无号牌佐证的停车不计费。\n"
        "# Berths bear a code to scan; where no camera sees them, a stay without any plate charges nobody.\n"
        f"[[payment]]\ndevice_id = {_text(device.device_id)}\n"
        f"heartbeat_min = {_minutes(device.heartbeat)}\nwithout_codes = {_list(bare)}\n"
        for device in city.devices.values()
        if device.family == "payment"
    )
    return (
        f"\ncity_id = {_text(city.city_id)}\n"
        f"name = {_text(city.name)}\n"
        f"name_en = {_text(city.name_en)}\n"
        f"timezone = {_text(city.timezone.key)}\n"
        f"centre = {_pair(city.centre)}  # longitude, latitude (WGS 84)\n"
        f"notice = {_text(city.notice)}\n"
        f"notice_en = {_text(city.notice_en)}\n{patrols}{payments}"
    )


def _zone(zone: Zone) -> str:
    return (
        f"\n[[zone]]\nzone_id = {_text(zone.zone_id)}\n"
        f"zone_class = {_text(zone.zone_class)}\n"
        f"name = {_text(zone.name)}\nname_en = {_text(zone.name_en)}\n"
        f"boundary_roads = {_list(zone.boundary_roads)}\n"
        f"outline = {_outline(zone.outline)}\n"
    )


def _water(water: Water) -> str:
    return (
        f"\n[[water]]\nname = {_text(water.name)}\nname_en = {_text(water.name_en)}\n"
        f"outline = {_outline(water.outline)}\n"
    )


def _streets(city: City) -> str:
    return _table(
        ("name", "name_en", "rank", "path"),
        ((street.name, street.name_en, street.rank, _path(street.path)) for street in city.streets),
    )


def _sections(city: City) -> str:
    return _table(
        ("section_id", "zone_id", "road", "name", "name_en", "simulated", "path"),
        (
            (s.section_id, s.zone_id, s.road, s.name, s.name_en, _yes(s.simulated), _path(s.path))
            for s in city.sections.values()
        ),
    )


def _yes(value: bool) -> str:  # noqa: FBT001  the value is the whole point
    return "yes" if value else "no"


def _berths(city: City) -> str:
    return _table(
        ("berth_id", "section_id", "lon", "lat", "kind", "limit_min", "closed"),
        (
            (
                berth.berth_id,
                berth.section_id,
                f"{berth.position.lon:.6f}",
                f"{berth.position.lat:.6f}",
                berth.kind,
                _minutes(berth.time_limit) if berth.time_limit else "",
                _yes(berth.closed),
            )
            for berth in city.berths.values()
        ),
    )


def _devices(city: City) -> str:
    return _table(
        ("device_id", "family", "berth_id", "heartbeat_min"),
        (
            (device.device_id, device.family, device.berth_id, _minutes(device.heartbeat))
            for device in city.devices.values()
            if device.berth_id
        ),
    )


def _cameras(city: City) -> str:
    makes = {camera.camera_id: city.devices[DeviceId(camera.camera_id)] for camera in city.cameras.values()}
    columns = ("camera_id", "section_id", "heartbeat_min", "berth_ids")
    is_mixed = any(device.family != "camera" for device in makes.values())
    rows = (
        (
            camera.camera_id,
            camera.section_id,
            _minutes(makes[camera.camera_id].heartbeat),
            " ".join(camera.berth_ids),
            makes[camera.camera_id].family,
        )
        for camera in city.cameras.values()
    )
    if is_mixed:
        return _table((*columns, "family"), rows)
    return _table(columns, (row[:-1] for row in rows))


def _sign(sign: Sign) -> str:
    return (
        f"\n[[sign]]\nsign_id = {_text(sign.sign_id)}\nlevel = {sign.level}\n"
        f"name = {_text(sign.name)}\nname_en = {_text(sign.name_en)}\n"
        f"position = {_pair(sign.position)}\n" + "".join(map(_sign_row, sign.rows))
    )


def _sign_row(row: SignRow) -> str:
    return (
        f"\n[[sign.row]]\nname = {_text(row.name)}\nname_en = {_text(row.name_en)}\n"
        f"direction = {_text(row.direction)}\ndistance_m = {row.distance_m}\n"
        f"section_ids = {_list(row.section_ids)}\n"
    )
