"""`citypark ingest`: refused messages, looked for and sent through again; raw traffic, kept and replayed."""

import argparse
import math
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import ingest.held
import ingest.register
import occupancy.store
from app.language import say
from app.traffic import WINDOW, Tally, record, replay
from ingest.envelopes import subscriptions
from ingest.held import Held, Wanted
from ingest.intake import Intake
from parking.city import City
from parking.errors import SetupError
from parking.ids import DeviceId
from parking.plumbing.broker import BrokerLink
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import Connection, connect, transaction
from parking.plumbing.runloop import stop_on_signals
from parking.plumbing.settings import Settings, load_settings
from parking.plumbing.systemclock import SystemClock
from parking.readings import RejectReason

NAME = "ingest"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `ingest` with its verbs."""
    text = say("被拒消息的查询与重放，原始消息的录制与回放", "refused messages, and records of raw traffic")
    parser = subparsers.add_parser(NAME, help=text, description=text)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=say("动作", "VERB"))
    rejects = verbs.add_parser("rejects", help=say("被拒的消息", "refused messages"))
    steps = rejects.add_subparsers(dest="step", required=True, metavar=say("动作", "VERB"))
    wanted = argparse.ArgumentParser(add_help=False)
    wanted.add_argument("--device", metavar="ID", help=say("只看该设备", "only of this device"))
    wanted.add_argument(
        "--since",
        type=_instant,
        metavar="TIME",
        help=say("此后收到的", "only received since, with its offset"),
    )
    reasons = [reason.value for reason in RejectReason]
    listing = steps.add_parser("list", parents=[wanted], help=say("列出", "list them, newest first"))
    listing.add_argument("--reason", choices=reasons, help=say("只看该原因", "only for this reason"))
    listing.add_argument(
        "--limit", type=int, default=50, help=say("最多几条，默认 50", "how many, default 50")
    )
    listing.set_defaults(run=run_list)
    replay = steps.add_parser(
        "replay",
        parents=[wanted],
        help=say(
            "原因消除后重放，每条至多生效一次", "send them through again, each with effect at most once"
        ),
    )
    replay.add_argument("--reason", required=True, choices=reasons)
    replay.add_argument(
        "--dry-run", action="store_true", help=say("只预测结果", "only tell what would come of it")
    )
    replay.set_defaults(run=run_replay)
    keep = verbs.add_parser(
        "record",
        help=say("把设备原始消息录入文件，可续录", "write raw traffic to a file"),
    )
    keep.add_argument("file", type=Path, metavar="FILE")
    keep.set_defaults(run=run_record)
    play = verbs.add_parser("replay", help=say("重新发布录下的消息", "publish a record again"))
    play.add_argument("file", type=Path, metavar="FILE")
    play.add_argument(
        "--speed", type=_speed, default=1.0, metavar="X|max",
        help=say("速度倍数，默认 1；max 为最快", "times as fast as it came; max: as can be"),
    )  # fmt: skip
    play.set_defaults(run=run_play)


def run_list(args: argparse.Namespace) -> int:
    """Print refused messages."""
    with connect(load_settings().database_url, NAME) as connection:
        for held in ingest.held.list_held(connection, _wanted(args), args.limit):
            at = held.raw.received_at.isoformat(timespec="seconds")
            who = held.device_id or "-"
            print(f"{held.reject_id}  {at}  {held.reason}  {who}  {held.detail}  {_fate(held)}")
    return 0


def run_replay(args: argparse.Namespace) -> int:
    """Ask the street to send messages through again, or tell what would come of it."""
    settings, wanted = load_settings(), _wanted(args)
    with connect(settings.database_url, NAME) as connection, transaction(connection):
        cut = ingest.held.count_cut(connection, wanted)
        if args.dry_run:
            _tell_outcome(_foresee(connection, load_city(settings.city), wanted))
        else:
            count = ingest.held.request_replay(connection, wanted, SystemClock().now())
            print(
                say(
                    f"已请求重放 {count} 条；接收进程会在数秒内处理，结果见 `citypark ingest rejects list`",
                    f"{count} messages wait for the street, which takes them within seconds; "
                    "`citypark ingest rejects list` tells what became of them",
                )
            )
    if cut:
        print(say(f"{cut} 条未完整保存，不能重放", f"{cut} were not kept whole and cannot go through"))
    return 0


def run_record(args: argparse.Namespace) -> int:
    """Record until stopped."""
    settings = load_settings()
    city = load_city(settings.city)
    link = _link(settings, "recorder", subscriptions(city.city_id))
    print(say("录制中，按 Ctrl-C 结束", "recording, stop with Ctrl-C"), flush=True)
    tally = record(link, args.file, stop_on_signals(), _tell_tally)
    _tell_tally(tally, args.file)
    return 0


def run_play(args: argparse.Namespace) -> int:
    """Publish a record; exit code 130 when stopped before its end."""
    stop = stop_on_signals()
    tally = replay(_link(load_settings(), "replay", ()), args.file, args.speed, stop, _tell_tally)
    _tell_tally(tally, args.file)
    return 130 if stop.is_set() else 0


def _link(settings: Settings, name: str, filters: Sequence[str]) -> BrokerLink:
    client_id = f"citypark-{name}-{uuid.uuid4().hex[:12]}"
    return BrokerLink(settings, client_id, SystemClock(), filters=filters, keep_session=False, window=WINDOW)


def _tell_tally(tally: Tally, path: Path | None = None) -> None:
    rate = tally.messages / tally.seconds if tally.seconds else 0.0
    head, took = f"{path}  " if path else "", f"{tally.seconds:.1f}"
    count, size = tally.messages, tally.payload_bytes
    text = say(
        f"{head}{count} 条消息，{size} 字节，{took} 秒，每秒 {rate:.0f} 条",
        f"{head}{count} messages, {size} bytes, {took} s, {rate:.0f} a second",
    )
    print(text, flush=True)


def _speed(text: str) -> float | None:
    """Read a speed for argparse: a number above 0, or None for `max`."""
    if text == "max":
        return None
    speed = float(text)
    if not 0 < speed < math.inf:
        raise ValueError(text)
    return speed


def _foresee(connection: Connection, city: City, wanted: Wanted) -> Counter[str]:
    """What the street would make of these messages, by its register and by the numbers it had taken."""
    intake = Intake(city, registry=ingest.register.load_registry(connection, city))
    if snapshot := occupancy.store.find_snapshot(connection):
        intake.restore(snapshot.intake)
    outcome: Counter[str] = Counter()
    for held in ingest.held.list_replayable(connection, wanted):
        accepted, rejected = intake.admit([held.raw])
        outcome.update([say("成为读数", "would be taken")] * bool(accepted))
        outcome.update([rejected[0].reason.value] * (not accepted and bool(rejected)))
        outcome.update([say("与泊位无关", "say nothing of a berth")] * (not accepted and not rejected))
    return outcome


def _tell_outcome(outcome: Counter[str]) -> None:
    for name, count in outcome.most_common():
        print(f"{count}  {name}")
    if not outcome:
        print(say("没有可重放的消息", "nothing to send through"))


def _fate(held: Held) -> str:
    if held.reading_id is not None:
        return say(f"→ 读数 {held.reading_id}", f"-> reading {held.reading_id}")
    if held.requested_at is not None:
        return say("待重放", "waits to go through")
    if held.replayed_at is not None:
        return say(f"重放后：{held.refused or '无读数'}", f"again: {held.refused or 'no reading'}")
    return ""


def _wanted(args: argparse.Namespace) -> Wanted:
    device_id = DeviceId(args.device) if args.device else None
    reason = RejectReason(args.reason) if args.reason else None
    if getattr(args, "limit", 1) < 1:
        raise SetupError(say("--limit 至少为 1", "--limit is 1 or more"))
    return Wanted(reason=reason, device_id=device_id, since=args.since)


def _instant(text: str) -> datetime:
    """Read an instant for argparse; the offset must stand there."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at
