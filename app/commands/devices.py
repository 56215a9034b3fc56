"""`citypark devices`: which devices there are, which berth each tells of, and which are not on record."""

import argparse
import getpass
import sys
from datetime import datetime, timedelta
from pathlib import Path

import ingest.habitstore
import ingest.held
import ingest.register
from app.language import say
from ingest.changes import (
    Author,
    NewDevice,
    ObjectionError,
    bind_device,
    get_device,
    replace_device,
    retire_device,
    take_table,
    unbind_device,
)
from ingest.devicetable import COLUMNS, OPTIONAL, TableError, parse_devices, write_devices
from ingest.registry import RegisteredDevice
from parking.city import City
from parking.errors import SetupError
from parking.ids import BerthId, DeviceId
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import Connection, connect, transaction
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "devices"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `devices` with its verbs."""
    text = say("设备登记：查看、绑定、替换、导入导出", "the register of devices: list, bind, replace, import")
    parser = subparsers.add_parser(NAME, help=text, description=text)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=say("动作", "VERB"))
    at = argparse.ArgumentParser(add_help=False)
    moment = say("生效时刻，如 2026-11-23T08:00+08:00", "from when, such as 2026-11-23T08:00+08:00")
    at.add_argument("--at", type=_instant, metavar="TIME", help=moment)
    listing = verbs.add_parser("list", help=say("列出设备", "list devices"))
    listing.add_argument("--family", help=say("只列该系列", "only this family"))
    listing.add_argument(
        "--unbound", action="store_true", help=say("只列未绑定的", "only those bound to nothing")
    )
    show = verbs.add_parser("show", help=say("查看一台设备", "show one device"))
    bind = verbs.add_parser("bind", parents=[at], help=say("绑定到泊位", "let it tell of a berth"))
    unbind = verbs.add_parser("unbind", parents=[at], help=say("解除绑定", "let it tell of no berth"))
    replace = verbs.add_parser(
        "replace", parents=[at], help=say("换成另一台设备", "put another device in its place")
    )
    retire = verbs.add_parser("retire", help=say("停用设备", "take it out of use"))
    for verb in (show, bind, unbind, replace, retire):
        verb.add_argument("device", metavar="DEVICE", help=say("设备编号", "its id"))
    bind.add_argument("berth", metavar="BERTH", help=say("泊位编号", "the berth's id"))
    bind.add_argument("--family", help=say("未登记设备的系列", "family of a device that is not on record"))
    bind.add_argument(
        "--heartbeat-min", type=float, metavar="N", help=say("未登记设备的心跳分钟数", "and its heartbeat")
    )
    replace.add_argument("new", metavar="NEW", help=say("新设备编号", "id of the new device"))
    columns = ",".join((*COLUMNS, *OPTIONAL))
    take = verbs.add_parser(
        "import",
        help=say("导入 CSV 表；有错则一行也不导入", "take in a CSV table, all of it or nothing"),
        description=say(f"列：{columns}", f"Columns: {columns}"),
    )
    take.add_argument("file", type=Path, metavar="FILE")
    take.add_argument("--dry-run", action="store_true", help=say("只检查", "only check it"))
    give = verbs.add_parser("export", help=say("导出 CSV 表", "write the register as a CSV table"))
    give.add_argument("file", type=Path, nargs="?", metavar="FILE")
    verbs.add_parser("discovered", help=say("列出待登记的未知设备", "devices that wait to be put on record"))
    verbs.add_parser(
        "sync", help=say("读入城市文件并列出差异", "read the city's files, and list where they differ")
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    settings = load_settings()
    city = load_city(settings.city)
    author = Author(by=getpass.getuser(), now=SystemClock().now())
    with connect(settings.database_url, NAME) as connection:
        try:
            with transaction(connection):
                _VERBS[args.verb](connection, city, args, author)
        except ObjectionError as objection:
            raise SetupError(say(objection.zh, str(objection))) from objection
    return 0


def _list(connection: Connection, city: City, args: argparse.Namespace, author: Author) -> None:
    for device in ingest.register.load_registry(connection, city).devices.values():
        if args.family in {None, device.family} and not (args.unbound and device.berth_at(author.now)):
            print(_line(device, author.now))


def _show(connection: Connection, city: City, args: argparse.Namespace, author: Author) -> None:
    device = get_device(connection, city, DeviceId(args.device))
    habit = ingest.habitstore.find_habit(connection, device.device_id)
    interval, offset = (habit.interval, habit.offset) if habit else (None, None)
    unknown = say("未知", "not known")
    print(_line(device, author.now))
    for binding in device.bindings:
        start = binding.from_at.isoformat() if binding.from_at else say("始终", "ever")
        end = binding.until_at.isoformat() if binding.until_at else say("至今", "now")
        print(f"  {binding.berth_id}  {start} – {end}")
    rows = (
        (say("静默时限", "silent after"), device.profile.limit(interval)),
        (say("实测心跳", "own heartbeat"), interval or unknown),
        (say("时钟偏差（秒）", "clock ahead, s"), unknown if offset is None else offset.total_seconds()),
        (say("最近收到", "last heard"), habit.heard_at.isoformat() if habit else unknown),
        (say("固件/序列号", "firmware, serial"), f"{device.firmware or '-'}  {device.serial or '-'}"),
        (say("审核文件", "approval"), device.approval or unknown),
        (say("位置公布日", "announced on"), device.announced_on or unknown),
        (say("检定有效期至", "calibrated until"), device.calibration_ends_on or unknown),
    )
    for name, shown in rows:
        print(f"  {name}: {shown}")


def _bind(connection: Connection, city: City, args: argparse.Namespace, author: Author) -> None:
    heartbeat = timedelta(minutes=args.heartbeat_min) if args.heartbeat_min else None
    new = NewDevice(family=args.family, heartbeat=heartbeat)
    berth_id = BerthId(args.berth)
    device = bind_device(connection, city, DeviceId(args.device), berth_id, args.at, new, author)
    print(_line(device, author.now))
    _tell_past(device, author)


def _unbind(connection: Connection, city: City, args: argparse.Namespace, author: Author) -> None:
    print(_line(unbind_device(connection, city, DeviceId(args.device), args.at, author), author.now))


def _replace(connection: Connection, city: City, args: argparse.Namespace, author: Author) -> None:
    old, new = DeviceId(args.device), DeviceId(args.new)
    device = replace_device(connection, city, old, new, args.at, author)
    print(_line(device, author.now))
    _tell_past(device, author)


def _retire(connection: Connection, city: City, args: argparse.Namespace, author: Author) -> None:
    print(_line(retire_device(connection, city, DeviceId(args.device), author), author.now))


def _import(connection: Connection, city: City, args: argparse.Namespace, author: Author) -> None:
    try:
        text = args.file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(
            say(f"{args.file}：无法按 UTF-8 读取", f"{args.file}: not readable as UTF-8")
        ) from error
    known = ingest.register.load_registry(connection, city).devices
    try:
        entries = parse_devices(args.file, text, city, known)
    except TableError as error:
        count = len(error.errors)
        head = say(f"{count} 处错误，未导入任何一行：", f"{count} errors, nothing was taken in:")
        raise SetupError(f"{head}\n  {error}") from error
    changed = (
        sum(entry.is_change for entry in entries) if args.dry_run else take_table(connection, entries, author)
    )
    done = say("将变更", "would change") if args.dry_run else say("新增或变更", "new or changed")
    print(say(f"共 {len(entries)} 台，{done} {changed} 台", f"{len(entries)} devices, {done}: {changed}"))


def _export(connection: Connection, city: City, args: argparse.Namespace, _author: Author) -> None:
    devices = ingest.register.load_registry(connection, city).devices
    text = write_devices(devices.values())
    if args.file is None:
        sys.stdout.write(text)
        return
    try:
        args.file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise SetupError(say(f"{args.file}：无法写入", f"{args.file}: cannot be written")) from error
    print(say(f"{args.file}：{len(devices)} 台设备", f"{args.file}: {len(devices)} devices"))


def _discovered(connection: Connection, _city: City, _args: argparse.Namespace, _author: Author) -> None:
    for found in ingest.held.list_discovered(connection):
        families = " ".join(found.families) or say("系列不明", "of no known family")
        last = found.last_at.isoformat(timespec="seconds")
        print(f"{found.device_id}  {families}  {found.messages}  {last}  {found.topic}")


def _sync(connection: Connection, city: City, _args: argparse.Namespace, author: Author) -> None:
    sync = ingest.register.sync_files(connection, city, author.now)
    new, changed = len(sync.new), len(sync.changed)
    print(
        say(
            f"新增 {new} 台，变更 {changed} 台；以登记为准的差异 {len(sync.conflicts)} 处",
            f"{new} new, {changed} changed; {len(sync.conflicts)} where the register rules",
        )
    )
    for each in sync.conflicts:
        absent = say("无", "none")
        filed, held = each.in_files or absent, each.in_register or absent
        name = f"{each.device_id} {each.field}"
        print(say(f"  {name}：文件 {filed}，登记 {held}", f"  {name}: files {filed}, register {held}"))


def _tell_past(device: RegisteredDevice, author: Author) -> None:
    start = device.bindings[-1].from_at
    if start is not None and start < author.now:
        print(
            say(
                f"自 {start.isoformat()} 起生效；已入库的读数不变，"
                "被拒的消息可用 `citypark ingest rejects replay` 重放",
                f"holds from {start.isoformat()}; readings already stored stay as they are, "
                "refused messages can go through with `citypark ingest rejects replay`",
            )
        )


def _line(device: RegisteredDevice, now: datetime) -> str:
    berth = device.berth_at(now) or "-"
    edited = device.edited_by or say("文件", "files")
    return (
        f"{device.device_id}  {device.family}  {berth}  {device.profile.profile_id}  {device.state}  {edited}"
    )


def _instant(text: str) -> datetime:
    """Read an instant for argparse; the offset must stand there."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at


_VERBS = {
    "list": _list,
    "show": _show,
    "bind": _bind,
    "unbind": _unbind,
    "replace": _replace,
    "retire": _retire,
    "import": _import,
    "export": _export,
    "discovered": _discovered,
    "sync": _sync,
}
